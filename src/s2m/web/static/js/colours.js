/** Colours of objects on the screen; the saved picture has its own palette. */

/** Told apart by colour-blind people; the server says them once it is there. @type {string[]} */
export const OBJECT_COLOURS = ["#009eff"];
/** Those of the saved picture, by object id from 1 on. @type {string[]} */
let fileColours = [];
let chosen = "told-apart";
export const BACKGROUND_COLOUR = "#e6e6e6";

/**
 * @param {{id: number, colour?: string | null}} object
 * @returns {string} its own colour, or the one of its number
 */
export function colourOf(object) {
  if (object.id === 0) return BACKGROUND_COLOUR;
  if (chosen === "file" && fileColours.length) return fileColours[(object.id - 1) % fileColours.length];
  return object.colour || OBJECT_COLOURS[(object.id - 1) % OBJECT_COLOURS.length];
}

/** @param {string[]} colours of the saved picture */
export function setFileColours(colours) {
  fileColours = colours;
}

/** @param {"told-apart" | "file"} which */
export function chooseColours(which) {
  chosen = which;
}

/**
 * @param {string} colour "#rrggbb"
 * @param {number} alpha 0..1
 */
export function withAlpha(colour, alpha) {
  const value = Number.parseInt(colour.slice(1), 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}
