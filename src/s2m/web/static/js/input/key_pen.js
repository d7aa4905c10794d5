/** A pen moved by the arrow keys, for those who cannot hold a mouse. */

/**
 * @import { Viewport } from "../canvas/viewport.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { CanvasInput } from "./canvas_input.js"
 */

const STEP_PX = 12;
const FINE_PX = 2;
const PRESSURE = 0.5;
const WAYS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
});

export class KeyPen {
  /** @param {{ink: InkStore, viewport: Viewport, canvasInput: CanvasInput}} parts */
  constructor({ ink, viewport, canvasInput }) {
    this.ink = ink;
    this.viewport = viewport;
    this.canvasInput = canvasInput;
    this.down = false;
  }

  get #at() {
    return this.ink.value.cursor ?? this.viewport.centre;
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key moved the pen
   */
  move(event) {
    const way = WAYS[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return false;
    const from = this.#at;
    const step = event.shiftKey ? FINE_PX : STEP_PX;
    const at = {
      x: Math.min(this.viewport.width - 1, Math.max(0, from.x + way[0] * step)),
      y: Math.min(this.viewport.height - 1, Math.max(0, from.y + way[1] * step)),
    };
    this.canvasInput.hover(at);
    if (this.down) this.canvasInput.extend([{ ...at, pressure: PRESSURE }]);
    return true;
  }

  toggle() {
    if (this.down) {
      this.down = false;
      return this.canvasInput.end();
    }
    const at = this.#at;
    this.canvasInput.hover(at);
    const start = { opposite: false, eraser: false, pen: false, ctrl: false, shift: false };
    this.down = this.canvasInput.begin({ ...at, pressure: PRESSURE }, start);
  }

  /** Drop what is being drawn. */
  cancel() {
    this.down = false;
    this.canvasInput.cancel();
  }
}
