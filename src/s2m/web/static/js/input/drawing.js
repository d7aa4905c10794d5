/** What the pen draws with the chosen tool: strokes, boxes, lassos, exact brushes; live while the pen is down. */

import { STROKE_WIDTH_PX, boxFrom } from "../canvas/strokes.js";
import { cornersOf, newStrokeKey, pairsOf, rounded } from "./stroke_points.js";

/**
 * @import { ShownStroke } from "../canvas/strokes.js"
 * @import { Viewport } from "../canvas/viewport.js"
 * @import { Editor } from "../commands/editor.js"
 * @import { Connection } from "../connection/connection.js"
 * @import { Latency } from "../connection/latency.js"
 * @import { DrawnStroke } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Sample, StrokeStart } from "./pen.js"
 *
 * @typedef {"stroke" | "dot" | "box" | "lasso"} NetworkTool of strokes that the network answers
 *
 * @typedef {ShownStroke & {pressures: number[]}} StrokeInProgress
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {UiStore} ui
 * @property {InkStore} ink
 * @property {StatusStore} status
 * @property {Viewport} viewport
 * @property {Connection} connection
 * @property {Editor} editor
 * @property {Latency} latency
 */

const CLOSEST_PX = 0.7;

export class Drawing {
  /** @param {Parts} parts */
  constructor({ annotation, ui, ink, status, viewport, connection, editor, latency }) {
    this.annotation = annotation;
    this.ui = ui;
    this.ink = ink;
    this.status = status;
    this.viewport = viewport;
    this.connection = connection;
    this.editor = editor;
    this.latency = latency;
    /** @type {StrokeInProgress | null} */
    this.stroke = null;
    /** Points already streamed to the server on this connection. */
    this.streamed = 0;
    this.frame = 0;
    /** @type {StrokeInProgress[]} collected while Ctrl is held */
    this.batch = [];
    /** @type {Sample | null} */
    this.last = null;
    // Strokes that the server has taken are no longer ours to draw.
    annotation.watch(["strokes"], ({ strokes }) => ink.drop(strokes.map((stroke) => stroke.key)));
    annotation.watch(["opening"], ({ opening }) => opening && this.end());
    ui.watch(["collecting"], ({ collecting }) => collecting || this.#sendBatch());
    connection.watch(["state"], ({ state }) => state === "open" || ink.answered());
  }

  /**
   * @param {Sample} sample
   * @param {StrokeStart} start
   * @returns {boolean} whether a stroke began
   */
  begin(sample, start) {
    const { object } = this.ui.value;
    if (this.annotation.object(object)?.locked) {
      this.status.warn(`${this.annotation.nameOf(object)} is locked. Unlock it, or choose another object.`, "locked");
      return false;
    }
    this.ui.set({ opposite: start.opposite });
    this.stroke = this.#newStroke(sample, start);
    this.streamed = 0;
    this.last = sample;
    this.ink.add(this.stroke);
    this.#stream();
    return true;
  }

  /**
   * @param {Sample} sample
   * @param {StrokeStart} start
   * @returns {StrokeInProgress}
   */
  #newStroke(sample, { opposite, eraser, pen }) {
    const { tool, sign, object, width } = this.ui.value;
    const at = this.viewport.toImage(sample);
    const isExact = eraser || tool === "brush" || tool === "eraser";
    const isNegative = (sign === "negative") !== opposite;
    const erases = eraser || tool === "eraser" || (isExact && isNegative);
    return {
      key: newStrokeKey(),
      object_id: object,
      sign: erases || (isNegative && !isExact) ? "negative" : "positive",
      tool: isExact ? (erases ? "eraser" : "brush") : /** @type {NetworkTool} */ (tool),
      width_px: rounded(isExact ? width : STROKE_WIDTH_PX / this.viewport.scale),
      past: false,
      points: [rounded(at.x), rounded(at.y)],
      pressures: pen && isExact ? [sample.pressure] : [],
    };
  }

  /** @param {Sample[]} samples */
  extend(samples) {
    const { stroke } = this;
    if (!stroke) return;
    for (const sample of samples) {
      if (this.last && Math.hypot(sample.x - this.last.x, sample.y - this.last.y) < CLOSEST_PX) continue;
      this.last = sample;
      const exact = this.viewport.toImage(sample);
      const at = { x: rounded(exact.x), y: rounded(exact.y) };
      if (stroke.tool === "box") stroke.points = boxFrom(stroke.points, at);
      else stroke.points.push(at.x, at.y);
      if (stroke.pressures.length) stroke.pressures.push(sample.pressure);
    }
    this.ink.changed();
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.#stream();
    });
  }

  /** @returns {boolean} whether something was drawn that can be undone */
  end() {
    const { stroke } = this;
    if (!stroke) return false;
    this.stroke = null;
    this.ui.set({ opposite: false });
    if (stroke.tool === "stroke" && stroke.points.length === 2) stroke.tool = "dot";
    if (isTooSmall(stroke)) {
      this.#forget(stroke);
      return false;
    }
    if (!this.ui.value.collecting || isExactStroke(stroke)) {
      this.#send([stroke]);
      return true;
    }
    this.batch.push(stroke);
    this.status.say(`${this.batch.length} strokes collected; let go of Ctrl to see the answer`);
    return false;
  }

  cancel() {
    if (this.stroke) this.#forget(this.stroke);
    this.stroke = null;
    this.ui.set({ opposite: false });
  }

  /** On a new connection the server knows nothing of the stroke in progress. */
  restream() {
    this.streamed = 0;
    this.#stream();
  }

  /** Strokes that were collected while Ctrl was held are answered together. */
  #sendBatch() {
    if (this.batch.length) this.#send(this.batch.splice(0));
  }

  /** @param {StrokeInProgress} stroke */
  #forget(stroke) {
    const { image } = this.annotation.value;
    if (image) this.connection.send({ type: "pen_cancel", image: image.name, key: stroke.key });
    this.ink.drop([stroke.key]);
  }

  /** Tell the server the new points of the stroke being drawn; it answers the newest that it can. */
  #stream() {
    const { stroke } = this;
    const { image } = this.annotation.value;
    if (!stroke || !image || this.ui.value.collecting || isExactStroke(stroke) || isTooSmall(stroke)) return;
    const { key, object_id, sign, width_px } = stroke;
    const tool = /** @type {NetworkTool} */ (stroke.tool);
    const points = tool === "box" ? cornersOf(stroke.points) : pairsOf(stroke.points);
    const first = tool === "box" ? 0 : Math.min(this.streamed, points.length);
    if (first === points.length) return;
    const more = { first, points: points.slice(first) };
    const message = /** @type {const} */ ({ type: "pen", image: image.name, key, object_id, sign, tool, width_px });
    if (!this.connection.send({ ...message, ...more })) return;
    this.streamed = points.length;
    this.latency.asked(key, points.length);
    this.ink.wait();
  }

  /** @param {StrokeInProgress[]} strokes one, or several that the network answers */
  #send(strokes) {
    const [first] = strokes;
    for (const stroke of strokes) this.editor.beginObject(stroke.object_id);
    const keys = strokes.map((stroke) => stroke.key);
    if (this.connection.open) this.ink.wait();
    if (!isExactStroke(first)) return this.editor.command({ kind: "draw", strokes: strokes.map(messageOf) }, keys);
    const { object_id, width_px, pressures } = first;
    const pressed = pressures.length ? { pressures: pressures.map(rounded) } : {};
    const kind = first.tool === "eraser" ? "erase" : "brush";
    this.editor.command({ kind, points: pairsOf(first.points), object_id, width_px, ...pressed }, keys);
  }
}

/** @param {ShownStroke} stroke */
function isExactStroke({ tool }) {
  return tool === "brush" || tool === "eraser";
}

/** @param {ShownStroke} stroke */
function isTooSmall({ tool, points }) {
  return (tool === "box" && points.length < 8) || (tool === "lasso" && points.length < 6);
}

/**
 * @param {ShownStroke} stroke that the network answers
 * @returns {DrawnStroke}
 */
function messageOf({ key, object_id, sign, tool, width_px, points }) {
  return {
    key,
    object_id,
    sign,
    tool: /** @type {NetworkTool} */ (tool),
    width_px,
    points: tool === "box" ? cornersOf(points) : pairsOf(points),
  };
}
