/** What the user has chosen in the page: the tool and its settings, the object, and what is shown how. */

import { Store, remember } from "./store.js";

/**
 * @typedef {"stroke" | "box" | "lasso" | "brush" | "eraser" | "select" | "hand"} Tool
 * @typedef {"positive" | "negative"} Sign
 * @typedef {"overlay" | "contour" | "mask" | "image" | "uncertainty"} View
 * @typedef {[number, number]} ContrastLimits the values shown as black and as white
 *
 * @typedef {object} Ui
 * @property {Tool} tool
 * @property {Sign} sign of strokes
 * @property {boolean} opposite whether the stroke being drawn has the other sign
 * @property {number} width of strokes, screen pixels
 * @property {number} object the chosen one; 0 for the background
 * @property {number | null} renaming the object whose name is being typed
 * @property {View} view
 * @property {number} opacity of masks, 0..1
 * @property {"told-apart" | "file"} colours of objects
 * @property {boolean} strokesShown
 * @property {number} brightness a factor
 * @property {number} contrast a factor
 * @property {ContrastLimits | null} contrastLimits null as the network sees the image
 * @property {"dark" | "light"} theme
 * @property {boolean} panels whether they are shown
 * @property {boolean} folderShown
 * @property {boolean} magnifier
 * @property {boolean} panning whether Space is held
 * @property {boolean} collecting whether Ctrl is held, so that strokes wait to be answered together
 */

const VIEWS = /** @type {View[]} */ (["overlay", "contour", "mask", "image", "uncertainty"]);
const WIDTHS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60];
const REMEMBERED = /** @type {(keyof Ui)[]} */ (
  "tool width opacity colours strokesShown theme panels folderShown".split(" ")
);

/** @extends {Store<Ui>} */
export class UiStore extends Store {
  constructor() {
    super({
      tool: "stroke",
      sign: "positive",
      opposite: false,
      width: 6,
      object: 1,
      renaming: null,
      view: "overlay",
      opacity: 0.4,
      colours: "told-apart",
      strokesShown: true,
      brightness: 1,
      contrast: 1,
      contrastLimits: null,
      theme: "dark",
      panels: true,
      folderShown: true,
      magnifier: false,
      panning: false,
      collecting: false,
    });
    remember(this, REMEMBERED, "s2m");
    // One comes back to draw.
    if (this.value.tool === "hand" || this.value.tool === "select") this.set({ tool: "stroke" });
  }

  switchSign() {
    this.set({ sign: otherSign(this.value.sign) });
  }

  /** @param {number} by steps */
  changeWidth(by) {
    const { width } = this.value;
    const next = by > 0 ? WIDTHS.find((each) => each > width) : WIDTHS.findLast((each) => each < width);
    if (next) this.set({ width: next });
  }

  /** @param {number} by */
  changeOpacity(by) {
    this.set({ opacity: Math.round(Math.min(1, Math.max(0, this.value.opacity + by)) * 100) / 100 });
  }

  /** @param {"panels" | "folderShown" | "magnifier" | "strokesShown"} what */
  toggle(what) {
    this.set({ [what]: !this.value[what] });
  }

  toggleTheme() {
    this.set({ theme: this.value.theme === "dark" ? "light" : "dark" });
  }

  toggleColours() {
    this.set({ colours: this.value.colours === "file" ? "told-apart" : "file" });
  }

  toggleMaskView() {
    this.set({ view: this.value.view === "mask" ? "overlay" : "mask" });
  }

  nextView() {
    this.set({ view: VIEWS[(VIEWS.indexOf(this.value.view) + 1) % VIEWS.length] });
  }

  resetDisplay() {
    this.set({ brightness: 1, contrast: 1, contrastLimits: null });
  }
}

/**
 * @param {Sign} sign
 * @returns {Sign}
 */
export function otherSign(sign) {
  return sign === "positive" ? "negative" : "positive";
}
