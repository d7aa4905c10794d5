/** Everything that can be done, by name: keys, buttons and the list of commands all come here. */

/**
 * @import { KeyBindings } from "../input/key_bindings.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 *
 * @typedef {object} Action
 * @property {string} title
 * @property {"Edit" | "Draw" | "Objects" | "View" | "Folder" | "Help"} group
 * @property {() => void} run
 * @property {() => boolean} [enabled]
 * @property {boolean} [repeats] whether a held key does it again and again
 * @property {(on: boolean) => void} [hold] for as long as its key is held
 * @property {boolean} [changes] whether it changes the annotation
 * @property {string} [otherwise] what to say where it is not enabled
 */

export class Actions {
  /** @type {Record<string, Action>} */
  #actions = {};

  /** @param {{keys: KeyBindings, project: ProjectStore, status: StatusStore}} parts */
  constructor({ keys, project, status }) {
    this.keys = keys;
    this.project = project;
    this.status = status;
  }

  /** @param {Record<string, Action>} actions by name */
  add(actions) {
    Object.assign(this.#actions, actions);
  }

  /** @returns {[string, Action][]} */
  get entries() {
    return Object.entries(this.#actions);
  }

  /** @param {string} name */
  get(name) {
    return this.#actions[name];
  }

  /** @param {string} name */
  isEnabled(name) {
    return this.#actions[name].enabled?.() ?? true;
  }

  /** @param {string} name */
  run(name) {
    const { run, changes, otherwise } = this.#actions[name];
    if (this.isEnabled(name)) run();
    else if (changes && this.project.readOnly) this.status.warn(this.project.readOnly);
    else if (otherwise) this.status.say(otherwise);
  }

  /**
   * @param {string} name
   * @returns {string} its first key, or nothing
   */
  keyOf(name) {
    return this.keys.keyOf(name);
  }

  /**
   * @param {string} name
   * @param {string} [title] another than its own
   * @returns {string} with its key
   */
  hint(name, title = this.#actions[name].title) {
    const key = this.keyOf(name);
    return key ? `${title} (${key})` : title;
  }
}
