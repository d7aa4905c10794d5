/** Commands that no server has taken yet, kept in the browser, so that closing the tab meanwhile loses nothing. */

import { forget, keep, keptNames, readKept } from "../state/browser_storage.js";

/** @import { NumberedMessage } from "./connection.js" */

const PREFIX = "s2m-unsent";

export class UnsentCommands {
  /** @param {string} page a name for this page */
  constructor(page) {
    this.page = page;
    /** @type {string | null} which project the commands are about, known from the first message of the server */
    this.project = null;
  }

  /** @param {Iterable<NumberedMessage>} commands all that wait, in order */
  keep(commands) {
    const waiting = [...commands];
    if (this.project === null) return;
    const name = `${PREFIX}/${this.project}/${this.page}`;
    if (waiting.length) keep(name, JSON.stringify(waiting));
    else if (readKept(name) !== null) forget(name);
  }

  /**
   * Commands that pages before this one could not send, about one image; they are forgotten here.
   * @param {string} image
   * @returns {NumberedMessage[]}
   */
  take(image) {
    const start = `${PREFIX}/${this.project}/`;
    const names = keptNames().filter((name) => name.startsWith(start) && !name.endsWith(`/${this.page}`));
    return names.flatMap((name) => {
      const kept = commandsOf(readKept(name) ?? "[]");
      const about = (/** @type {NumberedMessage} */ command) => "image" in command && command.image === image;
      const others = kept.filter((each) => !about(each));
      if (others.length) keep(name, JSON.stringify(others));
      else forget(name);
      return kept.filter(about);
    });
  }
}

/**
 * @param {string} text as it was kept
 * @returns {NumberedMessage[]} nothing where it is damaged
 */
function commandsOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}
