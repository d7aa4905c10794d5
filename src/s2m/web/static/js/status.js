/** The status line: the memory of the page. Errors stay until they are read. */

import { colourOf } from "./colours.js";
import { byId, make } from "./elements.js";

/** What the next keys may be: actions, each with a word for it. */
const DRAWING = [
  ["switch-sign", "sign"],
  ["commit", "commit"],
  ["object-new", "object"],
  ["undo", "undo"],
  ["save", "save"],
  ["keys-sheet", "keys"],
];
const LOOKING = [
  ["view-next", "view"],
  ["strokes-shown", "strokes"],
  ["fit", "fit"],
  ["magnifier", "magnifier"],
  ["keys-sheet", "keys"],
];
const LOOKING_AT_MANY = [["previous-image", "previous"], ["next-image", "next image"], ...LOOKING];

export class Status {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {{text: string, level: "error" | "warning"}[]} */
    this.unread = [];
    /** @type {number | null} */
    this.savedAt = null;
    this.saving = false;
    this.told = "";
    byId("status-error").addEventListener("click", () => this.#read());
    setInterval(() => this.#showSaved(), 1000);
    app.ui.watch(["sign", "opposite", "object", "tool", "keys", "colours"], () => this.refresh());
    app.doc.watch(["objects", "editor", "project"], () => this.refresh());
  }

  /** @param {string} text */
  say(text) {
    this.told = text;
    this.#show();
  }

  /** @param {string} text stays until it is read */
  fail(text) {
    this.#add(text, "error");
  }

  /** @param {string} text stays until it is read */
  warn(text) {
    this.#add(text, "warning");
  }

  /**
   * @param {string} text
   * @param {"error" | "warning"} level
   */
  #add(text, level) {
    if (!this.unread.some((message) => message.text === text)) this.unread.push({ text, level });
    this.#show();
  }

  #read() {
    this.unread.shift();
    this.#show();
  }

  /** @param {string} text an error that has mended itself */
  forget(text) {
    this.unread = this.unread.filter((message) => message.text !== text);
    this.#show();
  }

  saved() {
    this.savedAt = Date.now();
    this.saving = false;
    this.#show();
  }

  unsaved() {
    this.saving = true;
    this.#show();
  }

  /** A command was refused, so that there is nothing new to save. */
  nothingToSave() {
    this.saving = false;
    this.#show();
  }

  forgetSaving() {
    this.savedAt = null;
    this.saving = false;
    this.#show();
  }

  #show() {
    const error = byId("status-error");
    const first = this.unread[0];
    error.hidden = !first;
    if (first) {
      const more = this.unread.length > 1 ? ` (and ${this.unread.length - 1} more)` : "";
      error.textContent = `${first.text}${more}`;
      error.title = `${first.text}\nClick when you have read it.`;
      error.classList.toggle("warning", first.level === "warning");
      error.setAttribute("aria-label", `${first.level}: ${first.text}. Press to dismiss.`);
    }
    this.#showSaved();
  }

  #showSaved() {
    const parts = this.told ? [this.told] : [];
    if (this.saving) parts.push("saving");
    else if (this.savedAt !== null) parts.push(`saved ${ago(Date.now() - this.savedAt)}`);
    const text = parts.join("  ·  ");
    if (byId("status-text").textContent !== text) byId("status-text").textContent = text;
  }

  refresh() {
    const { sign, opposite, object, tool } = this.app.ui.value;
    const shown = (sign === "negative") !== opposite || tool === "eraser" ? "negative" : "positive";
    const element = byId("status-sign");
    const mark = document.createElement("span");
    mark.className = `mark ${shown}`;
    mark.textContent = shown === "positive" ? "+" : "−";
    mark.title = shown === "positive" ? "Strokes belong to the object" : "Strokes do not belong to the object";
    const look = this.app.doc.object(object) ?? { id: object, colour: null };
    mark.style.setProperty("--swatch", colourOf(look));
    const { readOnly } = this.app.doc;
    element.title = readOnly;
    element.replaceChildren(...(readOnly ? ["Look only"] : [mark, this.app.doc.nameOf(object)]));
    const shownKeys = (!readOnly ? DRAWING : this.app.doc.value.folder.length > 1 ? LOOKING_AT_MANY : LOOKING).filter(
      ([action]) => this.app.keyOf(action),
    );
    byId("status-keys").replaceChildren(
      ...shownKeys.flatMap(([action, word]) => [make("kbd", { text: this.app.keyOf(action) }), word]),
    );
  }

  /**
   * @param {import("./connection.js").LineState} state
   * @param {number} unsent
   */
  line(state, unsent) {
    byId("status-line").textContent = state === "open" || unsent === 0 ? "" : `${unsent} to send`;
  }
}

/** @param {number} ms */
function ago(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}
