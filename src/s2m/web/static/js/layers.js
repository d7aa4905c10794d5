/** The three canvases over one another - photograph, masks, ink - each drawn again only when it has changed. */

import { colourOf } from "./colours.js";
import { drawCursor } from "./cursor.js";
import { drawExample, drawStroke } from "./ink.js";
import { MaskLayer } from "./mask_layer.js";
import { TileLayer } from "./tiles.js";

const GRID_FROM_SCALE = 12;
const BUSY_SHOWN_AFTER_MS = 120;

/** @typedef {"picture" | "masks" | "ink"} LayerName */

export class Layers {
  /**
   * @param {HTMLElement} stage
   * @param {import("./viewport.js").Viewport} viewport
   * @param {import("./document.js").ImageDocument} doc
   * @param {import("./store.js").Store<any>} ui
   */
  constructor(stage, viewport, doc, ui) {
    this.viewport = viewport;
    this.doc = doc;
    this.ui = ui;
    this.tiles = new TileLayer(() => this.redraw("picture"));
    this.masks = new MaskLayer();
    /** @type {HTMLImageElement | null} a picture of doubt, over the photograph */
    this.uncertainty = null;
    /** @type {import("./viewport.js").Point | null} */
    this.cursor = null;
    /** @type {import("./ink.js").DrawnStroke[]} drawn here, not yet known to the server */
    this.pending = [];
    /** @type {import("./ink.js").DrawnStroke | null} drawn in another page */
    this.foreign = null;
    /** @type {number[] | null} a stroke to trace on the first visit, x, y, x, y... in image pixels */
    this.example = null;
    /** @type {string | null} */
    this.selectedStroke = null;
    /** When the answer that is due was asked for, or 0. */
    this.busySince = 0;
    /** @type {(() => void)[]} called after the masks are drawn */
    this.afterMasks = [];
    this.afterPicture = () => {};
    this.canvases = {
      picture: canvasContext("picture-layer"),
      masks: canvasContext("mask-layer"),
      ink: canvasContext("ink-layer"),
    };
    /** @type {Set<LayerName>} */
    this.dirty = new Set();
    this.frame = 0;
    new ResizeObserver(() => this.#resize(stage)).observe(stage);
    this.#resize(stage);
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
    for (const context of Object.values(this.canvases)) {
      context.canvas.width = Math.max(1, Math.round(width * this.pixelRatio));
      context.canvas.height = Math.max(1, Math.round(height * this.pixelRatio));
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
    if (!this.doc.value.image) return;
    this.tiles.draw(context, this.viewport, this.pixelRatio);
    if (this.uncertainty?.complete && this.ui.value.view === "uncertainty") this.#drawUncertainty(context);
    if (this.viewport.scale >= GRID_FROM_SCALE) this.#drawGrid(context);
    this.afterPicture();
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawUncertainty(context) {
    const { viewport, pixelRatio } = this;
    context.imageSmoothingEnabled = true;
    context.drawImage(
      /** @type {HTMLImageElement} */ (this.uncertainty),
      viewport.left * pixelRatio,
      viewport.top * pixelRatio,
      viewport.imageWidth * viewport.scale * pixelRatio,
      viewport.imageHeight * viewport.scale * pixelRatio,
    );
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawGrid(context) {
    const { viewport, pixelRatio } = this;
    const { left, top, right, bottom } = viewport.visible;
    context.beginPath();
    for (let x = Math.ceil(left); x <= right; x += 1) {
      const at = Math.round((viewport.left + x * viewport.scale) * pixelRatio) + 0.5;
      context.moveTo(at, (viewport.top + top * viewport.scale) * pixelRatio);
      context.lineTo(at, (viewport.top + bottom * viewport.scale) * pixelRatio);
    }
    for (let y = Math.ceil(top); y <= bottom; y += 1) {
      const at = Math.round((viewport.top + y * viewport.scale) * pixelRatio) + 0.5;
      context.moveTo((viewport.left + left * viewport.scale) * pixelRatio, at);
      context.lineTo((viewport.left + right * viewport.scale) * pixelRatio, at);
    }
    context.strokeStyle = "rgba(128, 128, 128, 0.45)";
    context.lineWidth = 1;
    context.stroke();
  }

  #drawMasks() {
    const context = cleared(this.canvases.masks);
    const { view, opacity, object } = this.ui.value;
    this.masks.draw(context, this.viewport, this.pixelRatio, {
      view,
      opacity,
      active: object,
      objects: this.objectsShown(),
    });
    if (this.masks.fading) this.redraw("masks");
    const told = this.afterMasks;
    this.afterMasks = [];
    for (const tell of told) tell();
  }

  /** The objects of the document, and the chosen one even while it is only being drawn. */
  objectsShown() {
    const { objects } = this.doc.value;
    const chosen = this.ui.value.object;
    if (chosen === 0 || objects.some((each) => each.id === chosen)) return objects;
    return [...objects, { id: chosen, colour: null, visible: true }];
  }

  #drawInk() {
    const context = cleared(this.canvases.ink);
    const { strokes, objects } = this.doc.value;
    const { view, strokesShown } = this.ui.value;
    const looks = new Map(objects.map((object) => [object.id, object]));
    const all = [...strokes, ...this.pending, ...(this.foreign ? [this.foreign] : [])];
    const drawing = new Set(this.pending);
    if (this.example && strokes.length === 0) drawExample(context, this.viewport, this.pixelRatio, this.example);
    for (const stroke of all) {
      const object = looks.get(stroke.object_id);
      const hidden = object && !object.visible;
      if (!stroke.points || hidden || ((view === "mask" || view === "image" || !strokesShown) && !drawing.has(stroke)))
        continue;
      const alpha = stroke.committed ? 0.3 : 0.9;
      drawStroke(context, this.viewport, this.pixelRatio, stroke, {
        alpha,
        selected: stroke.id === this.selectedStroke,
        colour: object?.colour,
      });
    }
    if (this.cursor) this.#drawCursor(context);
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawCursor(context) {
    const { tool, sign, width, object, panning, opposite } = this.ui.value;
    if (panning || tool === "hand" || tool === "select") return;
    const busy = this.busySince > 0 && performance.now() - this.busySince > BUSY_SHOWN_AFTER_MS;
    const shown = this.doc.object(object) ?? { id: object, colour: null };
    drawCursor(context, this.pixelRatio, {
      at: /** @type {import("./viewport.js").Point} */ (this.cursor),
      width,
      tool,
      sign: opposite ? (sign === "positive" ? "negative" : "positive") : tool === "eraser" ? "negative" : sign,
      object: { ...shown, colour: colourOf(shown) },
      busy,
      idle: !this.doc.value.editor,
    });
    if (this.busySince > 0) this.redraw("ink");
  }
}

/** @param {string} id */
function canvasContext(id) {
  const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById(id));
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { desynchronized: id === "ink-layer" }));
}

/** @param {CanvasRenderingContext2D} context */
function cleared(context) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  return context;
}
