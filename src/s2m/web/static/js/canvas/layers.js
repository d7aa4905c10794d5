/** The three canvases over one another - photograph, masks, ink - each drawn again only when it has changed. */

import { contextOf, elementOf } from "../elements.js";
import { ExactPixels } from "./exact_pixels.js";
import { InkLayer } from "./ink_layer.js";
import { MaskLayer } from "./mask_layer.js";
import { drawPixelGrid } from "./pixel_grid.js";
import { TileLayer } from "./tile_layer.js";
import { UncertaintyLayer } from "./uncertainty_layer.js";

/**
 * @import { MaskEntry } from "../messages.js"
 * @import { AnnotationStore, OpenImage } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { ContrastLimits, UiStore } from "../state/ui_store.js"
 * @import { Palette } from "./palette.js"
 * @import { Viewport } from "./viewport.js"
 *
 * @typedef {"picture" | "masks" | "ink"} LayerName
 *
 * @typedef {object} Parts
 * @property {HTMLElement} stage
 * @property {Viewport} viewport
 * @property {AnnotationStore} annotation
 * @property {UiStore} ui
 * @property {InkStore} ink
 * @property {Palette} palette
 */

export class Layers {
  /** @param {Parts} parts */
  constructor({ stage, viewport, annotation, ui, ink, palette }) {
    this.viewport = viewport;
    this.annotation = annotation;
    this.ui = ui;
    this.ink = ink;
    this.pixelRatio = 1;
    this.canvases = {
      picture: contextOf(elementOf("picture-layer", HTMLCanvasElement)),
      masks: contextOf(elementOf("mask-layer", HTMLCanvasElement)),
      ink: contextOf(elementOf("ink-layer", HTMLCanvasElement), { desynchronized: true }),
    };
    /** @type {Set<LayerName>} */
    this.dirty = new Set();
    this.frame = 0;
    /** @type {(() => void)[]} called once, after the masks are drawn */
    this.onceMasksDrawn = [];
    /** @type {(() => void)[]} called whenever the photograph is drawn */
    this.pictureListeners = [];
    this.tiles = new TileLayer(() => this.redraw("picture"));
    this.uncertainty = new UncertaintyLayer({ annotation, ui, onload: () => this.redraw("picture") });
    this.masks = new MaskLayer(palette);
    this.pixels = new ExactPixels({ annotation, viewport, onload: () => this.redraw("masks") });
    this.inkLayer = new InkLayer({ viewport, annotation, ui, ink, palette });
    this.#watch();
    new ResizeObserver(() => this.#resize(stage)).observe(stage);
    this.#resize(stage);
  }

  #watch() {
    const { annotation, ink, ui, viewport } = this;
    viewport.watch(() => this.redrawAll());
    annotation.watch(["objects", "strokes"], () => this.redraw("masks", "ink"));
    ui.watch(["view", "opacity", "object", "also", "strokesShown", "colours", "bare"], () =>
      this.redraw("masks", "ink"),
    );
    ui.watch(["hovered", "collecting"], () => this.redraw("masks"));
    ui.watch(["sign", "width", "tool", "opposite", "panning"], () => this.redraw("ink"));
    ui.watch(["brightness", "contrast"], ({ brightness, contrast }) => {
      const plain = brightness === 1 && contrast === 1;
      this.canvases.picture.canvas.style.filter = plain ? "" : `brightness(${brightness}) contrast(${contrast})`;
    });
    ink.watch(["cursor", "pending", "foreign", "example", "selected", "busySince", "note"], () => this.redraw("ink"));
  }

  /**
   * @param {OpenImage} image
   * @param {ContrastLimits | null} limits
   */
  showImage(image, limits) {
    this.masks.clear();
    this.pixels.clear();
    this.tiles.setImage(image, limits);
    this.redrawAll();
  }

  /** @param {MaskEntry[]} masks */
  showMasks(masks) {
    this.masks.setMasks(masks);
    this.redraw("masks");
  }

  /** @param {() => void} listener called once, after the masks are on the screen */
  afterMasks(listener) {
    this.onceMasksDrawn.push(listener);
  }

  /** @param {() => void} listener */
  afterPicture(listener) {
    this.pictureListeners.push(listener);
  }

  /** Ask again for what could not be fetched while the server was away. */
  retry() {
    this.tiles.retry();
    this.redrawAll();
  }

  /** @param {LayerName[]} names */
  redraw(...names) {
    for (const name of names) this.dirty.add(name);
    this.frame ||= requestAnimationFrame(() => this.#draw());
  }

  redrawAll() {
    this.redraw("picture", "masks", "ink");
  }

  /** @param {HTMLElement} stage */
  #resize(stage) {
    this.pixelRatio = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = stage;
    for (const { canvas } of Object.values(this.canvases)) {
      canvas.width = Math.max(1, Math.round(width * this.pixelRatio));
      canvas.height = Math.max(1, Math.round(height * this.pixelRatio));
    }
    this.viewport.setSize(Math.max(1, width), Math.max(1, height));
    this.redrawAll();
  }

  #draw() {
    this.frame = 0;
    const dirty = this.dirty;
    this.dirty = new Set();
    if (dirty.has("picture")) this.#drawPicture();
    if (dirty.has("masks")) this.#drawMasks();
    if (dirty.has("ink")) this.#drawInk();
  }

  #drawPicture() {
    const context = cleared(this.canvases.picture);
    if (!this.annotation.value.image) return;
    this.tiles.draw(context, this.viewport, this.pixelRatio);
    this.uncertainty.draw(context, this.viewport, this.pixelRatio);
    drawPixelGrid(context, this.viewport, this.pixelRatio);
    for (const listener of this.pictureListeners) listener();
  }

  #drawMasks() {
    const context = cleared(this.canvases.masks);
    const { view, opacity, bare } = this.ui.value;
    const shown = { objects: this.#objectsShown(), pixels: this.pixels.inSight };
    const style = { view, opacity, active: this.ui.chosen, lit: this.#lit, ...shown };
    if (!bare) this.masks.draw(context, this.viewport, this.pixelRatio, style);
    if (this.masks.fading) this.redraw("masks");
    for (const listener of this.onceMasksDrawn.splice(0)) listener();
  }

  /** The object under the pointer: in the list, or in the photograph where a click would choose it. */
  get #lit() {
    const { hovered, tool, collecting } = this.ui.value;
    return this.ink.value.cursor === null || tool === "select" || collecting ? hovered : null;
  }

  /** The objects of the annotation, and the chosen one even while it is only being drawn. */
  #objectsShown() {
    const { objects } = this.annotation.value;
    const chosen = this.ui.value.object;
    if (chosen === 0 || this.annotation.object(chosen)) return objects;
    return [...objects, { id: chosen, colour: null, visible: true }];
  }

  #drawInk() {
    const context = cleared(this.canvases.ink);
    if (!this.ui.value.bare) this.inkLayer.draw(context, this.pixelRatio);
    // The arc about the cursor turns.
    if (this.inkLayer.turning) this.redraw("ink");
  }
}

/** @param {CanvasRenderingContext2D} context */
function cleared(context) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  return context;
}
