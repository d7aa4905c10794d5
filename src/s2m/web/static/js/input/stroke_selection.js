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
    /** @type {{key: string, from: Point, points: number[], moved: boolean} | null} the stroke being moved */
    this.moving = null;
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
    this.moving = { key: found.key, from: at, points: found.points, moved: false };
    return true;
  }

  /** @param {Sample} sample */
  move(sample) {
    if (!this.moving) return;
    const { key, from, points } = this.moving;
    const at = this.viewport.toImage(sample);
    const [dx, dy] = [at.x - from.x, at.y - from.y];
    this.moving.moved = true;
    this.annotation.placeStroke(
      key,
      points.map((value, i) => rounded(value + (i % 2 ? dy : dx))),
    );
  }

  end() {
    const stroke = this.annotation.stroke(this.moving?.key ?? null);
    if (this.moving?.moved && stroke) {
      this.editor.command({ kind: "change_stroke", key: stroke.key, points: pairsOf(stroke.points) });
    }
    this.moving = null;
  }

  cancel() {
    if (this.moving) this.annotation.placeStroke(this.moving.key, this.moving.points);
    this.moving = null;
  }
}
