/** A small photograph with a frame around what is in sight; only while the photograph is larger than the stage. */

import { contextOf, elementOf } from "../elements.js";

/**
 * @import { Layers } from "./layers.js"
 * @import { Point, Viewport } from "./viewport.js"
 */

const WIDTH = 150;
const MOST_HEIGHT = 150;

export class Minimap {
  /** @param {{layers: Layers, viewport: Viewport}} parts */
  constructor({ layers, viewport }) {
    this.layers = layers;
    this.viewport = viewport;
    this.canvas = elementOf("minimap", HTMLCanvasElement);
    this.context = contextOf(this.canvas);
    this.canvas.addEventListener("pointerdown", (event) => this.#go(event));
    this.canvas.addEventListener("pointermove", (event) => this.#go(event));
    this.canvas.addEventListener("pointerup", (event) => event.stopPropagation());
    layers.afterPicture(() => this.draw());
  }

  /** @param {PointerEvent} event the photograph follows the pointer */
  #go(event) {
    event.stopPropagation();
    if (event.type === "pointermove" && event.buttons === 0) return;
    const box = this.canvas.getBoundingClientRect();
    const scale = this.#scale;
    this.viewport.centreOn({ x: (event.clientX - box.left) / scale, y: (event.clientY - box.top) / scale });
  }

  /** Screen pixels of the map to one image pixel. */
  get #scale() {
    const { imageWidth, imageHeight } = this.viewport;
    return Math.min(WIDTH / imageWidth, MOST_HEIGHT / imageHeight);
  }

  draw() {
    const { viewport } = this;
    this.canvas.hidden = !viewport.zoomed;
    if (this.canvas.hidden) return;
    const scale = this.#scale;
    const ratio = this.layers.pixelRatio;
    const [width, height] = [viewport.imageWidth * scale, viewport.imageHeight * scale];
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const toScreen = (/** @type {Point} */ point) => ({ x: point.x * scale, y: point.y * scale });
    const whole = { left: 0, top: 0, right: viewport.imageWidth, bottom: viewport.imageHeight };
    this.layers.tiles.draw(this.context, { scale, toScreen, visible: whole }, ratio);
    this.#drawFrame(scale, ratio);
  }

  /**
   * @param {number} scale
   * @param {number} ratio
   */
  #drawFrame(scale, ratio) {
    const { left, top, right, bottom } = this.viewport.visible;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const { colour, width } of [
      { colour: "rgba(0, 0, 0, 0.7)", width: 4 },
      { colour: "#ffffff", width: 1.5 },
    ]) {
      this.context.strokeStyle = colour;
      this.context.lineWidth = width;
      this.context.strokeRect(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
    }
  }
}
