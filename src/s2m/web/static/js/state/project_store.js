/** The project as the server knows it: its images, their states, and the classes of their objects. */

import { Store } from "./store.js";

/**
 * @import { ClassEntry, FolderEntry, ObjectEntry, ProjectInfo } from "../messages.js"
 *
 * @typedef {object} Project
 * @property {ProjectInfo | null} project
 * @property {FolderEntry[]} folder its images
 * @property {string[]} leftOut what of the folder is no image, and why
 * @property {ClassEntry[]} classes that can be given to objects
 */

/** @extends {Store<Project>} */
export class ProjectStore extends Store {
  constructor() {
    super({ project: null, folder: [], leftOut: [], classes: [] });
  }

  /** @returns {string} why nothing can be changed, and what to do; or nothing */
  get readOnly() {
    const why = this.value.project?.read_only ?? "";
    return why && `${why[0].toUpperCase()}${why.slice(1)}.`;
  }

  /** @returns {boolean} whether there is more than one image */
  get hasFolder() {
    return this.value.folder.length > 1;
  }

  /** @param {FolderEntry} entry one image of the folder changed */
  takeEntry(entry) {
    const folder = [...this.value.folder];
    folder[entry.index] = entry;
    this.set({ folder });
  }

  /**
   * @param {ObjectEntry} object
   * @returns {string} its class as it is called now
   */
  classOf(object) {
    const given = object.class_name;
    const found = this.value.classes.find((each) => each.name === given || each.former_names.includes(given));
    return found?.name ?? given;
  }
}
