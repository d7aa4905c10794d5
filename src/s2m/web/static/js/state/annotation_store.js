/** The open image and its annotation as the server knows them: objects, strokes, what can be undone, who edits. */

import { Store } from "./store.js";

/**
 * @import { ShownStroke } from "../canvas/strokes.js"
 * @import { AnnotationChanged, ImageShown, ImageUnreadable, MasksChanged, ObjectEntry } from "../messages.js"
 *
 * @typedef {Omit<ImageShown, "type" | "editor" | "view">} OpenImage
 *
 * @typedef {object} Annotation
 * @property {OpenImage | null} image
 * @property {string | null} opening name of the image on its way
 * @property {{name: string, text: string} | null} unreadable
 * @property {ObjectEntry[]} objects
 * @property {ShownStroke[]} strokes
 * @property {Map<number, number>} areas share of the image, by object id
 * @property {string | null} undo what would be undone
 * @property {string | null} redo
 * @property {"untouched" | AnnotationChanged["status"]} status of the image
 * @property {AnnotationChanged["overlap"]} overlap of its objects
 * @property {number} number of the last change
 * @property {number} shown number of the change whose masks are shown
 * @property {boolean} editor whether this page edits
 * @property {boolean} encoding whether the network is still encoding the image
 */

/** @extends {Store<Annotation>} */
export class AnnotationStore extends Store {
  constructor() {
    super({
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
      shown: 0,
      editor: false,
      encoding: false,
    });
  }

  /** @returns {string | undefined} the image that is opened, open, or cannot be opened */
  get imageName() {
    const { opening, image, unreadable } = this.value;
    return opening ?? image?.name ?? unreadable?.name;
  }

  /**
   * Take another image, or the same one on a new connection.
   * @param {ImageShown} message
   * @returns {boolean} whether it is another one
   */
  takeImage(message) {
    const { type: _type, editor, view: _view, ...image } = message;
    const known = this.value.image;
    const same = known?.name === image.name && known.stamp === image.stamp;
    this.set({ opening: null, unreadable: null, editor, number: 0, shown: 0 });
    // Strokes are sent again on every new connection, so that nothing old may stay.
    if (same) this.set({ strokes: [] });
    else this.set({ strokes: [], image, objects: [], areas: new Map() });
    return !same;
  }

  /** @param {ImageUnreadable} message */
  takeUnreadable({ name, text }) {
    const nothing = { objects: [], strokes: [], areas: new Map(), undo: null, redo: null, editor: false };
    this.set({ opening: null, image: null, unreadable: { name, text }, ...nothing });
  }

  /** @param {AnnotationChanged} message */
  takeState(message) {
    if (message.image !== this.value.image?.name) return;
    const known = new Map(this.value.strokes.map((stroke) => [stroke.key, stroke]));
    const strokes = message.strokes.map((entry) => /** @type {ShownStroke} */ ({ ...known.get(entry.key), ...entry }));
    const { objects, undo, redo, status, overlap, number } = message;
    this.set({ objects, strokes, undo, redo, status, overlap, number });
  }

  /** @param {MasksChanged} message */
  takeAreas({ masks, number, preview }) {
    const areas = new Map(masks.map((mask) => [mask.id, mask.area]));
    this.set(preview ? { areas } : { areas, shown: number });
  }

  /** @param {number} id */
  object(id) {
    return this.value.objects.find((object) => object.id === id);
  }

  /** @param {string | null} key */
  stroke(key) {
    return this.value.strokes.find((stroke) => stroke.key === key);
  }

  /**
   * Show a stroke elsewhere, before the server knows.
   * @param {string} key
   * @param {number[]} points x, y, x, y... in image pixels
   */
  placeStroke(key, points) {
    this.set({ strokes: this.value.strokes.map((stroke) => (stroke.key === key ? { ...stroke, points } : stroke)) });
  }

  /**
   * @param {number} id
   * @returns {string} what to call an object that may not exist yet
   */
  nameOf(id) {
    if (id === 0) return "background";
    return this.object(id)?.name || `object ${id}`;
  }

  /** @returns {number} the smallest id that no object has had */
  get nextObjectId() {
    return Math.max(0, ...this.value.objects.map((object) => object.id)) + 1;
  }
}
