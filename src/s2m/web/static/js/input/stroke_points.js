/** Points of strokes as the page has them, x, y, x, y..., and as messages bring them, [x, y], [x, y]... */

/** @typedef {[number, number]} PointXY image pixels */

/**
 * @param {number[]} flat
 * @returns {PointXY[]}
 */
export function pairsOf(flat) {
  /** @type {PointXY[]} */
  const points = [];
  for (let i = 0; i < flat.length; i += 2) points.push([flat[i], flat[i + 1]]);
  return points;
}

/**
 * Two opposite corners.
 * @param {number[]} box its four corners, as ``boxFrom`` makes them
 * @returns {PointXY[]}
 */
export function cornersOf(box) {
  return [
    [box[0], box[1]],
    [box[4], box[5]],
  ];
}

/** @param {number} value to two digits */
export function rounded(value) {
  return Math.round(value * 100) / 100;
}

/** A key that no other stroke has. */
export function newStrokeKey() {
  return [...crypto.getRandomValues(new Uint32Array(3))].map((part) => part.toString(36)).join("");
}
