/** What the status line has to say: the last thing done, what was saved when, and errors until they are read. */

import { Store } from "./store.js";

/**
 * @typedef {{text: string, level: "error" | "warning", cause?: string}} Unread
 *
 * @typedef {object} Status
 * @property {string} said
 * @property {Unread[]} unread in order
 * @property {number | null} savedAt milliseconds as Date.now() gives them
 * @property {string} savedPath of the masks of this image
 * @property {boolean} saving whether something is not yet saved
 */

/** @extends {Store<Status>} */
export class StatusStore extends Store {
  constructor() {
    super({ said: "", unread: [], savedAt: null, savedPath: "", saving: false });
  }

  /** @param {string} said */
  say(said) {
    this.set({ said });
  }

  /** @param {string} text stays until it is read */
  fail(text) {
    this.#add({ text, level: "error" });
  }

  /**
   * @param {string} text stays until it is read, or its cause is gone
   * @param {string} [cause]
   */
  warn(text, cause) {
    this.#add({ text, level: "warning", cause });
  }

  /** @param {string} cause is gone, and what was said of it */
  settle(cause) {
    const { unread } = this.value;
    if (unread.some((each) => each.cause === cause)) {
      this.set({ unread: unread.filter((each) => each.cause !== cause) });
    }
  }

  /** @param {Unread} message */
  #add(message) {
    if (this.value.unread.some((each) => each.text === message.text)) return;
    this.set({ unread: [...this.value.unread, message] });
  }

  /** The first error was read. */
  read() {
    this.set({ unread: this.value.unread.slice(1) });
  }

  /** @param {string} path of the file */
  saved(path) {
    this.set({ savedAt: Date.now(), saving: false, savedPath: path });
  }

  unsaved() {
    this.set({ saving: true });
  }

  /** A command was refused, so that there is nothing new to save. */
  nothingToSave() {
    this.set({ saving: false });
  }

  /** Another image was opened. */
  forgetSaving() {
    this.set({ savedAt: null, saving: false });
  }
}
