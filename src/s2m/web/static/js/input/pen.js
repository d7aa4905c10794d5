/** Mouse, pen and fingers in; strokes, pans, zooms and clicks out. */

const DOT_RADIUS_PX = 3;
const DOUBLE_CLICK_MS = 350;
const DOUBLE_CLICK_PX = 6;
const PEN_NEAR_MS = 1500;
const LEFT = 0;
const MIDDLE = 1;
const RIGHT = 2;
const ERASER = 5;

/**
 * @import { Point } from "../canvas/viewport.js"
 *
 * @typedef {{x: number, y: number, pressure: number}} Sample screen pixels, pressure 0..1
 * @typedef {{opposite: boolean, eraser: boolean, pen: boolean}} StrokeStart how a stroke begins
 *
 * @typedef {object} PenTarget
 * @property {(sample: Sample, start: StrokeStart) => boolean} begin a stroke starts; false refuses it
 * @property {(samples: Sample[]) => void} extend
 * @property {() => void} end
 * @property {() => void} cancel
 * @property {(at: Point | null) => void} hover
 * @property {(dx: number, dy: number) => void} pan
 * @property {(at: Point, factor: number) => void} zoom
 * @property {() => void} switchSign
 * @property {() => void} doubleClick
 * @property {() => boolean} doubleClicks whether two quick clicks mean one double click
 * @property {() => boolean} zoomed whether a middle drag pans
 * @property {() => boolean} panning whether the Space key is held, or the hand is chosen
 */

export class Pen {
  /**
   * @param {HTMLElement} surface
   * @param {PenTarget} target
   */
  constructor(surface, target) {
    this.surface = surface;
    this.target = target;
    /** @type {{id: number, type: string, start: Sample, moved: boolean} | null} */
    this.drawing = null;
    /** @type {{id: number, button: number, last: Point, moved: number} | null} */
    this.dragging = null;
    /** @type {Map<number, Point>} */
    this.fingers = new Map();
    this.penSeenAt = -Infinity;
    /** @type {{at: Point, time: number} | null} */
    this.lastClick = null;
    surface.addEventListener("pointerdown", (event) => this.#down(event));
    surface.addEventListener("pointermove", (event) => this.#move(event));
    surface.addEventListener("pointerup", (event) => this.#up(event));
    surface.addEventListener("pointercancel", (event) => this.#cancel(event));
    surface.addEventListener("pointerleave", () => this.drawing ?? target.hover(null));
    surface.addEventListener("contextmenu", (event) => event.preventDefault());
    surface.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    // Middle button: no automatic scrolling, no paste.
    surface.addEventListener("mousedown", (event) => event.button === MIDDLE && event.preventDefault());
    surface.addEventListener("auxclick", (event) => event.preventDefault());
  }

  /** @param {PointerEvent} event */
  #down(event) {
    // Buttons that lie over the photograph are pressed, not drawn on.
    if (event.target !== this.surface) return;
    this.surface.focus({ preventScroll: true });
    if (event.pointerType === "pen") this.penSeenAt = event.timeStamp;
    if (event.pointerType === "touch") {
      if (event.timeStamp - this.penSeenAt < PEN_NEAR_MS) return;
      this.fingers.set(event.pointerId, this.#at(event));
      if (this.fingers.size === 2) return this.#beginPinch();
      if (this.fingers.size > 2) return;
    }
    if (this.drawing || this.dragging) return;
    this.surface.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    if (event.button === MIDDLE || (event.button === LEFT && this.target.panning())) {
      this.dragging = { id: event.pointerId, button: event.button, last: at, moved: 0 };
      return;
    }
    if (event.button === LEFT && this.target.doubleClicks() && this.#isDoubleClick(at, event.timeStamp)) {
      this.lastClick = null;
      return this.target.doubleClick();
    }
    if (![LEFT, RIGHT, ERASER].includes(event.button)) return;
    const start = { ...at, pressure: pressureOf(event) };
    const eraser = event.button === ERASER || (event.buttons & 32) !== 0;
    const how = { opposite: event.button === RIGHT, eraser, pen: event.pointerType === "pen" };
    if (this.target.begin(start, how)) {
      this.drawing = { id: event.pointerId, type: event.pointerType, start, moved: false };
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerType === "pen") this.penSeenAt = event.timeStamp;
    const at = this.#at(event);
    if (this.fingers.has(event.pointerId) && this.fingers.size >= 2) return this.#pinch(event.pointerId, at);
    if (this.dragging?.id === event.pointerId) return this.#drag(at);
    if (this.drawing?.id === event.pointerId) return this.#draw(event);
    if (event.pointerType !== "touch" && !this.drawing) this.target.hover(at);
  }

  /** @param {PointerEvent} event */
  #draw(event) {
    const drawing = /** @type {NonNullable<Pen["drawing"]>} */ (this.drawing);
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const events = coalesced.length ? coalesced : [event];
    const samples = events.map((each) => ({ ...this.#at(each), pressure: pressureOf(each) }));
    const last = samples[samples.length - 1];
    this.target.hover(last);
    // A hand that trembles while it clicks still makes a dot.
    if (!drawing.moved && Math.hypot(last.x - drawing.start.x, last.y - drawing.start.y) < DOT_RADIUS_PX) return;
    drawing.moved = true;
    this.target.extend(samples);
  }

  /** @param {Point} at */
  #drag(at) {
    const dragging = /** @type {NonNullable<Pen["dragging"]>} */ (this.dragging);
    const [dx, dy] = [at.x - dragging.last.x, at.y - dragging.last.y];
    dragging.moved += Math.hypot(dx, dy);
    dragging.last = at;
    this.target.hover(at);
    if (dragging.button === LEFT || (this.target.zoomed() && dragging.moved > DOT_RADIUS_PX)) this.target.pan(dx, dy);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    this.fingers.delete(event.pointerId);
    if (this.dragging?.id === event.pointerId) {
      if (this.dragging.button === MIDDLE && this.dragging.moved <= DOT_RADIUS_PX) this.target.switchSign();
      this.dragging = null;
    } else if (this.drawing?.id === event.pointerId) {
      const { start, moved } = this.drawing;
      this.drawing = null;
      this.lastClick = moved || event.button !== LEFT ? null : { at: start, time: event.timeStamp };
      this.target.end();
    }
  }

  /** @param {PointerEvent} event */
  #cancel(event) {
    this.fingers.delete(event.pointerId);
    if (this.dragging?.id === event.pointerId) this.dragging = null;
    if (this.drawing?.id === event.pointerId) {
      this.drawing = null;
      this.target.cancel();
    }
  }

  /**
   * @param {Point} at
   * @param {number} time
   */
  #isDoubleClick(at, time) {
    const last = this.lastClick;
    return (
      last !== null &&
      time - last.time < DOUBLE_CLICK_MS &&
      Math.hypot(at.x - last.at.x, at.y - last.at.y) < DOUBLE_CLICK_PX
    );
  }

  /** A second finger: what the first one began was no stroke. */
  #beginPinch() {
    if (this.drawing) {
      this.drawing = null;
      this.target.cancel();
    }
    this.dragging = null;
  }

  /**
   * @param {number} id
   * @param {Point} at
   */
  #pinch(id, at) {
    const other = [...this.fingers].find(([finger]) => finger !== id)?.[1];
    const before = this.fingers.get(id);
    if (!other || !before) return;
    const spread =
      Math.hypot(at.x - other.x, at.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
    this.target.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
    this.target.zoom({ x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 }, spread);
    this.fingers.set(id, at);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    // A notch of a wheel is 100; trackpads send many small steps, pinches arrive with ctrl.
    const notches = -(event.deltaY * lines) / (event.ctrlKey ? 25 : 100);
    this.target.zoom(this.#at(event), 1.25 ** Math.max(-3, Math.min(3, notches)));
    this.target.hover(this.#at(event));
  }

  /** @param {MouseEvent} event */
  #at(event) {
    const box = this.surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

/** @param {PointerEvent} event */
function pressureOf(event) {
  return event.pointerType === "pen" ? event.pressure : 0.5;
}
