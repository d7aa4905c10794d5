/** Contrast limits of an image of more than 8 bits, as window (width) and level (middle): what is black, what white. */

import { byId, elementOf } from "../elements.js";

/**
 * @import { TileLayer } from "../canvas/tile_layer.js"
 * @import { ImageDepth } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 */

const FINEST = 1e4;
const TILES_ASKED_AFTER_MS = 60;
const LONGEST_WAIT_MS = 1000;

export class ContrastLimitsPanel {
  /** @param {{annotation: AnnotationStore, ui: UiStore, tiles: TileLayer}} parts */
  constructor({ annotation, ui, tiles }) {
    this.annotation = annotation;
    this.ui = ui;
    this.tiles = tiles;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    for (const id of ["window-range", "level-range"]) byId(id).addEventListener("input", () => this.#takeSliders());
    for (const id of ["window-width", "window-level"]) byId(id).addEventListener("change", () => this.#takeFields());
    ui.watch(["contrastLimits"], () => {
      this.#draw();
      this.timer ??= setTimeout(() => this.#askTiles(performance.now()), TILES_ASKED_AFTER_MS);
    });
    annotation.watch(["image"], () => this.#draw());
  }

  /**
   * Ask for the tiles of the newest limits, once those of the ones before are there: as fast as the server cuts them.
   * @param {number} since when they were wanted
   */
  #askTiles(since) {
    if (this.tiles.waiting && performance.now() - since < LONGEST_WAIT_MS) {
      this.timer = setTimeout(() => this.#askTiles(since), TILES_ASKED_AFTER_MS);
      return;
    }
    this.timer = undefined;
    this.tiles.setContrastLimits(this.ui.value.contrastLimits);
  }

  /** @returns {ImageDepth | null} */
  get #depth() {
    return this.annotation.value.image?.depth ?? null;
  }

  /** For narrow windows a steady hand: the slider of the width goes by factors. */
  #takeSliders() {
    const depth = this.#depth;
    if (!depth) return;
    const span = depth.highest - depth.lowest;
    const width = span * FINEST ** (valueOf("window-range") - 1);
    this.#choose(width, depth.lowest + valueOf("level-range") * span);
  }

  #takeFields() {
    this.#choose(valueOf("window-width"), valueOf("window-level"));
  }

  /**
   * @param {number} width
   * @param {number} level
   */
  #choose(width, level) {
    if (!this.#depth || !Number.isFinite(level) || !(width > 0)) return this.#draw();
    this.ui.set({ contrastLimits: [level - width / 2, level + width / 2] });
  }

  #draw() {
    const depth = this.#depth;
    byId("contrast-limits").hidden = !depth;
    if (!depth) return;
    const [low, high] = this.ui.value.contrastLimits ?? depth.usual;
    const [width, level] = [high - low, (low + high) / 2];
    const span = depth.highest - depth.lowest;
    setSlider("window-range", 1 + Math.log(width / span) / Math.log(FINEST));
    setSlider("level-range", (level - depth.lowest) / span);
    elementOf("window-width", HTMLInputElement).value = readable(width, depth);
    elementOf("window-level", HTMLInputElement).value = readable(level, depth);
  }
}

/** @param {string} id */
function valueOf(id) {
  return Number(elementOf(id, HTMLInputElement).value);
}

/**
 * @param {string} id
 * @param {number} share 0..1
 */
function setSlider(id, share) {
  const slider = elementOf(id, HTMLInputElement);
  // A slider in the hand stays where the hand is.
  if (document.activeElement !== slider) slider.value = String(Math.min(1, Math.max(0, share)));
}

/**
 * @param {number} value
 * @param {ImageDepth} depth
 */
function readable(value, depth) {
  return String(depth.whole ? Math.round(value) : Number(value.toPrecision(4)));
}
