/** Mouse, pen and fingers in; strokes, clicks, pans, zooms and widths out. */

import { Fingers } from "./fingers.js";

const DOT_RADIUS_PX = 3;
const DOUBLE_CLICK_MS = 350;
const DOUBLE_CLICK_PX = 6;
const PEN_NEAR_MS = 1500;
const PALM_BEFORE_PEN_MS = 700;
const WHEEL_WIDENS_PX = 4;
const LEFT = 0;
const MIDDLE = 1;
const RIGHT = 2;
const ERASER = 5;

/**
 * @import { Point } from "../canvas/viewport.js"
 *
 * @typedef {{x: number, y: number, pressure: number}} Sample screen pixels, pressure 0..1
 *
 * @typedef {object} StrokeStart how a stroke, or a click, begins
 * @property {boolean} opposite
 * @property {boolean} eraser
 * @property {boolean} pen
 * @property {boolean} ctrl
 * @property {boolean} shift
 *
 * @typedef {object} PenTarget
 * @property {(sample: Sample, start: StrokeStart) => boolean} begin a stroke starts; false refuses it
 * @property {(samples: Sample[]) => void} extend
 * @property {() => void} end
 * @property {() => void} cancel
 * @property {(sample: Sample, start: StrokeStart) => boolean} click a press that did not move; whether it chose
 * @property {(at: Point | null) => void} hover
 * @property {(dx: number, dy: number) => void} pan
 * @property {(at: Point, factor: number) => void} zoom
 * @property {(dx: number) => void} widen
 * @property {() => boolean} hasWidth whether width counts with the chosen tool
 * @property {() => void} switchSign
 * @property {() => void} doubleClick
 * @property {() => void} takeBack what was drawn last was no stroke
 * @property {(fingers: number) => void} tap
 * @property {() => boolean} zoomed whether a middle drag pans
 * @property {() => boolean} panning whether the Space key is held, or the hand is chosen
 *
 * @typedef {object} Press a button, finger or pen that is down
 * @property {number} id
 * @property {string} type
 * @property {number} button
 * @property {StrokeStart} start
 * @property {Sample} at where it began
 * @property {Point} last
 * @property {boolean} moved
 * @property {"stroke" | "pan" | "width" | "nothing"} does
 */

export class Pen {
  /**
   * @param {HTMLElement} surface
   * @param {PenTarget} target
   */
  constructor(surface, target) {
    this.surface = surface;
    this.target = target;
    /** @type {Press | null} */
    this.press = null;
    this.fingers = new Fingers(target);
    this.penSeenAt = -Infinity;
    this.touchDrewAt = -Infinity;
    /** @type {{at: Point, time: number} | null} */
    this.lastClick = null;
    surface.addEventListener("pointerdown", (event) => this.#down(event));
    surface.addEventListener("pointermove", (event) => this.#move(event));
    surface.addEventListener("pointerup", (event) => this.#up(event));
    surface.addEventListener("pointercancel", (event) => this.#cancel(event));
    surface.addEventListener("pointerleave", () => this.press ?? target.hover(null));
    surface.addEventListener("contextmenu", (event) => event.preventDefault());
    // Nothing of the page is dragged away in the middle of a stroke.
    surface.addEventListener("dragstart", (event) => event.preventDefault());
    surface.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    // Middle button: no automatic scrolling, no paste.
    surface.addEventListener("mousedown", (event) => event.button === MIDDLE && event.preventDefault());
    surface.addEventListener("auxclick", (event) => event.preventDefault());
  }

  /** @param {PointerEvent} event */
  #down(event) {
    // Buttons that lie over the photograph are pressed, not drawn on.
    if (event.target !== this.surface) return;
    getSelection()?.removeAllRanges();
    this.surface.focus({ preventScroll: true });
    const at = this.#at(event);
    if (event.pointerType === "pen") this.#seePen(event);
    if (event.pointerType === "touch") {
      if (event.timeStamp - this.penSeenAt < PEN_NEAR_MS) return;
      // A second finger: what the first one began was no stroke.
      if (this.fingers.down(event.pointerId, at, event.timeStamp)) return this.#drop();
    }
    if (this.press) return;
    this.surface.setPointerCapture(event.pointerId);
    if (event.button === LEFT && this.#isDoubleClick(at, event.timeStamp)) {
      this.lastClick = null;
      return this.target.doubleClick();
    }
    const { pointerId: id, pointerType: type, button } = event;
    const start = startOf(event);
    const sample = { ...at, pressure: pressureOf(event) };
    this.press = { id, type, button, start, at: sample, last: at, moved: false, does: "nothing" };
    this.press.does = this.#meaning(event, sample, start);
  }

  /**
   * @param {PointerEvent} event
   * @param {Sample} sample
   * @param {StrokeStart} start
   * @returns {Press["does"]}
   */
  #meaning(event, sample, start) {
    const { button } = event;
    if (button === MIDDLE || (button === LEFT && this.target.panning())) return "pan";
    const widens = (button === RIGHT && event.altKey) || (button === LEFT && event.shiftKey);
    if (widens && this.target.hasWidth()) return "width";
    if (![LEFT, RIGHT, ERASER].includes(button)) return "nothing";
    return this.target.begin(sample, start) ? "stroke" : "nothing";
  }

  /** @param {PointerEvent} event of a pen: what the palm did before it goes */
  #seePen(event) {
    this.penSeenAt = event.timeStamp;
    this.fingers.forget();
    if (this.press?.type === "touch") this.#drop();
    if (event.timeStamp - this.touchDrewAt < PALM_BEFORE_PEN_MS) this.target.takeBack();
    this.touchDrewAt = -Infinity;
  }

  /** What is being drawn or moved is no longer. */
  #drop() {
    if (this.press?.does === "stroke") this.target.cancel();
    this.press = null;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerType === "pen") this.#seePen(event);
    const at = this.#at(event);
    if (this.fingers.move(event.pointerId, at)) return;
    if (this.press?.id === event.pointerId) return this.#drag(this.press, event, at);
    if (event.pointerType !== "touch" && !this.press) this.target.hover(at);
  }

  /**
   * @param {Press} press
   * @param {PointerEvent} event
   * @param {Point} at
   */
  #drag(press, event, at) {
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const events = coalesced.length ? coalesced : [event];
    const samples = events.map((each) => ({ ...this.#at(each), pressure: pressureOf(each) }));
    if (press.does !== "width") this.target.hover(at);
    // A hand that trembles while it clicks still makes a dot.
    press.moved ||= Math.hypot(at.x - press.at.x, at.y - press.at.y) >= DOT_RADIUS_PX;
    const [dx, dy] = [at.x - press.last.x, at.y - press.last.y];
    press.last = at;
    if (press.does === "width") this.target.widen(dx);
    else if (press.does === "stroke" && press.moved) this.target.extend(samples);
    else if (press.does === "pan" && (press.button === LEFT || (press.moved && this.target.zoomed()))) {
      this.target.pan(dx, dy);
    }
  }

  /** @param {PointerEvent} event */
  #up(event) {
    this.fingers.up(event.pointerId, event.timeStamp);
    const { press } = this;
    if (press?.id !== event.pointerId) return;
    this.press = null;
    this.lastClick = press.moved || press.button !== LEFT ? null : { at: press.at, time: event.timeStamp };
    if (press.does === "pan" && press.button === MIDDLE && !press.moved) this.target.switchSign();
    if (press.does === "pan" || press.does === "width") return;
    const chose = !press.moved && press.button === LEFT && this.target.click(press.at, press.start);
    if (press.does !== "stroke") return;
    if (chose) return this.target.cancel();
    this.target.end();
    if (press.type === "touch") this.touchDrewAt = event.timeStamp;
  }

  /** @param {PointerEvent} event */
  #cancel(event) {
    this.fingers.up(event.pointerId, Infinity);
    if (this.press?.id === event.pointerId) this.#drop();
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

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    // A notch of a wheel is 100; trackpads send many small steps, pinches arrive with ctrl.
    const notches = -(event.deltaY * lines) / (event.ctrlKey ? 25 : 100);
    if (event.altKey && this.target.hasWidth()) this.target.widen(notches * WHEEL_WIDENS_PX);
    else this.target.zoom(this.#at(event), 1.25 ** Math.max(-3, Math.min(3, notches)));
    this.target.hover(this.#at(event));
  }

  /** @param {MouseEvent} event */
  #at(event) {
    const box = this.surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

/**
 * @param {PointerEvent} event
 * @returns {StrokeStart}
 */
function startOf({ button, buttons, pointerType, ctrlKey, metaKey, shiftKey }) {
  return {
    opposite: button === RIGHT,
    eraser: button === ERASER || (buttons & 32) !== 0,
    pen: pointerType === "pen",
    ctrl: ctrlKey || metaKey,
    shift: shiftKey,
  };
}

/** @param {PointerEvent} event */
function pressureOf(event) {
  return event.pointerType === "pen" ? event.pressure : 0.5;
}
