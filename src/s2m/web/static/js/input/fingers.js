/** Several fingers: two move and zoom; a tap of two undoes, of three redoes. */

/**
 * @import { Point } from "../canvas/viewport.js"
 * @import { PenTarget } from "./pen.js"
 */

const TAP_MS = 350;
const TAP_PX = 12;

export class Fingers {
  /** @param {PenTarget} target */
  constructor(target) {
    this.target = target;
    /** @type {Map<number, Point>} */
    this.at = new Map();
    /** What may become a tap: how many fingers at most, since when, and how far they moved. */
    this.most = 0;
    this.since = 0;
    this.moved = 0;
  }

  /**
   * @param {number} id
   * @param {Point} at
   * @param {number} time
   * @returns {boolean} whether there are several now, so that none of them draws
   */
  down(id, at, time) {
    if (this.at.size === 0) [this.most, this.since, this.moved] = [0, time, 0];
    this.at.set(id, at);
    this.most = Math.max(this.most, this.at.size);
    return this.at.size > 1;
  }

  /**
   * @param {number} id
   * @param {Point} at
   * @returns {boolean} whether the finger is one of several, so that it moves the photograph
   */
  move(id, at) {
    const before = this.at.get(id);
    const other = [...this.at].find(([finger]) => finger !== id)?.[1];
    if (!before || !other) return false;
    this.moved += Math.hypot(at.x - before.x, at.y - before.y);
    this.at.set(id, at);
    if (this.moved < TAP_PX) return true;
    const spread =
      Math.hypot(at.x - other.x, at.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
    this.target.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
    this.target.zoom({ x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 }, spread);
    return true;
  }

  /**
   * @param {number} id
   * @param {number} time
   */
  up(id, time) {
    if (!this.at.delete(id) || this.at.size > 0) return;
    if (this.most > 1 && time - this.since < TAP_MS && this.moved < TAP_PX) this.target.tap(this.most);
    this.most = 0;
  }

  /** A pen came: the hand that holds it lies on the screen, and means nothing. */
  forget() {
    this.at.clear();
    this.most = 0;
  }
}
