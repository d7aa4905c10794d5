/** A round glass beside the pointer, four times as near as the view, with a cross in the middle. */

import { contextOf, elementOf } from "../elements.js";

/**
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Layers } from "./layers.js"
 * @import { Viewport } from "./viewport.js"
 */

const NEARER = 4;
const SIZE = 160;
const BESIDE = 28;

export class Magnifier {
  /**
   * @param {{annotation: AnnotationStore, ui: UiStore, ink: InkStore, layers: Layers, viewport: Viewport}} parts
   */
  constructor({ annotation, ui, ink, layers, viewport }) {
    this.annotation = annotation;
    this.ui = ui;
    this.ink = ink;
    this.layers = layers;
    this.viewport = viewport;
    this.canvas = elementOf("magnifier", HTMLCanvasElement);
    this.context = contextOf(this.canvas);
    layers.afterPicture(() => this.draw());
    ink.watch(["cursor"], () => this.draw());
  }

  draw() {
    const { layers, viewport } = this;
    const at = this.ink.value.cursor;
    this.canvas.hidden = !this.ui.value.magnifier || !at || !this.annotation.value.image;
    if (this.canvas.hidden || !at) return;
    const left = at.x + BESIDE + SIZE > viewport.width ? at.x - BESIDE - SIZE : at.x + BESIDE;
    const top = at.y - BESIDE - SIZE < 0 ? at.y + BESIDE : at.y - BESIDE - SIZE;
    this.canvas.style.transform = `translate(${left}px, ${top}px)`;
    const { context } = this;
    const side = (this.canvas.width / NEARER / 2) * (layers.pixelRatio / (this.canvas.width / SIZE));
    const source = [at.x * layers.pixelRatio - side, at.y * layers.pixelRatio - side, side * 2, side * 2];
    context.imageSmoothingEnabled = false;
    context.fillStyle = "#303030";
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    for (const layer of [layers.canvases.picture, layers.canvases.masks]) {
      context.drawImage(
        layer.canvas,
        source[0],
        source[1],
        source[2],
        source[3],
        0,
        0,
        this.canvas.width,
        this.canvas.height,
      );
    }
    const middle = this.canvas.width / 2;
    context.beginPath();
    context.moveTo(middle - 24, middle);
    context.lineTo(middle + 24, middle);
    context.moveTo(middle, middle - 24);
    context.lineTo(middle, middle + 24);
    context.strokeStyle = "rgba(255, 255, 255, 0.85)";
    context.lineWidth = 2;
    context.stroke();
  }
}
