/** The keys of this project: a preset, and what the user has changed. */

import { Store } from "../state/store.js";
import { keyMap } from "./key_presets.js";

/**
 * @import { Connection } from "../connection/connection.js"
 * @import { Preferences } from "../messages.js"
 * @import { OpenImage } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 * @import { KeyMap } from "./key_presets.js"
 */

/** @extends {Store<{preset: string, own: KeyMap, map: KeyMap}>} */
export class KeyBindings extends Store {
  /** @param {{project: ProjectStore, status: StatusStore, connection: Connection}} parts */
  constructor({ project, status, connection }) {
    super({ preset: "s2m", own: {}, map: keyMap("s2m", {}) });
    this.project = project;
    this.status = status;
    this.connection = connection;
  }

  /**
   * @param {string} action
   * @returns {string} its first key, or nothing
   */
  keyOf(action) {
    return this.value.map[action]?.[0] ?? "";
  }

  /**
   * @param {OpenImage} image
   * @returns {string} for one of more than 8 bits: which values are shown, and by which keys others are
   */
  wordsAboutDepth({ depth }) {
    if (!depth) return "";
    const [fit, usual] = [this.keyOf("limits-tight"), this.keyOf("limits-usual")];
    const keys = [fit && `${fit} fits black and white to its values`, usual && `${usual} is as the network sees it`];
    return [" · more than 8 bits", ...keys.filter(Boolean)].join(", ");
  }

  /**
   * @param {string[]} names of a pressed key, the best first
   * @returns {string | undefined} its action
   */
  actionOf(names) {
    const { map } = this.value;
    const actions = names.map((name) => Object.keys(map).find((action) => map[action].includes(name)));
    return actions.find((action) => action !== undefined);
  }

  /** @param {Preferences} preferences as the project keeps them */
  take({ preset = "s2m", keys = {} }) {
    this.set({ preset, own: keys, map: keyMap(preset, keys) });
  }

  /**
   * @param {string} action
   * @param {string | null} key null for none
   */
  setKey(action, key) {
    const own = { ...this.value.own };
    // A key means one thing only.
    for (const [other, keys] of Object.entries(this.value.map)) {
      if (key && keys.includes(key)) own[other] = keys.filter((each) => each !== key);
    }
    own[action] = key ? [key] : [];
    this.choose(this.value.preset, own);
  }

  /**
   * Take other keys, and keep them in the project's file.
   * @param {string} preset
   * @param {KeyMap} own
   */
  choose(preset, own) {
    this.take({ preset, keys: own });
    if (this.project.readOnly) return this.status.say("These keys hold until the page is closed");
    this.connection.send({ type: "preferences", preset, keys: own });
  }
}
