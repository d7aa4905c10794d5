/** The photograph, from tiles of a pyramid: level 0 is every pixel, each further level half of it. */

const KEPT_TILES = 160;
const SMOOTH_BELOW = 4;

/**
 * @import { OpenImage } from "../state/annotation_store.js"
 * @import { ContrastLimits } from "../state/ui_store.js"
 * @import { Placement } from "./viewport.js"
 *
 * @typedef {{picture: HTMLImageElement, ready: boolean, failed: boolean}} Tile
 */

export class TileLayer {
  /** @param {() => void} onload called when another tile can be drawn */
  constructor(onload) {
    this.onload = onload;
    /** @type {OpenImage | null} */
    this.image = null;
    /** @type {Map<string, Tile>} least recently used first */
    this.tiles = new Map();
    /** @type {ContrastLimits | null} null as the network sees the image */
    this.contrastLimits = null;
    /** @type {Map<string, HTMLImageElement>} tiles of the limits before, drawn until the present ones are there */
    this.before = new Map();
  }

  /**
   * @param {OpenImage} image
   * @param {ContrastLimits | null} limits
   */
  setImage(image, limits) {
    if (this.image && this.image.index === image.index && this.image.stamp === image.stamp) return;
    this.image = image;
    this.contrastLimits = limits;
    this.tiles.clear();
    this.before.clear();
  }

  /** @param {ContrastLimits | null} limits */
  setContrastLimits(limits) {
    if (String(limits) === String(this.contrastLimits)) return;
    for (const [key, tile] of this.tiles) {
      if (tile.ready) this.before.set(key, tile.picture);
      else tile.picture.src = "";
    }
    dropOldest(this.before);
    this.contrastLimits = limits;
    this.tiles.clear();
    this.onload();
  }

  /** Forget tiles that could not be fetched, so that the next drawing asks again. */
  retry() {
    for (const [key, tile] of this.tiles) if (tile.failed) this.tiles.delete(key);
  }

  /**
   * @param {CanvasRenderingContext2D} context in screen pixels times pixelRatio
   * @param {Placement} placement
   * @param {number} pixelRatio
   */
  draw(context, placement, pixelRatio) {
    const image = this.image;
    if (!image) return;
    const ratio = placement.scale * pixelRatio;
    const wanted = Math.min(image.levels - 1, Math.max(0, Math.floor(Math.log2(1 / ratio))));
    context.imageSmoothingEnabled = placement.scale < SMOOTH_BELOW;
    context.imageSmoothingQuality = "high";
    for (let level = image.levels - 1; level >= wanted; level -= 1) {
      const ask = level === wanted || level === image.levels - 1;
      this.#drawLevel(context, placement, pixelRatio, level, ask);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Placement} placement
   * @param {number} pixelRatio
   * @param {number} level
   * @param {boolean} ask whether to fetch tiles that are missing
   */
  #drawLevel(context, placement, pixelRatio, level, ask) {
    const image = /** @type {OpenImage} */ (this.image);
    const side = image.tile_size * 2 ** level;
    const { left, top, right, bottom } = placement.visible;
    for (let row = Math.floor(top / side); row * side < bottom; row += 1) {
      for (let column = Math.floor(left / side); column * side < right; column += 1) {
        const tile = this.#tile(level, column, row, ask);
        const picture = tile?.ready ? tile.picture : this.before.get(`${level}/${column}/${row}`);
        if (!picture) continue;
        const start = placement.toScreen({ x: column * side, y: row * side });
        const end = placement.toScreen({
          x: Math.min(image.width, (column + 1) * side),
          y: Math.min(image.height, (row + 1) * side),
        });
        // Whole device pixels, so that neighbouring tiles meet without a seam.
        const x = Math.round(start.x * pixelRatio);
        const y = Math.round(start.y * pixelRatio);
        context.drawImage(picture, x, y, Math.round(end.x * pixelRatio) - x, Math.round(end.y * pixelRatio) - y);
      }
    }
  }

  /**
   * @param {number} level
   * @param {number} column
   * @param {number} row
   * @param {boolean} ask
   */
  #tile(level, column, row, ask) {
    const image = /** @type {OpenImage} */ (this.image);
    const key = `${level}/${column}/${row}`;
    const known = this.tiles.get(key);
    if (known) {
      this.tiles.delete(key);
      this.tiles.set(key, known);
      return known;
    }
    if (!ask) return undefined;
    const picture = new Image();
    const tile = { picture, ready: false, failed: false };
    picture.decoding = "async";
    picture.onload = () => {
      tile.ready = true;
      if (this.tiles.get(key) === tile) this.before.delete(key);
      if (this.image === image) this.onload();
    };
    picture.onerror = () => {
      tile.failed = true;
    };
    const limits = this.contrastLimits ? `&contrast_limits=${this.contrastLimits.join(",")}` : "";
    picture.src = `api/images/${image.index}/tiles/${key}?stamp=${image.stamp}${limits}`;
    this.tiles.set(key, tile);
    for (const { picture: dropped } of dropOldest(this.tiles)) dropped.src = "";
    return tile;
  }

  /** @returns {boolean} whether tiles are still on their way */
  get waiting() {
    return [...this.tiles.values()].some((tile) => !tile.ready && !tile.failed);
  }

  /** @returns {number} tiles that can be drawn now */
  get readyCount() {
    return [...this.tiles.values()].filter((tile) => tile.ready).length;
  }
}

/**
 * @template T
 * @param {Map<string, T>} kept least recently used first
 * @returns {T[]} what was too many
 */
function dropOldest(kept) {
  const oldest = [...kept].slice(0, Math.max(0, kept.size - KEPT_TILES));
  for (const [key] of oldest) kept.delete(key);
  return oldest.map(([, value]) => value);
}
