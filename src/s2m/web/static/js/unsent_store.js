/** Commands that no server has taken yet, kept in the browser, so that closing the tab meanwhile loses nothing. */

const PREFIX = "s2m-unsent";

/** @typedef {{id: string, image: string}} Unsent */

export class UnsentStore {
  /** @param {string} page a name for this page */
  constructor(page) {
    this.page = page;
    /** @type {string | null} which project the commands are about, known from the first greeting of the server */
    this.project = null;
  }

  /** @param {Iterable<object>} commands all that wait, in order */
  keep(commands) {
    const waiting = [...commands];
    if (this.project === null) return;
    const name = `${PREFIX}/${this.project}/${this.page}`;
    try {
      if (waiting.length) localStorage.setItem(name, JSON.stringify(waiting));
      else if (localStorage.getItem(name) !== null) localStorage.removeItem(name);
    } catch {
      // The storage of the browser is full or forbidden; the page still holds them.
    }
  }

  /**
   * Commands that pages before this one could not send, about one image; they are forgotten here.
   * @param {string} image
   * @returns {Unsent[]}
   */
  take(image) {
    const names = Object.keys(localStorage).filter(
      (name) => name.startsWith(`${PREFIX}/${this.project}/`) && !name.endsWith(`/${this.page}`),
    );
    return names.flatMap((name) => {
      const kept = commandsOf(localStorage.getItem(name) ?? "[]");
      const [own, others] = [kept.filter((each) => each.image === image), kept.filter((each) => each.image !== image)];
      if (others.length) localStorage.setItem(name, JSON.stringify(others));
      else localStorage.removeItem(name);
      return own;
    });
  }
}

/**
 * @param {string} text as it was kept
 * @returns {Unsent[]} nothing where it is damaged
 */
function commandsOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}
