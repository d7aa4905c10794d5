/** What pen, mouse and fingers do on the photograph: draw, select, move, zoom. */

/**
 * @import { Point, Viewport } from "../canvas/viewport.js"
 * @import { Editor } from "../commands/editor.js"
 * @import { Hints } from "../panels/hints.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Drawing } from "./drawing.js"
 * @import { PenTarget, Sample, StrokeStart } from "./pen.js"
 * @import { StrokeSelection } from "./stroke_selection.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {InkStore} ink
 * @property {StatusStore} status
 * @property {Viewport} viewport
 * @property {Editor} editor
 * @property {Drawing} drawing
 * @property {StrokeSelection} selection
 * @property {Hints} hints
 */

/** @implements {PenTarget} */
export class CanvasInput {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, ink, status, viewport, editor, drawing, selection, hints }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.ink = ink;
    this.status = status;
    this.viewport = viewport;
    this.editor = editor;
    this.drawing = drawing;
    this.selection = selection;
    this.hints = hints;
  }

  /** @returns {boolean} whether a stroke is being drawn or moved */
  get active() {
    return this.drawing.stroke !== null || this.selection.moving !== null;
  }

  /**
   * @param {Sample} sample
   * @param {StrokeStart} start
   * @returns {boolean} whether something began
   */
  begin(sample, start) {
    const { image, editor } = this.annotation.value;
    if (!image) return false;
    if (!editor) {
      const other = "This image is being edited in another page. Take over to draw here.";
      this.status.warn(this.project.readOnly || other);
      return false;
    }
    const { tool } = this.ui.value;
    if (tool === "hand" && !start.eraser) return false;
    if (tool === "select" && !start.eraser) return this.selection.begin(sample);
    if (!this.drawing.begin(sample, start)) return false;
    if (start.opposite || this.ui.value.sign === "negative") this.hints.done("opposite");
    return true;
  }

  /** @param {Sample[]} samples */
  extend(samples) {
    if (this.selection.moving) this.selection.move(samples[samples.length - 1]);
    else this.drawing.extend(samples);
  }

  end() {
    if (this.selection.moving) return this.selection.end();
    this.drawing.end();
    this.hints.done("drawn");
  }

  cancel() {
    if (this.selection.moving) this.selection.cancel();
    else this.drawing.cancel();
  }

  /** @param {Point | null} at */
  hover(at) {
    this.ink.set({ cursor: at });
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    this.viewport.panBy(dx, dy);
  }

  /**
   * @param {Point} at
   * @param {number} factor
   */
  zoom(at, factor) {
    this.viewport.zoomAt(at, factor);
  }

  switchSign() {
    this.ui.switchSign();
  }

  /** Fit the photograph; the dot that the first click made goes. */
  doubleClick() {
    const last = this.ink.value.pending.at(-1) ?? this.annotation.value.strokes.at(-1);
    if (last?.tool === "dot" && this.annotation.value.editor) this.editor.command({ kind: "undo" });
    this.viewport.fit();
  }

  doubleClicks() {
    return this.ui.value.tool === "stroke";
  }

  zoomed() {
    return this.viewport.zoomed;
  }

  panning() {
    return this.ui.value.panning || this.ui.value.tool === "hand";
  }
}
