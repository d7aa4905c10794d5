/** How long from the pen to the mask on the screen: one "stroke to mask" measure for each answer that was shown. */

export const MEASURE = "stroke to mask";
const KEPT = 512;

export class Latency {
  constructor() {
    /** @type {{key: string, points: number, time: number}[]} */
    this.waiting = [];
  }

  /**
   * Points of a stroke went to the server.
   * @param {string} key
   * @param {number} points so far
   */
  asked(key, points) {
    this.waiting.push({ key, points, time: performance.now() });
    if (this.waiting.length > KEPT) this.waiting.shift();
  }

  /**
   * The answer to so many points of a stroke is on the screen.
   * @param {string} key
   * @param {number} points
   */
  shown(key, points) {
    const asked = this.waiting.findLast((each) => each.key === key && each.points <= points);
    if (!asked) return;
    this.waiting = this.waiting.filter((each) => each.key !== key || each.points > points);
    performance.measure(MEASURE, { start: asked.time, end: performance.now() });
    const entries = performance.getEntriesByName(MEASURE);
    if (entries.length > KEPT) performance.clearMeasures(MEASURE);
  }
}
