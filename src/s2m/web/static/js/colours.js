/** Colours of objects on the screen; the saved picture has its own palette. */

/** Told apart by colour-blind people; those that the session gives to new objects. */
export const OBJECT_COLOURS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#882255"];
export const BACKGROUND_COLOUR = "#e6e6e6";

/**
 * @param {{id: number, colour?: string | null}} object
 * @returns {string} its own colour, or the one of its number
 */
export function colourOf(object) {
  if (object.id === 0) return BACKGROUND_COLOUR;
  return object.colour || OBJECT_COLOURS[(object.id - 1) % OBJECT_COLOURS.length];
}

/**
 * @param {string} colour "#rrggbb"
 * @param {number} alpha 0..1
 */
export function withAlpha(colour, alpha) {
  const value = Number.parseInt(colour.slice(1), 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}
