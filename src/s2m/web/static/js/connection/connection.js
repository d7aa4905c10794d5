/** The connection to the server: opens again by itself; commands are kept until the server says that they are done. */

import { Store } from "../state/store.js";
import { UnsentCommands } from "./unsent_commands.js";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;
const TRY_AGAIN_MS = 2000;
const FORBIDDEN = 403;

/**
 * @import { MessageFromPage, MessageToPage } from "../messages.js"
 *
 * @typedef {Extract<MessageFromPage, {id: string}>} NumberedMessage one that is answered
 *
 * @typedef {"connecting" | "open" | "lost" | "refused" | "blocked"} ConnectionState
 *
 * @typedef {object} Listener
 * @property {(message: MessageToPage) => void} onmessage
 * @property {() => MessageFromPage[]} greeting what to say first on every new connection
 */

/**
 * @template M
 * @typedef {M extends { id: string } ? Omit<M, "id"> : never} WithoutId
 */

/** @extends {Store<{state: ConnectionState, waiting: number}>} */
export class Connection extends Store {
  constructor() {
    super({ state: "connecting", waiting: 0 });
    this.page = newPageId();
    this.number = 0;
    this.pause = FIRST_WAIT_MS;
    /** @type {Map<string, NumberedMessage>} commands that the server has not yet answered, in order */
    this.unsent = new Map();
    this.kept = new UnsentCommands(this.page);
    /** Whether commands wait because the server could not write them; for the next server where it never can. */
    this.held = false;
    /** How often the connection was open. */
    this.everOpen = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {Listener} */
    this.listener = { onmessage: () => {}, greeting: () => [] };
  }

  /** @param {Listener} listener */
  start(listener) {
    this.listener = listener;
    this.connect();
    addEventListener("online", () => this.socket ?? this.connect());
    addEventListener("pagehide", () => this.kept.keep(this.unsent.values()));
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    const address = new URL("ws", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.everOpen += 1;
      this.pause = FIRST_WAIT_MS;
      for (const message of this.listener.greeting()) this.send(message);
      this.#sendAll();
      this.#tell("open");
    };
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = async () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.#tell("lost");
      const why = wasOpen ? null : await whyClosed();
      if (why === "refused" || (why === "blocked" && this.everOpen === 0)) {
        if (!this.socket) this.#tell(why);
      }
      setTimeout(() => this.socket ?? this.connect(), this.pause);
      this.pause = Math.min(LONGEST_WAIT_MS, this.pause * 1.6);
    };
  }

  /**
   * Say something that need not arrive.
   * @param {MessageFromPage} message
   * @returns {boolean} whether the connection is open
   */
  send(message) {
    if (!this.socket || !this.open) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /**
   * Say something that must arrive, once: it is said again on every new connection until it is answered.
   * @param {WithoutId<NumberedMessage>} message
   * @returns {string} its id
   */
  command(message) {
    this.number += 1;
    const id = `${this.page}-${this.number}`;
    const numbered = /** @type {NumberedMessage} */ ({ ...message, id });
    this.unsent.set(id, numbered);
    if (!this.held) this.send(numbered);
    this.#tell(this.open ? "open" : "lost");
    return id;
  }

  /**
   * Say what earlier pages could not send before they were closed; the server knows what it has done already.
   * @param {string} image whose commands to send
   * @returns {number} how many there were
   */
  adopt(image) {
    const commands = this.kept.take(image);
    for (const command of commands) {
      this.unsent.set(command.id, command);
      if (!this.held) this.send(command);
    }
    if (commands.length) this.#tell("open");
    return commands.length;
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

  /** @param {MessageToPage} message */
  #receive(message) {
    const id = "id" in message ? message.id : "";
    if (message.type === "failed" && message.code === "output") this.#hold();
    else if (message.type === "failed" && message.code === "read_only") this.held = true;
    else if (id) this.unsent.delete(id);
    this.listener.onmessage(message);
    if (id) this.#tell("open");
  }

  /** @param {ConnectionState} state */
  #tell(state) {
    // While the connection is open an answer is due at once, and a page that goes keeps what is left.
    if (state !== "open" || this.held || this.unsent.size === 0) this.kept.keep(this.unsent.values());
    this.set({ state, waiting: this.unsent.size });
  }
}

/**
 * Why a connection did not open, as the server says over plain HTTP: an upgrade that fails gives a page no reason.
 * @returns {Promise<ConnectionState>}
 */
async function whyClosed() {
  const answer = await fetch("api/info", { cache: "no-store" }).catch(() => null);
  if (answer?.status === FORBIDDEN) return "refused";
  return answer?.ok ? "blocked" : "lost";
}

/** A name for this page that no other page has, not even a copy of this tab. */
function newPageId() {
  const numbers = crypto.getRandomValues(new Uint32Array(3));
  return [...numbers].map((number) => number.toString(36)).join("");
}
