/** From 800 % on: the pixels of the masks as they are saved, asked for the part of the image in sight. */

import { pathOfRings } from "./mask_layer.js";

const FROM_SCALE = 8;
const WAIT_MS = 80;

/**
 * @import { ExactMaskEntry, MaskEntry } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { Placement, Viewport } from "./viewport.js"
 *
 * @typedef {Placement["visible"]} Box image pixels
 *
 * @typedef {object} PixelPart the masks in a part of the image
 * @property {Box} box
 * @property {Map<number, string>} keys of the outlines that were shown with them, by object id
 * @property {Map<number, Path2D>} paths by object id; objects without pixels there have none
 */

export class ExactPixels {
  /** @param {{annotation: AnnotationStore, viewport: Viewport, onload: () => void}} parts */
  constructor({ annotation, viewport, onload }) {
    this.annotation = annotation;
    this.viewport = viewport;
    this.onload = onload;
    /** @type {Map<number, string>} keys of the outlines of the last change, by object id */
    this.keys = new Map();
    /** @type {PixelPart | null} */
    this.part = null;
    /** Whether the part is older than the last change. */
    this.stale = true;
    this.timer = 0;
    /** Counts changes, so that answers from before one are told from those after. */
    this.change = 0;
    viewport.watch(() => this.#look());
  }

  clear() {
    this.part = null;
    this.#changed([]);
  }

  /**
   * Ask anew, as the masks may have changed.
   * @param {MaskEntry[]} masks those of the state, not of a stroke in progress
   */
  refresh(masks) {
    this.#changed(masks);
    this.#look();
  }

  /** @param {MaskEntry[]} masks */
  #changed(masks) {
    this.keys = new Map(masks.map(({ id, key }) => [id, key]));
    this.stale = true;
    this.change += 1;
  }

  /** @returns {PixelPart | null} what to draw instead of smooth outlines, where it covers all that is in sight */
  get inSight() {
    if (this.viewport.scale < FROM_SCALE || !this.part) return null;
    return covers(this.part.box, this.viewport.visible) ? this.part : null;
  }

  /** Ask soon if something is missing, or could be after the next move. */
  #look() {
    if (this.viewport.scale < FROM_SCALE || this.keys.size === 0) return;
    if (!this.stale && this.part && covers(this.part.box, this.#around(0.25))) return;
    this.timer ||= setTimeout(() => this.#ask(), WAIT_MS);
  }

  async #ask() {
    const { change, keys } = this;
    const image = this.annotation.value.image;
    if (!image || this.viewport.scale < FROM_SCALE) {
      this.timer = 0;
      return;
    }
    const box = this.#around(0.5);
    const { left, top, right, bottom } = box;
    try {
      const answer = await fetch(`api/images/${image.index}/pixels/${left}/${top}/${right}/${bottom}`);
      if (!answer.ok) return;
      /** @type {ExactMaskEntry[]} */
      const masks = await answer.json();
      if (change !== this.change) return;
      this.part = { box, keys, paths: new Map(masks.map(({ id, rings }) => [id, pathOfRings(rings)])) };
      this.stale = false;
      this.onload();
    } catch {
      // The server is away; when it is back it sends the masks, and they are asked for anew.
    } finally {
      this.timer = 0;
      if (change !== this.change || !this.stale) this.#look();
    }
  }

  /**
   * @param {number} share of the part in sight, more on every side
   * @returns {Box} whole pixels
   */
  #around(share) {
    const { left, top, right, bottom } = this.viewport.visible;
    const [dx, dy] = [(right - left) * share, (bottom - top) * share];
    return {
      left: Math.max(0, Math.floor(left - dx)),
      top: Math.max(0, Math.floor(top - dy)),
      right: Math.min(this.viewport.imageWidth, Math.ceil(right + dx)),
      bottom: Math.min(this.viewport.imageHeight, Math.ceil(bottom + dy)),
    };
  }
}

/**
 * @param {Box} one
 * @param {Box} other
 * @returns {boolean} whether the other lies in the one
 */
function covers(one, other) {
  return one.left <= other.left && one.top <= other.top && one.right >= other.right && one.bottom >= other.bottom;
}
