/** The tool that selects strokes and moves them. */

import { distanceToStroke, outlineOf } from "../canvas/strokes.js";
import { pairsOf, rounded } from "./stroke_points.js";

/**
 * @import { Point, Viewport } from "../canvas/viewport.js"
 * @import { Editor } from "../commands/editor.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Sample } from "./pen.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {UiStore} ui
 * @property {InkStore} ink
 * @property {Viewport} viewport
 * @property {Editor} editor
 */

const PICK_RADIUS_PX = 9;

export class StrokeSelection {
  /** @param {Parts} parts */
  constructor({ annotation, ui, ink, viewport, editor }) {
    this.annotation = annotation;
    this.ink = ink;
    this.viewport = viewport;
    this.editor = editor;
    /** @type {{key: string, from: Point, points: number[], placed: number[] | null} | null} the stroke being moved */
    this.moving = null;
    // What the server says of the image meanwhile has the stroke where it was.
    annotation.watch(["strokes"], () => this.#place());
    ui.watch(["tool"], ({ tool }) => tool === "select" || this.clear());
  }

  clear() {
    this.ink.set({ selected: null });
  }

  /**
   * @param {Sample} sample
   * @returns {boolean} whether a stroke was selected, to be moved
   */
  begin(sample) {
    const at = this.viewport.toImage(sample);
    const reach = PICK_RADIUS_PX / this.viewport.scale;
    const found = this.annotation.value.strokes
      .filter((stroke) => !stroke.past)
      .map((stroke) => ({ stroke, distance: distanceToStroke(outlineOf(stroke), at) - stroke.width_px / 2 }))
      .filter(({ distance }) => distance < reach)
      .sort((a, b) => a.distance - b.distance)[0]?.stroke;
    this.ink.set({ selected: found?.key ?? null });
    if (!found) return false;
    this.moving = { key: found.key, from: at, points: found.points, placed: null };
    return true;
  }

  /** @param {Sample} sample */
  move(sample) {
    if (!this.moving) return;
    const { from, points } = this.moving;
    const at = this.viewport.toImage(sample);
    const [dx, dy] = [at.x - from.x, at.y - from.y];
    this.moving.placed = points.map((value, i) => rounded(value + (i % 2 ? dy : dx)));
    this.#place();
  }

  #place() {
    const { key = "", placed = null } = this.moving ?? {};
    const stroke = placed && this.annotation.stroke(key);
    if (stroke && stroke.points !== placed) this.annotation.placeStroke(key, placed);
  }

  end() {
    const { key = "", placed = null } = this.moving ?? {};
    this.moving = null;
    if (placed && this.annotation.stroke(key)) {
      this.editor.command({ kind: "change_stroke", key, points: pairsOf(placed) });
    }
  }

  cancel() {
    const { moving } = this;
    this.moving = null;
    if (moving) this.annotation.placeStroke(moving.key, moving.points);
  }
}
