/** Where the network is uncertain, as a picture over the photograph; fetched only while it is shown. */

/**
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Viewport } from "./viewport.js"
 */

export class UncertaintyLayer {
  /** @param {{annotation: AnnotationStore, ui: UiStore, onload: () => void}} parts */
  constructor({ annotation, ui, onload }) {
    this.annotation = annotation;
    this.ui = ui;
    this.onload = onload;
    this.address = "";
    /** @type {HTMLImageElement | null} */
    this.picture = null;
    ui.watch(["view"], () => this.refresh());
  }

  /** @returns {boolean} whether there is a picture to draw */
  get complete() {
    return this.picture?.complete ?? false;
  }

  /** Fetch the picture anew where the masks have changed. */
  refresh() {
    this.onload();
    const { image, number } = this.annotation.value;
    if (this.ui.value.view !== "uncertainty" || !image) return;
    const address = `api/images/${image.index}/uncertainty?number=${number}`;
    if (address === this.address) return;
    this.address = address;
    const picture = new Image();
    picture.onload = () => {
      this.picture = picture;
      this.onload();
    };
    picture.src = address;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Viewport} viewport
   * @param {number} pixelRatio
   */
  draw(context, viewport, pixelRatio) {
    if (!this.picture?.complete || this.ui.value.view !== "uncertainty") return;
    const scale = viewport.scale * pixelRatio;
    const [left, top] = [viewport.left * pixelRatio, viewport.top * pixelRatio];
    context.imageSmoothingEnabled = true;
    context.drawImage(this.picture, left, top, viewport.imageWidth * scale, viewport.imageHeight * scale);
  }
}
