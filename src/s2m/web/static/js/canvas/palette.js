/** Colours of objects on the screen: told apart by all, or those of the saved file. */

/**
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 *
 * @typedef {{id: number, colour?: string | null}} Coloured an object, perhaps with a colour of its own
 */

export const BACKGROUND_COLOUR = "#e6e6e6";
/** Until the server has said which ones it gives. */
const FIRST_COLOURS = ["#009eff"];

export class Palette {
  /** @param {{project: ProjectStore, ui: UiStore}} parts */
  constructor({ project, ui }) {
    this.project = project;
    this.ui = ui;
  }

  /** @returns {string[]} colours told apart by colour-blind people too */
  get distinct() {
    return this.project.value.project?.palette ?? FIRST_COLOURS;
  }

  /**
   * @param {Coloured} object
   * @returns {string} its own colour, or the one of its number
   */
  colourOf({ id, colour }) {
    if (id === 0) return BACKGROUND_COLOUR;
    const saved = this.project.value.project?.file_palette ?? [];
    if (this.ui.value.colours === "file" && saved.length) return saved[(id - 1) % saved.length];
    return colour || this.distinct[(id - 1) % this.distinct.length];
  }
}

/**
 * @param {string} colour "#rrggbb"
 * @param {number} alpha 0..1
 */
export function withAlpha(colour, alpha) {
  const value = Number.parseInt(colour.slice(1), 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}
