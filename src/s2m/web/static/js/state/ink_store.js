/** What is drawn over the photograph and not known to the server: strokes on their way, the selection, the pointer. */

import { Store } from "./store.js";

/**
 * @import { Point } from "../canvas/viewport.js"
 * @import { ShownStroke } from "../canvas/strokes.js"
 *
 * @typedef {object} Ink
 * @property {Point | null} cursor where the pointer is, screen pixels
 * @property {ShownStroke[]} pending drawn here, not yet known to the server
 * @property {ShownStroke | null} foreign being drawn in another page
 * @property {number[] | null} example a stroke to trace on the first visit, x, y, x, y... in image pixels
 * @property {string | null} selected the key of the selected stroke
 * @property {string} note why the pen does not draw, said beside it
 * @property {number} busySince when the answer that is due was asked for, or 0
 */

/** @extends {Store<Ink>} */
export class InkStore extends Store {
  /** @type {Map<string, string[]>} the strokes of a command that is on its way, by its id */
  #strokesOf = new Map();

  constructor() {
    super({ cursor: null, pending: [], foreign: null, example: null, selected: null, busySince: 0, note: "" });
  }

  /** @param {ShownStroke} stroke begins */
  add(stroke) {
    this.set({ pending: [...this.value.pending, stroke] });
  }

  /** A pending stroke has other points. */
  changed() {
    this.set({ pending: [...this.value.pending] });
  }

  /** @param {Iterable<string>} keys of strokes that are no longer ours to draw */
  drop(keys) {
    const gone = new Set(keys);
    if (!this.value.pending.some((stroke) => gone.has(stroke.key))) return;
    this.set({ pending: this.value.pending.filter((stroke) => !gone.has(stroke.key)) });
  }

  /** An answer is due. */
  wait() {
    if (this.value.busySince === 0) this.set({ busySince: performance.now() });
  }

  answered() {
    this.set({ busySince: 0 });
  }

  /**
   * @param {string} id of a command that is on its way
   * @param {string[]} strokes drawn here that it brings
   */
  expect(id, strokes) {
    this.#strokesOf.set(id, strokes);
  }

  /** @param {string} id of a command that is done or refused */
  finish(id) {
    this.drop(this.#strokesOf.get(id) ?? []);
    this.#strokesOf.delete(id);
  }

  /** Another image: nothing of this one stays. */
  clear() {
    this.set({ pending: [], foreign: null, selected: null });
  }
}
