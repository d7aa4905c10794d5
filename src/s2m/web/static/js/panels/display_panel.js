/** Sliders and choices of what is shown: the width of strokes, the strength of masks, colours, brightness, contrast. */

import { byId, elementOf } from "../elements.js";

/** @import { Ui, UiStore } from "../state/ui_store.js" */

/** @type {["width" | "opacity" | "brightness" | "contrast", (value: number) => string][]} */
const SLIDERS = [
  ["width", (value) => `${value} px`],
  ["opacity", (value) => `${Math.round(value * 100)} %`],
  ["brightness", (value) => value.toFixed(2)],
  ["contrast", (value) => value.toFixed(2)],
];

/** @param {UiStore} ui */
export function connectDisplayPanel(ui) {
  const colours = elementOf("colours", HTMLSelectElement);
  colours.addEventListener("change", () => ui.set({ colours: /** @type {Ui["colours"]} */ (colours.value) }));
  ui.watch(["colours"], (value) => {
    colours.value = value.colours;
  });
  for (const [name, words] of SLIDERS) {
    const field = elementOf(name, HTMLInputElement);
    field.addEventListener("input", () => ui.set({ [name]: Number(field.value) }));
    ui.watch([name], (value) => {
      field.value = String(value[name]);
      byId(`${name}-value`).textContent = words(value[name]);
    });
  }
}
