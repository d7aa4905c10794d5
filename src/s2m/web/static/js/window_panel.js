/** Window and level of an image of more than 8 bits: which of its values are shown as black and as white. */

import { byId } from "./elements.js";

/**
 * @typedef {[number, number]} ValueWindow the values shown as black and as white
 * @typedef {{lowest: number, highest: number, whole: boolean, usual: ValueWindow, tight: ValueWindow}} Depth
 */

const FINEST = 1e4;
const TILES_ASKED_AFTER_MS = 60;
const LONGEST_WAIT_MS = 1000;

export class WindowPanel {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    // A steady hand for narrow windows: the slider of the width goes by factors.
    const slid = () =>
      this.#choose(
        this.#span * FINEST ** (valueOf("window-range") - 1),
        this.#lowest + valueOf("level-range") * this.#span,
      );
    for (const id of ["window-range", "level-range"]) byId(id).addEventListener("input", slid);
    for (const id of ["window-width", "window-level"]) {
      byId(id).addEventListener("change", () => this.#choose(valueOf("window-width"), valueOf("window-level")));
    }
    app.ui.watch(["window"], () => {
      this.show();
      this.timer ??= setTimeout(() => this.#askTiles(performance.now()), TILES_ASKED_AFTER_MS);
    });
    app.doc.watch(["image"], () => this.show());
  }

  /**
   * Ask for the tiles of the newest window, once those of the one before are there: as fast as the server cuts them.
   * @param {number} since when they were wanted
   */
  #askTiles(since) {
    const { tiles } = this.app.layers;
    if (tiles.waiting && performance.now() - since < LONGEST_WAIT_MS) {
      this.timer = setTimeout(() => this.#askTiles(since), TILES_ASKED_AFTER_MS);
      return;
    }
    this.timer = undefined;
    tiles.setWindow(this.app.ui.value.window);
  }

  /** @returns {Depth | null} */
  get depth() {
    return this.app.doc.value.image?.depth ?? null;
  }

  get #lowest() {
    return this.depth?.lowest ?? 0;
  }

  get #span() {
    return this.depth ? this.depth.highest - this.depth.lowest : 1;
  }

  /**
   * @param {number} width
   * @param {number} level
   */
  #choose(width, level) {
    if (!this.depth || !Number.isFinite(level) || !(width > 0)) return this.show();
    this.app.chooseWindow([level - width / 2, level + width / 2]);
  }

  show() {
    const { depth } = this;
    byId("window-panel").hidden = !depth;
    if (!depth) return;
    const [low, high] = this.app.ui.value.window ?? depth.usual;
    const [width, level] = [high - low, (low + high) / 2];
    setSlider("window-range", 1 + Math.log(width / this.#span) / Math.log(FINEST));
    setSlider("level-range", (level - depth.lowest) / this.#span);
    setField("window-width", readable(width, depth));
    setField("window-level", readable(level, depth));
  }
}

/** @param {string} id */
function valueOf(id) {
  return Number(/** @type {HTMLInputElement} */ (byId(id)).value);
}

/**
 * @param {string} id
 * @param {number} share 0..1
 */
function setSlider(id, share) {
  const slider = /** @type {HTMLInputElement} */ (byId(id));
  // A slider in the hand stays where the hand is.
  if (document.activeElement !== slider) slider.value = String(Math.min(1, Math.max(0, share)));
}

/**
 * @param {string} id
 * @param {number} value
 */
function setField(id, value) {
  const field = /** @type {HTMLInputElement} */ (byId(id));
  field.value = String(value);
}

/**
 * @param {number} value
 * @param {Depth} depth
 */
function readable(value, depth) {
  return depth.whole ? Math.round(value) : Number(value.toPrecision(4));
}
