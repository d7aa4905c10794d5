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
 * @import { ObjectPicking } from "./object_picking.js"
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
 * @property {ObjectPicking} picking
 * @property {Hints} hints
 */

/** @implements {PenTarget} */
export class CanvasInput {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, ink, status, viewport, editor, drawing, selection, picking, hints }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.ink = ink;
    this.status = status;
    this.viewport = viewport;
    this.editor = editor;
    this.drawing = drawing;
    this.selection = selection;
    this.picking = picking;
    this.hints = hints;
    /** Whether the last press changed the annotation. */
    this.drew = false;
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
    this.drew = false;
    if (!image) return false;
    const { tool } = this.ui.value;
    if (tool === "select" && !start.eraser) return editor && this.selection.begin(sample);
    if (!editor) {
      const other = "This image is being edited in another page. Take over to draw here.";
      this.status.warn(this.project.readOnly || other, "elsewhere");
      return false;
    }
    if (tool === "hand" && !start.eraser) return false;
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
    this.drew = this.drawing.end();
    if (this.drew) this.hints.done("drawn");
  }

  cancel() {
    if (this.selection.moving) this.selection.cancel();
    else this.drawing.cancel();
  }

  /**
   * With the tool that selects, and with Ctrl, a click chooses the object under it; with Shift one more.
   * @param {Sample} sample
   * @param {StrokeStart} start
   */
  click(sample, { ctrl, shift, eraser }) {
    if (eraser || (this.ui.value.tool !== "select" && !ctrl)) return false;
    return this.picking.choose(sample, shift);
  }

  /** @param {Point | null} at */
  hover(at) {
    this.ink.set({ cursor: at });
    this.picking.hover(this.active ? null : at);
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
    this.takeBack();
    this.viewport.fit();
  }

  /** What the last press drew was no stroke. */
  takeBack() {
    if (this.drew && this.annotation.value.editor) this.editor.command({ kind: "undo" });
    this.drew = false;
  }

  /** @param {number} fingers two undo, three redo */
  tap(fingers) {
    const { undo, redo, editor } = this.annotation.value;
    if (!editor) return;
    if (fingers === 2 && undo !== null) this.editor.undo();
    if (fingers === 3 && redo !== null) this.editor.redo();
  }

  hasWidth() {
    return this.ui.hasWidth;
  }

  /** @param {number} dx screen pixels */
  widen(dx) {
    this.ui.widen((2 * dx) / this.viewport.scale);
  }

  zoomed() {
    return this.viewport.zoomed;
  }

  panning() {
    return this.ui.value.panning || this.ui.value.tool === "hand";
  }
}
