/** The photograph, from tiles of a pyramid: level 0 is every pixel, each further level half of it. */

const KEPT_TILES = 160;
const SMOOTH_BELOW = 4;

/**
 * @typedef {{index: number, name: string, width: number, height: number, tile_size: number, levels: number,
 *   stamp: string, depth: import("./window_panel.js").Depth | null,
 *   example: number[] | null}} ImageInfo example: a stroke to trace on the first visit
 */

export class TileLayer {
  /** @param {() => void} onload called when another tile can be drawn */
  constructor(onload) {
    this.onload = onload;
    /** @type {ImageInfo | null} */
    this.image = null;
    /** @type {Map<string, {picture: HTMLImageElement, ready: boolean, failed: boolean}>} least recently used first */
    this.tiles = new Map();
    /** @type {import("./window_panel.js").ValueWindow | null} through which values are seen; null as the network does */
    this.window = null;
    /** @type {Map<string, HTMLImageElement>} tiles of windows before, drawn until those of the present one are there */
    this.before = new Map();
  }

  /**
   * @param {ImageInfo} image
   * @param {import("./window_panel.js").ValueWindow | null} window
   */
  setImage(image, window) {
    if (this.image && this.image.index === image.index && this.image.stamp === image.stamp) return;
    this.image = image;
    this.window = window;
    this.tiles.clear();
    this.before.clear();
  }

  /** @param {import("./window_panel.js").ValueWindow | null} window */
  setWindow(window) {
    if (String(window) === String(this.window)) return;
    for (const [key, tile] of this.tiles) {
      if (tile.ready) this.before.set(key, tile.picture);
      else tile.picture.src = "";
    }
    while (this.before.size > KEPT_TILES) this.before.delete(/** @type {string} */ (this.before.keys().next().value));
    this.window = window;
    this.tiles.clear();
    this.onload();
  }

  /** Forget tiles that could not be fetched, so that the next drawing asks again. */
  retry() {
    for (const [key, tile] of this.tiles) if (tile.failed) this.tiles.delete(key);
  }

  /**
   * @param {CanvasRenderingContext2D} context in screen pixels times pixelRatio
   * @param {import("./viewport.js").Viewport} viewport
   * @param {number} pixelRatio
   */
  draw(context, viewport, pixelRatio) {
    const image = this.image;
    if (!image) return;
    const ratio = viewport.scale * pixelRatio;
    const wanted = Math.min(image.levels - 1, Math.max(0, Math.floor(Math.log2(1 / ratio))));
    context.imageSmoothingEnabled = viewport.scale < SMOOTH_BELOW;
    context.imageSmoothingQuality = "high";
    for (let level = image.levels - 1; level >= wanted; level -= 1) {
      const ask = level === wanted || level === image.levels - 1;
      this.#drawLevel(context, viewport, pixelRatio, level, ask);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./viewport.js").Viewport} viewport
   * @param {number} pixelRatio
   * @param {number} level
   * @param {boolean} ask whether to fetch tiles that are missing
   */
  #drawLevel(context, viewport, pixelRatio, level, ask) {
    const image = /** @type {ImageInfo} */ (this.image);
    const side = image.tile_size * 2 ** level;
    const { left, top, right, bottom } = viewport.visible;
    for (let row = Math.floor(top / side); row * side < bottom; row += 1) {
      for (let column = Math.floor(left / side); column * side < right; column += 1) {
        const tile = this.#tile(level, column, row, ask);
        const picture = tile?.ready ? tile.picture : this.before.get(`${level}/${column}/${row}`);
        if (!picture) continue;
        const start = viewport.toScreen({ x: column * side, y: row * side });
        const end = viewport.toScreen({
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
    const image = /** @type {ImageInfo} */ (this.image);
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
    const window = this.window ? `&contrast_limits=${this.window.join(",")}` : "";
    picture.src = `api/images/${image.index}/tiles/${key}?stamp=${image.stamp}${window}`;
    this.tiles.set(key, tile);
    while (this.tiles.size > KEPT_TILES) {
      const [oldest, { picture: dropped }] = /** @type {any} */ (this.tiles.entries().next().value);
      dropped.src = "";
      this.tiles.delete(oldest);
    }
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
