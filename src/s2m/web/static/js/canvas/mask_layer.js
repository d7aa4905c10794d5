/** The masks: vector outlines in image pixels, smooth ones, or along the edges of pixels where these are known. */

import { contextOf } from "../elements.js";
import { withAlpha } from "./palette.js";

const FADE_MS = 70;
const CONTOUR_PX = 1.5;

/**
 * @import { MaskEntry } from "../messages.js"
 * @import { View } from "../state/ui_store.js"
 * @import { PixelPart } from "./exact_pixels.js"
 * @import { Coloured, Palette } from "./palette.js"
 * @import { Point, Viewport } from "./viewport.js"
 *
 * @typedef {{path: Path2D, before: Path2D | null, since: number, key: string}} Shape
 *
 * @typedef {object} Style
 * @property {View} view
 * @property {number} opacity 0..1
 * @property {number[]} active the chosen objects
 * @property {PixelPart | null} pixels drawn in place of the outlines that they belong to
 * @property {number | null} lit the object under the pointer
 * @property {(Coloured & {visible: boolean})[]} objects
 */

export class MaskLayer {
  /** @param {Palette} palette */
  constructor(palette) {
    this.palette = palette;
    /** Draws nothing, and answers where points lie. */
    this.probe = contextOf(document.createElement("canvas"));
    /** @type {Map<number, Shape>} by object id */
    this.shapes = new Map();
    /** @type {Map<string, number[][]>} outlines of answers that came too late, by key: the server sends them once */
    this.late = new Map();
    /** Calmer for people who asked their system for less motion. */
    this.fadeMs = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : FADE_MS;
  }

  clear() {
    this.shapes.clear();
    this.late.clear();
  }

  /**
   * Take an answer: each object's outlines, closed rings of x, y, x, y... in image pixels.
   * @param {MaskEntry[]} masks
   */
  setMasks(masks) {
    const ids = new Set(masks.map((mask) => mask.id));
    for (const id of this.shapes.keys()) if (!ids.has(id)) this.shapes.delete(id);
    for (const { id, key, ...given } of masks) {
      const known = this.shapes.get(id);
      const rings = given.rings ?? this.late.get(key);
      if (known?.key === key || !rings) continue;
      const shape = { path: pathOfRings(rings), before: known?.path ?? null, since: performance.now(), key };
      this.shapes.set(id, shape);
    }
    this.late.clear();
  }

  /**
   * Keep the outlines of an answer that is not shown, because the state has changed since.
   * @param {MaskEntry[]} masks
   */
  keepLate(masks) {
    for (const { key, rings } of masks) if (rings) this.late.set(key, rings);
  }

  /** @returns {boolean} whether an answer is still fading in */
  get fading() {
    const now = performance.now();
    return [...this.shapes.values()].some((shape) => shape.before && now - shape.since < this.fadeMs);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Viewport} viewport
   * @param {number} pixelRatio
   * @param {Style} style
   */
  draw(context, viewport, pixelRatio, style) {
    if (style.view === "image" || style.view === "uncertainty") return;
    const scale = viewport.scale * pixelRatio;
    context.save();
    context.setTransform(scale, 0, 0, scale, viewport.left * pixelRatio, viewport.top * pixelRatio);
    context.beginPath();
    context.rect(0, 0, viewport.imageWidth, viewport.imageHeight);
    context.clip();
    if (style.view === "mask") {
      context.fillStyle = "#000000";
      context.fillRect(0, 0, viewport.imageWidth, viewport.imageHeight);
    }
    for (const object of style.objects) {
      const shape = this.#drawnShape(object.id, style.pixels);
      if (shape && object.visible) this.#drawShape(context, shape, object, style, pixelRatio / scale);
    }
    context.restore();
  }

  /**
   * @param {number} id
   * @param {PixelPart | null} pixels
   * @returns {Shape | null} smooth where a stroke in progress has changed the object, as nothing is saved of that yet
   */
  #drawnShape(id, pixels) {
    const shape = this.shapes.get(id);
    if (!shape || pixels?.keys.get(id) !== shape.key) return shape ?? null;
    const path = pixels.paths.get(id);
    return path ? { ...shape, path, before: null } : null;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Shape} shape
   * @param {Coloured} object
   * @param {Style} style
   * @param {number} pixel image pixels to one screen pixel
   */
  #drawShape(context, shape, object, style, pixel) {
    const colour = this.palette.colourOf(object);
    const active = style.active.includes(object.id);
    const lit = object.id === style.lit;
    const share = this.fadeMs ? Math.min(1, (performance.now() - shape.since) / this.fadeMs) : 1;
    if (style.view === "mask") {
      context.fillStyle = colour;
      context.fill(shape.path, "evenodd");
      return;
    }
    if (style.view === "overlay") {
      const alpha = Math.min(1, style.opacity + (active ? 0.04 : -0.04) + (lit ? 0.2 : 0));
      if (shape.before && share < 1) {
        context.fillStyle = withAlpha(colour, alpha * (1 - share));
        context.fill(shape.before, "evenodd");
      }
      context.fillStyle = withAlpha(colour, shape.before ? alpha * share : alpha);
      context.fill(shape.path, "evenodd");
    }
    context.lineJoin = "round";
    context.strokeStyle = "rgba(0, 0, 0, 0.45)";
    context.lineWidth = (CONTOUR_PX + (active ? 1.9 : 1.4)) * pixel;
    context.stroke(shape.path);
    context.strokeStyle = lit ? "#ffffff" : colour;
    context.lineWidth = (active || lit ? CONTOUR_PX + 0.3 : CONTOUR_PX) * pixel;
    context.stroke(shape.path);
  }

  /**
   * Whether a point of the image is in the mask of an object, as drawn.
   * @param {number} id
   * @param {Point} point image pixels
   */
  contains(id, point) {
    const shape = this.shapes.get(id);
    return shape ? this.probe.isPointInPath(shape.path, point.x, point.y, "evenodd") : false;
  }
}

/**
 * @param {number[][]} rings
 * @returns {Path2D}
 */
export function pathOfRings(rings) {
  const path = new Path2D();
  for (const ring of rings) {
    path.moveTo(ring[0], ring[1]);
    for (let i = 2; i < ring.length; i += 2) path.lineTo(ring[i], ring[i + 1]);
    path.closePath();
  }
  return path;
}
