/** Which object lies under the pointer: a click chooses it, hovering lights up its row. */

/**
 * @import { MaskLayer } from "../canvas/mask_layer.js"
 * @import { Point, Viewport } from "../canvas/viewport.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {UiStore} ui
 * @property {Viewport} viewport
 * @property {MaskLayer} masks
 */

export class ObjectPicking {
  /** @param {Parts} parts */
  constructor({ annotation, ui, viewport, masks }) {
    this.annotation = annotation;
    this.ui = ui;
    this.viewport = viewport;
    this.masks = masks;
    this.frame = 0;
    /** @type {Point | null} */
    this.pointer = null;
  }

  /**
   * @param {Point} at screen pixels
   * @returns {number | undefined} the object that is shown there; the smallest of several
   */
  under(at) {
    const point = this.viewport.toImage(at);
    const { objects, areas } = this.annotation.value;
    const found = objects.filter(({ id, visible }) => visible && this.masks.contains(id, point));
    return found.sort((a, b) => (areas.get(a.id) ?? 0) - (areas.get(b.id) ?? 0))[0]?.id;
  }

  /**
   * @param {Point} at screen pixels
   * @param {boolean} more whether those chosen before stay chosen
   * @returns {boolean} whether there is an object
   */
  choose(at, more) {
    const id = this.under(at);
    if (id === undefined) return false;
    this.ui.choose(id, more);
    return true;
  }

  /** @param {Point | null} at once for each frame */
  hover(at) {
    this.pointer = at;
    if (!at) {
      cancelAnimationFrame(this.frame);
      this.frame = 0;
      return this.ui.set({ hovered: null });
    }
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.ui.set({ hovered: this.pointer ? (this.under(this.pointer) ?? null) : null });
    });
  }
}
