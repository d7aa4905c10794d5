/** The line to the server: reconnects by itself; commands are kept until the server says that they are done. */

import { UnsentStore } from "./unsent_store.js";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;
const TRY_AGAIN_MS = 2000;

/** @typedef {"connecting" | "open" | "lost" | "refused"} LineState */

export class Connection {
  /**
   * @param {{onmessage: (message: any) => void, onstate: (state: LineState, unsent: number) => void,
   *   greeting: () => object[]}} listener greeting: what to say first on every new line
   */
  constructor(listener) {
    this.listener = listener;
    this.page = pageId();
    this.number = 0;
    this.wait = FIRST_WAIT_MS;
    /** @type {Map<string, object>} commands that the server has not yet acknowledged, in order */
    this.unsent = new Map();
    this.store = new UnsentStore(this.page);
    /** Whether commands wait because the server could not write them to its disk; for the next server where it never can. */
    this.held = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.connect();
    addEventListener("online", () => this.socket ?? this.connect());
    addEventListener("pagehide", () => this.store.keep(this.unsent.values()));
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    const address = new URL("ws", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => {
      this.wait = FIRST_WAIT_MS;
      for (const message of this.listener.greeting()) this.send(message);
      this.#sendAll();
      this.#tell("open");
    };
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.#tell(event.code === 1008 ? "refused" : "lost");
      setTimeout(() => this.socket ?? this.connect(), this.wait);
      this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 1.6);
    };
  }

  /**
   * Say something that need not arrive.
   * @param {object} message
   * @returns {boolean} whether the line is open
   */
  send(message) {
    if (!this.open) return false;
    /** @type {WebSocket} */ (this.socket).send(JSON.stringify(message));
    return true;
  }

  /**
   * Say something that must arrive, once: it is said again on every new line until it is acknowledged.
   * @param {object} message
   * @returns {string} its id
   */
  command(message) {
    this.number += 1;
    const id = `${this.page}-${this.number}`;
    const numbered = { ...message, id };
    this.unsent.set(id, numbered);
    if (!this.held) this.send(numbered);
    this.#tell(this.open ? "open" : "lost");
    return id;
  }

  /**
   * Say again what a page before this one could not send before it was closed; the server knows what it has done already.
   * @param {import("./unsent_store.js").Unsent[]} commands
   */
  adopt(commands) {
    for (const command of commands) {
      this.unsent.set(command.id, command);
      if (!this.held) this.send(command);
    }
    this.#tell("open");
  }

  #sendAll() {
    this.held = false;
    for (const message of this.unsent.values()) this.send(message);
  }

  /** What could not be written is tried again, in its order; what comes after it waits. */
  #hold() {
    if (this.held) return;
    this.held = true;
    setTimeout(() => this.held && this.open && this.#sendAll(), TRY_AGAIN_MS);
  }

  /** @param {any} message */
  #receive(message) {
    if (message.type === "failed" && message.code === "output") this.#hold();
    else if (message.type === "failed" && message.code === "read_only") this.held = true;
    else if (message.id) this.unsent.delete(message.id);
    this.listener.onmessage(message);
    if (message.id) this.#tell("open");
  }

  /** @param {LineState} state */
  #tell(state) {
    // While the line is open an answer is due at once, and a page that goes keeps what is left.
    if (state !== "open" || this.held || this.unsent.size === 0) this.store.keep(this.unsent.values());
    this.listener.onstate(state, this.unsent.size);
  }
}

/** A name for this page that no other page has, not even a copy of this tab. */
function pageId() {
  const numbers = crypto.getRandomValues(new Uint32Array(3));
  return [...numbers].map((number) => number.toString(36)).join("");
}
