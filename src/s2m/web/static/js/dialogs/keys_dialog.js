/** The sheet of keys: what mouse and keys do, the current tool first. */

import { make } from "../elements.js";
import { lineOf, openDialog } from "./dialog.js";

/**
 * @import { Actions } from "../commands/actions.js"
 * @import { KeyBindings } from "../input/key_bindings.js"
 * @import { UiStore } from "../state/ui_store.js"
 */

const MOUSE = [
  ["Left button", "draw"],
  ["Right button", "draw the opposite sign"],
  ["Middle button", "switch the sign; drag: move when zoomed"],
  ["Wheel, pinch", "zoom at the pointer"],
  ["Ctrl+click", "choose the object under the pointer; with Shift one more"],
  ["Alt+wheel|Shift+drag|Alt+right drag", "width of the exact brush and eraser"],
  ["Double click", "fit the photograph"],
  ["Space", "hold: move; tap: keep the masks"],
  ["Ctrl", "hold: collect strokes, answered on release"],
  ["Esc", "drop the stroke being drawn"],
  ["Arrows", "move the pen by keyboard; Shift: finely"],
];
const GROUPS = ["Draw", "Objects", "Edit", "View", "Folder", "Help"];

/** @param {{actions: Actions, keys: KeyBindings, ui: UiStore}} parts */
export function showKeys({ actions, keys, ui }) {
  const now = actions.get(`tool-${ui.value.tool}`).title;
  const mouse = MOUSE.map(([names, title]) => keyLine(names.split("|"), title));
  const others = GROUPS.map((group) => groupOf(group, linesOf(group, actions, keys)));
  openDialog("Keys", [make("div", { class: "key-groups" }, [groupOf(`Now: ${now}`, mouse), ...others])]);
}

/**
 * @param {string} group
 * @param {Actions} actions
 * @param {KeyBindings} keys
 */
function linesOf(group, actions, keys) {
  const { map } = keys.value;
  return actions.entries
    .filter(([name, action]) => action.group === group && map[name]?.length && !/^object-[2-9]$/.test(name))
    .map(([name, { title }]) =>
      name === "object-1" ? keyLine(["1", "…", "9"], "Object 1 to 9") : keyLine(map[name], title),
    );
}

/**
 * @param {string} title
 * @param {Node[]} lines
 */
function groupOf(title, lines) {
  return make("div", { class: "key-group" }, [make("h3", { text: title }), ...lines]);
}

/**
 * @param {string[]} keys
 * @param {string} title
 */
function keyLine(keys, title) {
  const labels = keys.map((key) => make("kbd", { text: key }));
  return lineOf(title, make("span", { class: "keys" }, labels));
}
