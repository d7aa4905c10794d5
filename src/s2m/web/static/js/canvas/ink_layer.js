/** The ink over the masks: strokes, the one to trace on the first visit, and the cursor. */

import { otherSign } from "../state/ui_store.js";
import { drawCursor, drawNote } from "./cursor.js";
import { STROKE_WIDTH_PX, drawExample, drawStroke } from "./strokes.js";

/**
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Palette } from "./palette.js"
 * @import { Point, Viewport } from "./viewport.js"
 *
 * @typedef {object} Parts
 * @property {Viewport} viewport
 * @property {AnnotationStore} annotation
 * @property {UiStore} ui
 * @property {InkStore} ink
 * @property {Palette} palette
 */

const BUSY_SHOWN_AFTER_MS = 120;
const IDLE_COLOUR = "#bdbdbd";

export class InkLayer {
  /** @param {Parts} parts */
  constructor({ viewport, annotation, ui, ink, palette }) {
    this.viewport = viewport;
    this.annotation = annotation;
    this.ui = ui;
    this.ink = ink;
    this.palette = palette;
  }

  /** @returns {boolean} whether the cursor shows that an answer is due, or soon will */
  get turning() {
    return this.#hasCursor && this.ink.value.busySince > 0;
  }

  get #hasCursor() {
    const { panning, tool } = this.ui.value;
    return this.ink.value.cursor !== null && !panning && tool !== "hand" && tool !== "select";
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} pixelRatio
   */
  draw(context, pixelRatio) {
    const { example, cursor, note } = this.ink.value;
    if (example && this.annotation.value.strokes.length === 0) drawExample(context, this.viewport, pixelRatio, example);
    this.#drawStrokes(context, pixelRatio);
    if (cursor && this.#hasCursor) this.#drawCursor(context, pixelRatio, cursor);
    if (cursor && note) drawNote(context, pixelRatio, cursor, note);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} pixelRatio
   */
  #drawStrokes(context, pixelRatio) {
    const { pending, foreign, selected } = this.ink.value;
    const { view, strokesShown } = this.ui.value;
    const settled = [...this.annotation.value.strokes, ...(foreign ? [foreign] : [])];
    const shown = strokesShown && view !== "mask" && view !== "image" ? [...settled, ...pending] : pending;
    const selects = this.ui.value.tool === "select";
    for (const stroke of shown) {
      const object = this.annotation.object(stroke.object_id);
      if (!stroke.points || (object && !object.visible)) continue;
      // Boxes and lassos are answered by then: only the tool that selects needs them still.
      const isOutline = stroke.tool === "box" || stroke.tool === "lasso";
      if (isOutline && !selects && settled.includes(stroke) && stroke !== foreign) continue;
      drawStroke(context, this.viewport, pixelRatio, stroke, {
        alpha: stroke.past ? 0.3 : 0.9,
        selected: stroke.key === selected,
        colour: this.palette.colourOf({ id: stroke.object_id, colour: object?.colour }),
      });
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} pixelRatio
   * @param {Point} at
   */
  #drawCursor(context, pixelRatio, at) {
    const { tool, sign, width, object, opposite } = this.ui.value;
    const { busySince } = this.ink.value;
    const shown = this.annotation.object(object) ?? { id: object };
    drawCursor(context, pixelRatio, {
      at,
      width: this.ui.hasWidth ? width * this.viewport.scale : STROKE_WIDTH_PX,
      isExact: this.ui.hasWidth,
      sign: opposite ? otherSign(sign) : tool === "eraser" ? "negative" : sign,
      colour: this.annotation.value.editor ? this.palette.colourOf(shown) : IDLE_COLOUR,
      isBusy: busySince > 0 && performance.now() - busySince > BUSY_SHOWN_AFTER_MS,
    });
  }
}
