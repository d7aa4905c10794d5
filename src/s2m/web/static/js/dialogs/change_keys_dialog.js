/** The dialog in which keys are changed: all as in another tool, or one by one. */

import { make, makeButton } from "../elements.js";
import { nameOfKey } from "../input/key_names.js";
import { PRESETS } from "../input/key_presets.js";
import { lineOf, openDialog } from "./dialog.js";

/**
 * @import { Actions } from "../commands/actions.js"
 * @import { KeyBindings } from "../input/key_bindings.js"
 */

/** @param {{actions: Actions, keys: KeyBindings}} parts */
export function showChangeKeys(parts) {
  const { actions, keys } = parts;
  const choose = (/** @type {string} */ preset) => {
    keys.choose(preset, {});
    showChangeKeys(parts);
  };
  const options = Object.entries(PRESETS).map(([name, { title }]) =>
    make("option", { value: name, text: `Keys as in ${title}`, selected: name === keys.value.preset }),
  );
  const presets = make("select", { "aria-label": "Preset" }, options);
  presets.addEventListener("change", () => choose(presets.value));
  const back = makeButton({
    class: "small-button",
    text: "All as in the preset",
    onclick: () => choose(keys.value.preset),
  });
  const lines = actions.entries.map(([name, { title }]) => {
    const key = keys.keyOf(name) || "none";
    const button = makeButton({ class: "small-button", text: key, "aria-label": `Key of ${title}: ${key}` });
    button.addEventListener("click", () => listenForKey(name, button, parts));
    return lineOf(title, button);
  });
  openDialog("Change keys", [
    make("div", { class: "row" }, [presets, back]),
    make("p", { class: "help", text: "Click a key and press the new one; Esc leaves it, Delete removes it." }),
    ...lines,
  ]);
}

/**
 * @param {string} name of an action
 * @param {HTMLButtonElement} button
 * @param {{actions: Actions, keys: KeyBindings}} parts
 */
function listenForKey(name, button, parts) {
  button.textContent = "press a key";
  const take = (/** @type {KeyboardEvent} */ event) => {
    if (["Control", "Shift", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    button.removeEventListener("keydown", take);
    if (event.key !== "Escape") parts.keys.setKey(name, event.key === "Delete" ? null : nameOfKey(event));
    showChangeKeys(parts);
  };
  button.addEventListener("keydown", take);
}
