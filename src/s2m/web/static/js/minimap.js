/** A small photograph with a frame around what is in sight; only while the photograph is larger than the stage. */

import { byId } from "./elements.js";

const WIDTH = 150;
const MOST_HEIGHT = 150;

export class Minimap {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.canvas = /** @type {HTMLCanvasElement} */ (byId("minimap"));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const go = (/** @type {PointerEvent} */ event) => {
      event.stopPropagation();
      if (event.type === "pointermove" && event.buttons === 0) return;
      const box = this.canvas.getBoundingClientRect();
      const share = this.#share;
      app.viewport.centreOn({ x: (event.clientX - box.left) / share, y: (event.clientY - box.top) / share });
    };
    this.canvas.addEventListener("pointerdown", go);
    this.canvas.addEventListener("pointermove", go);
    this.canvas.addEventListener("pointerup", (event) => event.stopPropagation());
  }

  /** Screen pixels of the map to one image pixel. */
  get #share() {
    const { imageWidth, imageHeight } = this.app.viewport;
    return Math.min(WIDTH / imageWidth, MOST_HEIGHT / imageHeight);
  }

  draw() {
    const { viewport, layers } = this.app;
    this.canvas.hidden = !viewport.zoomed || !this.app.doc.value.image;
    if (this.canvas.hidden) return;
    const share = this.#share;
    const ratio = layers.pixelRatio;
    const [width, height] = [viewport.imageWidth * share, viewport.imageHeight * share];
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const map = {
      ...viewport,
      scale: share,
      left: 0,
      top: 0,
      width,
      height,
      toScreen: (/** @type {any} */ p) => ({ x: p.x * share, y: p.y * share }),
      visible: { left: 0, top: 0, right: viewport.imageWidth, bottom: viewport.imageHeight },
    };
    layers.tiles.draw(this.context, /** @type {any} */ (map), ratio);
    const { left, top, right, bottom } = viewport.visible;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const [colour, line] of /** @type {[string, number][]} */ ([
      ["rgba(0, 0, 0, 0.7)", 4],
      ["#ffffff", 1.5],
    ])) {
      this.context.strokeStyle = colour;
      this.context.lineWidth = line;
      this.context.strokeRect(left * share, top * share, (right - left) * share, (bottom - top) * share);
    }
  }
}
