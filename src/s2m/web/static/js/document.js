/** The open image as the server knows it: objects, strokes, what can be undone; and who edits it. */

import { Store } from "./store.js";

/**
 * @typedef {{id: number, name: string, class_name: string, colour: string, visible: boolean, locked: boolean}} AnnotatedObject
 * @typedef {import("./ink.js").DrawnStroke} DrawnStroke
 * @typedef {{index: number, name: string, status: string, strokes: number, seconds: number, error: string}} FolderEntry
 * @typedef {{name: string, colour: string, former_names: string[]}} ObjectClass
 * @typedef {object} DocumentValue
 * @property {import("./tiles.js").ImageInfo | null} image
 * @property {string | null} opening name of the image on its way
 * @property {{name: string, text: string} | null} unreadable
 * @property {AnnotatedObject[]} objects
 * @property {DrawnStroke[]} strokes
 * @property {Map<number, number>} areas share of the image, by object id
 * @property {string | null} undo what would be undone
 * @property {string | null} redo
 * @property {string} status of the image
 * @property {"exclusive" | "overlapping"} overlap of its objects
 * @property {number} number of the last change
 * @property {boolean} editor whether this page edits
 * @property {FolderEntry[]} folder
 * @property {{name: string, output: string, read_only: string | null, model: string, key: string, file_palette: string[]} | null} project
 * @property {ObjectClass[]} classes that can be given to objects
 * @property {boolean} encoding whether the network still looks at the image
 */

export class ImageDocument extends Store {
  constructor() {
    super(
      /** @type {DocumentValue & Record<string, unknown>} */ ({
        image: null,
        opening: null,
        unreadable: null,
        objects: [],
        strokes: [],
        areas: new Map(),
        undo: null,
        redo: null,
        status: "untouched",
        overlap: "exclusive",
        number: 0,
        editor: false,
        folder: [],
        project: null,
        classes: [],
        encoding: false,
      }),
    );
  }

  /** @returns {string} why nothing can be changed, and what to do; or nothing */
  get readOnly() {
    const why = this.value.project?.read_only ?? "";
    return why && `${why[0].toUpperCase()}${why.slice(1)}.`;
  }

  /** @param {any} message "image": another image, or the same one on a new line */
  takeImage(message) {
    const { editor, ...image } = message;
    const same = this.value.image?.name === image.name && this.value.image?.stamp === image.stamp;
    this.set({ opening: null, unreadable: null, editor, number: 0 });
    // Strokes are sent again on every new line, so that nothing old may stay.
    this.set({
      strokes: [],
      image: same ? this.value.image : image,
      ...(same ? {} : { objects: [], areas: new Map() }),
    });
  }

  /** @param {any} message "unreadable" */
  takeUnreadable(message) {
    const unreadable = { name: message.name, text: message.text };
    this.set({
      opening: null,
      image: null,
      unreadable,
      objects: [],
      strokes: [],
      areas: new Map(),
      undo: null,
      redo: null,
      editor: false,
    });
  }

  /** @param {any} message "state" */
  takeState(message) {
    if (message.image !== this.value.image?.name) return;
    const known = new Map(this.value.strokes.map((stroke) => [stroke.id, stroke]));
    const strokes = message.strokes.map((/** @type {any} */ entry) => {
      const { key, ...given } = entry;
      return { ...known.get(key), ...given, id: key };
    });
    const { objects, undo, redo, status, overlap, number } = message;
    this.set({ objects, strokes, undo, redo, status, overlap, number });
  }

  /** @param {any} message "masks" */
  takeAreas(message) {
    this.set({ areas: new Map(message.masks.map((/** @type {any} */ mask) => [mask.id, mask.area])) });
  }

  /** @param {any} message "entry": one image of the folder changed */
  takeEntry(message) {
    const folder = [...this.value.folder];
    folder[message.entry.index] = message.entry;
    this.set({ folder });
  }

  /** @param {number} id */
  object(id) {
    return this.value.objects.find((object) => object.id === id);
  }

  /** @param {number} id @returns {string} what to call an object that may not exist yet */
  nameOf(id) {
    if (id === 0) return "background";
    return this.object(id)?.name || `object ${id}`;
  }

  /** @param {AnnotatedObject} object @returns {string} its class as it is called now */
  classOf(object) {
    const found = this.value.classes.find(
      (each) => each.name === object.class_name || each.former_names.includes(object.class_name),
    );
    return found?.name ?? object.class_name;
  }

  /** @returns {number} the smallest id that no object has had */
  get nextObjectId() {
    return Math.max(0, ...this.value.objects.map((object) => object.id)) + 1;
  }
}
