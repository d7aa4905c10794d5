/** What the pen does with the chosen tool: strokes, boxes, lassos, exact brushes; live while the pen is down. */

import { boxFrom, distanceToStroke, outlineOf } from "./ink.js";

/**
 * @typedef {import("./ink.js").DrawnStroke & {pressures: number[], kind: "draw" | "brush" | "erase"}} StrokeInProgress
 * @typedef {import("./pen.js").Sample} Sample
 */

const CLOSEST_PX = 0.7;
const PICK_RADIUS_PX = 9;

export class Drawing {
  /**
   * @param {import("./app.js").App} app
   */
  constructor(app) {
    this.app = app;
    /** @type {StrokeInProgress | null} */
    this.stroke = null;
    /** Points already streamed to the server on this line. */
    this.streamed = 0;
    this.frame = 0;
    /** @type {StrokeInProgress[]} collected while Ctrl is held */
    this.batch = [];
    /** @type {Sample | null} */
    this.last = null;
    /** @type {{stroke: import("./ink.js").DrawnStroke, from: import("./viewport.js").Point, points: number[]} | null} */
    this.moving = null;
  }

  get active() {
    return this.stroke !== null || this.moving !== null;
  }

  /**
   * @param {Sample} sample
   * @param {{opposite: boolean, eraser: boolean, pen: boolean}} how
   * @returns {boolean} whether a stroke began
   */
  begin(sample, how) {
    const { doc, ui, viewport } = this.app;
    if (!doc.value.image || doc.value.unreadable) return false;
    if (!doc.value.editor) {
      this.app.status.warn(doc.readOnly || "This image is being edited in another page. Take over to draw here.");
      return false;
    }
    const tool = how.eraser ? "eraser" : ui.value.tool;
    const at = viewport.toImage(sample);
    if (tool === "select") return this.#beginMove(at);
    const object = doc.object(ui.value.object);
    if (object?.locked) {
      this.app.status.warn(`${doc.nameOf(ui.value.object)} is locked. Unlock it, or choose another object.`);
      return false;
    }
    ui.set({ opposite: how.opposite });
    this.stroke = this.#newStroke(tool, at, sample, how);
    this.streamed = 0;
    this.last = sample;
    this.app.layers.pending.push(this.stroke);
    this.app.layers.redraw("ink");
    this.#stream();
    return true;
  }

  /**
   * @param {string} tool
   * @param {import("./viewport.js").Point} at
   * @param {Sample} sample
   * @param {{opposite: boolean, pen: boolean}} how
   * @returns {StrokeInProgress}
   */
  #newStroke(tool, at, sample, how) {
    const { ui, viewport } = this.app;
    const exact = tool === "brush" || tool === "eraser";
    const negative = (ui.value.sign === "negative") !== how.opposite;
    const erases = tool === "eraser" || (tool === "brush" && negative);
    return {
      id: newKey(),
      object_id: ui.value.object,
      sign: erases || (negative && !exact) ? "negative" : "positive",
      tool: exact ? (erases ? "eraser" : "brush") : tool,
      kind: exact ? (erases ? "erase" : "brush") : "draw",
      width_px: round(ui.value.width / viewport.scale),
      committed: false,
      points: [round(at.x), round(at.y)],
      pressures: how.pen && exact ? [sample.pressure] : [],
    };
  }

  /** @param {Sample[]} samples */
  extend(samples) {
    if (this.moving) return this.#move(samples[samples.length - 1]);
    const stroke = this.stroke;
    if (!stroke) return;
    for (const sample of samples) {
      const last = /** @type {Sample} */ (this.last);
      if (Math.hypot(sample.x - last.x, sample.y - last.y) < CLOSEST_PX) continue;
      this.last = sample;
      const at = this.app.viewport.toImage(sample);
      if (stroke.tool === "box") stroke.points = boxFrom(stroke.points, { x: round(at.x), y: round(at.y) });
      else stroke.points.push(round(at.x), round(at.y));
      if (stroke.pressures.length) stroke.pressures.push(sample.pressure);
    }
    this.app.layers.redraw("ink");
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.#stream();
    });
  }

  end() {
    if (this.moving) return this.#endMove();
    const stroke = this.stroke;
    if (!stroke) return;
    this.stroke = null;
    this.app.ui.set({ opposite: false });
    if (stroke.tool === "stroke" && stroke.points.length === 2) stroke.tool = "dot";
    if (this.#isTooSmall(stroke)) return this.#forget(stroke);
    if (this.app.ui.value.collecting && stroke.kind === "draw") {
      this.batch.push(stroke);
      this.app.status.say(`${this.batch.length} strokes collected; let go of Ctrl to see the answer`);
      return;
    }
    this.#send([stroke]);
  }

  cancel() {
    if (this.moving) {
      this.moving.stroke.points = this.moving.points;
      this.moving = null;
      return this.app.layers.redraw("ink");
    }
    if (this.stroke) this.#forget(this.stroke);
    this.stroke = null;
    this.app.ui.set({ opposite: false });
  }

  /** Answer the strokes that were collected while Ctrl was held. */
  releaseBatch() {
    if (this.batch.length) this.#send(this.batch.splice(0));
  }

  /** On a new line the server knows nothing of the stroke in progress. */
  restream() {
    this.streamed = 0;
    if (this.stroke) this.#stream();
  }

  /** Strokes that the server has taken are no longer ours to draw. */
  settle() {
    const known = new Set(this.app.doc.value.strokes.map((stroke) => stroke.id));
    const { layers } = this.app;
    layers.pending = layers.pending.filter((stroke) => !known.has(stroke.id));
  }

  /** @param {string[]} keys of strokes whose command is done or refused */
  drop(keys) {
    const { layers } = this.app;
    layers.pending = layers.pending.filter((stroke) => !keys.includes(stroke.id));
    layers.redraw("ink");
  }

  /** @param {StrokeInProgress} stroke */
  #isTooSmall(stroke) {
    return (stroke.tool === "box" && stroke.points.length < 8) || (stroke.tool === "lasso" && stroke.points.length < 6);
  }

  /** @param {StrokeInProgress} stroke */
  #forget(stroke) {
    const { layers, connection, doc } = this.app;
    layers.pending = layers.pending.filter((each) => each !== stroke);
    if (doc.value.image) connection.send({ type: "pen_cancel", image: doc.value.image.name, key: stroke.id });
    layers.redraw("ink");
  }

  /** Tell the server the new points of the stroke being drawn; it answers the newest that it can. */
  #stream() {
    const { stroke } = this;
    const { connection, doc, layers, ui } = this.app;
    if (!stroke || stroke.kind !== "draw" || ui.value.collecting || !doc.value.image) return;
    if (this.#isTooSmall(stroke)) return;
    const whole = stroke.tool === "box";
    const points = whole ? cornersOf(stroke.points) : pairs(stroke.points);
    const first = whole ? 0 : Math.min(this.streamed, points.length);
    if (!whole && first === points.length) return;
    const sent = connection.send({
      type: "pen",
      image: doc.value.image.name,
      key: stroke.id,
      object_id: stroke.object_id,
      sign: stroke.sign,
      tool: stroke.tool,
      width_px: stroke.width_px,
      first,
      points: points.slice(first),
    });
    if (!sent) return;
    this.streamed = points.length;
    this.app.latency.asked(stroke.id, points.length);
    layers.busySince ||= performance.now();
  }

  /** @param {StrokeInProgress[]} strokes */
  #send(strokes) {
    const [first] = strokes;
    this.app.layers.busySince ||= performance.now();
    if (first.kind === "draw") {
      this.app.command(
        { kind: "draw", strokes: strokes.map(drawnStrokeOf) },
        strokes.map((stroke) => stroke.id),
      );
      return;
    }
    const body = {
      kind: first.kind,
      points: pairs(first.points),
      object_id: first.object_id,
      width_px: first.width_px,
      ...(first.pressures.length ? { pressures: first.pressures.map(round) } : {}),
    };
    this.app.command(body, [first.id]);
  }

  // Choosing and moving strokes.

  /** @param {import("./viewport.js").Point} at image pixels */
  #beginMove(at) {
    const { doc, layers, viewport } = this.app;
    const reach = PICK_RADIUS_PX / viewport.scale;
    const found = [...doc.value.strokes]
      .filter((stroke) => !stroke.committed)
      .map((stroke) => ({ stroke, distance: distanceToStroke(outlineOf(stroke), at) - stroke.width_px / 2 }))
      .filter(({ distance }) => distance < reach)
      .sort((a, b) => a.distance - b.distance)[0]?.stroke;
    this.app.selectStroke(found?.id ?? null);
    if (!found) return false;
    this.moving = { stroke: found, from: at, points: found.points };
    layers.redraw("ink");
    return true;
  }

  /** @param {Sample} sample */
  #move(sample) {
    const moving = /** @type {NonNullable<Drawing["moving"]>} */ (this.moving);
    const at = this.app.viewport.toImage(sample);
    const [dx, dy] = [at.x - moving.from.x, at.y - moving.from.y];
    moving.stroke.points = moving.points.map((value, i) => round(value + (i % 2 ? dy : dx)));
    this.app.layers.redraw("ink");
  }

  #endMove() {
    const { stroke, points } = /** @type {NonNullable<Drawing["moving"]>} */ (this.moving);
    this.moving = null;
    if (stroke.points !== points) {
      this.app.command({ kind: "change_stroke", key: stroke.id, points: pairs(stroke.points) });
    }
  }
}

/** @param {StrokeInProgress} stroke */
function drawnStrokeOf(stroke) {
  return {
    key: stroke.id,
    object_id: stroke.object_id,
    sign: stroke.sign,
    tool: stroke.tool,
    width_px: stroke.width_px,
    points: stroke.tool === "box" ? cornersOf(stroke.points) : pairs(stroke.points),
  };
}

/** @param {number[]} box as ``boxFrom`` makes it */
function cornersOf(box) {
  return [
    [box[0], box[1]],
    [box[4], box[5]],
  ];
}

/** @param {number[]} flat */
function pairs(flat) {
  const points = [];
  for (let i = 0; i < flat.length; i += 2) points.push([flat[i], flat[i + 1]]);
  return points;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}

/** A key that no other stroke has. */
function newKey() {
  return [...crypto.getRandomValues(new Uint32Array(3))].map((part) => part.toString(36)).join("");
}
