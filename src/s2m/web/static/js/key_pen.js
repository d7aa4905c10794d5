/** A pen moved by the arrow keys, for those who cannot hold a mouse. */

const STEP_PX = 12;
const FINE_PX = 2;
const WAYS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
});

export class KeyPen {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.down = false;
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key moved the pen
   */
  move(event) {
    const way = WAYS[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return false;
    const { layers, viewport, drawing } = this.app;
    const from = layers.cursor ?? { x: viewport.width / 2, y: viewport.height / 2 };
    const step = event.shiftKey ? FINE_PX : STEP_PX;
    const at = {
      x: Math.min(viewport.width - 1, Math.max(0, from.x + way[0] * step)),
      y: Math.min(viewport.height - 1, Math.max(0, from.y + way[1] * step)),
    };
    this.app.hover(at);
    if (this.down) drawing.extend([{ ...at, pressure: 0.5 }]);
    return true;
  }

  toggle() {
    const { layers, viewport, drawing } = this.app;
    if (this.down) {
      this.down = false;
      drawing.end();
      return;
    }
    const at = layers.cursor ?? { x: viewport.width / 2, y: viewport.height / 2 };
    this.app.hover(at);
    this.down = drawing.begin({ ...at, pressure: 0.5 }, { opposite: false, eraser: false, pen: false });
  }
}
