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
 * @property {number} width of the exact brush and eraser, image pixels
 * @property {number} object the chosen one; 0 for the background
 * @property {number[]} also further objects that are chosen together with it
 * @property {number | null} hovered the object under the pointer, in the photograph or in the list
 * @property {string} nextClass of the next object; empty for none
 * @property {string[]} recentClasses the one used last first
 * @property {boolean} bare whether the photograph alone is shown, while a key is held
 * @property {number} sideWidth of the panels, screen pixels
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
const WIDTHS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 64, 80, 100, 120, 160, 200];
export const WIDEST = 200;
const REMEMBERED = /** @type {(keyof Ui)[]} */ (
  "tool width opacity colours strokesShown theme panels folderShown sideWidth".split(" ")
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
      also: [],
      hovered: null,
      nextClass: "",
      recentClasses: [],
      bare: false,
      sideWidth: 232,
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

  /** @param {Partial<Ui>} patch another chosen object alone is no longer chosen together with others */
  set(patch) {
    super.set("object" in patch && !("also" in patch) ? { ...patch, also: [] } : patch);
  }

  /** @returns {number[]} all chosen objects, the one that is drawn first */
  get chosen() {
    return [this.value.object, ...this.value.also];
  }

  /**
   * @param {number} id
   * @param {boolean} [more] together with those chosen before; or no longer, where it was
   */
  choose(id, more = false) {
    const others = this.chosen.filter((each) => each !== id && each > 0);
    if (!more || id === 0 || others.length === 0) return this.set({ object: id });
    const isChosen = this.chosen.includes(id);
    if (isChosen) this.set({ object: others[0], also: others.slice(1) });
    else this.set({ object: id, also: others });
  }

  /** @param {number[]} ids the chosen one among them stays first */
  chooseAll(ids) {
    const first = ids.includes(this.value.object) ? this.value.object : ids[0];
    this.set({ object: first, also: ids.filter((id) => id !== first) });
  }

  /** @returns {boolean} whether the chosen tool has a width: that of strokes means nothing to the network */
  get hasWidth() {
    return this.value.tool === "brush" || this.value.tool === "eraser";
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

  /** @param {number} by image pixels */
  widen(by) {
    this.set({ width: Math.round(Math.min(WIDEST, Math.max(1, this.value.width + by)) * 10) / 10 });
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
