/** Tells the server what part of an image is shown, and how, so that it is shown the same way next time. */

/**
 * @import { Viewport } from "../canvas/viewport.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Connection } from "./connection.js"
 */

const KEPT_AFTER_MS = 400;

export class LastView {
  /** @param {{annotation: AnnotationStore, ui: UiStore, viewport: Viewport, connection: Connection}} parts */
  constructor({ annotation, ui, viewport, connection }) {
    this.annotation = annotation;
    this.ui = ui;
    this.viewport = viewport;
    this.connection = connection;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    viewport.watch(() => this.#keepSoon());
    ui.watch(["object", "contrastLimits"], () => this.#keepSoon());
  }

  #keepSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#keep(), KEPT_AFTER_MS);
  }

  #keep() {
    const { image, opening } = this.annotation.value;
    if (!image || opening) return;
    const { viewport } = this;
    const centre = viewport.toImage(viewport.centre);
    this.connection.send({
      type: "view",
      image: image.name,
      zoom: viewport.scale,
      centre_xy: [centre.x, centre.y],
      fitted: viewport.fitted,
      selected_object_id: this.ui.value.object,
      contrast_limits: this.ui.value.contrastLimits,
    });
  }
}
