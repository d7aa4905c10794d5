/** Where the image lies on the screen: image pixels in, screen pixels out, and back. */

export const ZOOM_NOTCH = 1.25;
export const MAX_SCALE = 32;

/**
 * @typedef {{x: number, y: number}} Point
 *
 * @typedef {object} Placement where an image lies on a canvas
 * @property {number} scale screen pixels to one image pixel
 * @property {(point: Point) => Point} toScreen
 * @property {{left: number, top: number, right: number, bottom: number}} visible the part in sight, image pixels
 */

export class Viewport {
  constructor() {
    this.imageWidth = 1;
    this.imageHeight = 1;
    this.width = 1;
    this.height = 1;
    /** Screen pixels to one image pixel. */
    this.scale = 1;
    /** Screen position of the image's top left corner. */
    this.left = 0;
    this.top = 0;
    this.fitted = true;
    /** @type {(() => void)[]} */
    this.listeners = [];
  }

  /** @param {() => void} listener called whenever the image lies elsewhere */
  watch(listener) {
    this.listeners.push(listener);
  }

  /**
   * @param {number} width of the image, pixels
   * @param {number} height
   */
  setImage(width, height) {
    this.imageWidth = width;
    this.imageHeight = height;
    this.fit();
  }

  /**
   * @param {number} width of the canvas, screen pixels
   * @param {number} height
   */
  setSize(width, height) {
    const dx = (width - this.width) / 2;
    const dy = (height - this.height) / 2;
    this.width = width;
    this.height = height;
    if (this.fitted) this.fit();
    else this.panBy(dx, dy);
  }

  get fitScale() {
    const margin = Math.min(24, this.width / 20);
    const largest = Math.min(
      (this.width - 2 * margin) / this.imageWidth,
      (this.height - 2 * margin) / this.imageHeight,
    );
    return Math.min(Math.max(largest, 1e-4), 8);
  }

  /** Show the whole image. */
  fit() {
    this.scale = this.fitScale;
    this.left = (this.width - this.imageWidth * this.scale) / 2;
    this.top = (this.height - this.imageHeight * this.scale) / 2;
    this.fitted = true;
    this.#tell();
  }

  /**
   * Zoom so that the image point under a screen point stays there.
   * @param {Point} at screen pixels
   * @param {number} factor
   */
  zoomAt(at, factor) {
    const smallest = Math.min(this.fitScale, 1);
    const scale = Math.min(MAX_SCALE, Math.max(smallest, this.scale * factor));
    const ratio = scale / this.scale;
    this.left = at.x - (at.x - this.left) * ratio;
    this.top = at.y - (at.y - this.top) * ratio;
    this.scale = scale;
    this.fitted = false;
    this.#keepInSight();
    this.#tell();
  }

  /** @param {number} scale screen pixels to one image pixel, about the middle of the canvas */
  zoomTo(scale) {
    this.zoomAt(this.centre, scale / this.scale);
  }

  /**
   * @param {number} dx screen pixels
   * @param {number} dy
   */
  panBy(dx, dy) {
    this.left += dx;
    this.top += dy;
    this.fitted = false;
    this.#keepInSight();
    this.#tell();
  }

  /**
   * Put an image point in the middle of the canvas.
   * @param {Point} point image pixels
   */
  centreOn(point) {
    this.panBy(
      this.width / 2 - (this.left + point.x * this.scale),
      this.height / 2 - (this.top + point.y * this.scale),
    );
  }

  /** @returns {Point} the middle of the canvas, screen pixels */
  get centre() {
    return { x: this.width / 2, y: this.height / 2 };
  }

  /** @returns {boolean} whether part of the image lies outside the canvas */
  get zoomed() {
    return this.imageWidth * this.scale > this.width + 1 || this.imageHeight * this.scale > this.height + 1;
  }

  /**
   * @param {Point} at screen pixels
   * @returns {Point} image pixels
   */
  toImage(at) {
    return { x: (at.x - this.left) / this.scale, y: (at.y - this.top) / this.scale };
  }

  /**
   * @param {Point} point image pixels
   * @returns {Point} screen pixels
   */
  toScreen(point) {
    return { x: this.left + point.x * this.scale, y: this.top + point.y * this.scale };
  }

  /** @returns {{left: number, top: number, right: number, bottom: number}} the part in sight, image pixels */
  get visible() {
    const start = this.toImage({ x: 0, y: 0 });
    const end = this.toImage({ x: this.width, y: this.height });
    return {
      left: Math.max(0, start.x),
      top: Math.max(0, start.y),
      right: Math.min(this.imageWidth, end.x),
      bottom: Math.min(this.imageHeight, end.y),
    };
  }

  /** @returns {{scale: number, left: number, top: number, fitted: boolean}} what to remember of the view */
  get view() {
    return { scale: this.scale, left: this.left, top: this.top, fitted: this.fitted };
  }

  /** At least a quarter of the canvas, or all of a small image, stays on the image. */
  #keepInSight() {
    const keepX = Math.min(this.width / 4, this.imageWidth * this.scale);
    const keepY = Math.min(this.height / 4, this.imageHeight * this.scale);
    this.left = Math.min(this.width - keepX, Math.max(keepX - this.imageWidth * this.scale, this.left));
    this.top = Math.min(this.height - keepY, Math.max(keepY - this.imageHeight * this.scale, this.top));
  }

  #tell() {
    for (const listener of this.listeners) listener();
  }
}
