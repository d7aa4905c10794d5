/** The list of commands: finds any by its name and runs it. */

import { make } from "../elements.js";
import { dialogElement } from "./dialog.js";

/** @import { Actions } from "../commands/actions.js" */

/** @param {Actions} actions */
export function showCommands(actions) {
  const dialog = dialogElement();
  dialog.className = "dialog command-list";
  const field = make("input", {
    type: "text",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "command-options",
    "aria-label": "Find a command",
    placeholder: "Find a command",
    autocomplete: "off",
    spellcheck: "false",
  });
  const list = make("ul", { id: "command-options", role: "listbox", "aria-label": "Commands" });
  let chosen = 0;
  /** @type {string[]} */
  let names = [];
  const run = (/** @type {string} */ name) => {
    if (!actions.isEnabled(name)) return;
    dialog.close();
    actions.run(name);
  };
  const draw = () => {
    names = namesWith(field.value, actions);
    chosen = Math.max(0, Math.min(chosen, names.length - 1));
    const rows = names.map((name, i) => optionOf(name, i === chosen, actions, () => run(name)));
    list.replaceChildren(...(rows.length ? rows : [make("li", { class: "none", text: "No command of this name." })]));
    field.setAttribute("aria-activedescendant", names.length ? `command-${names[chosen]}` : "");
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  field.addEventListener("input", () => {
    chosen = 0;
    draw();
  });
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") dialog.close();
    else if (event.key === "ArrowDown") chosen += 1;
    else if (event.key === "ArrowUp") chosen -= 1;
    else if (event.key === "Enter" && names.length) return run(names[chosen]);
    else return;
    event.preventDefault();
    draw();
  });
  dialog.replaceChildren(make("h2", { class: "sr-only", id: "dialog-title", text: "Commands" }), field, list);
  draw();
  if (!dialog.open) dialog.showModal();
  field.focus();
}

/**
 * @param {string} name
 * @param {boolean} isChosen
 * @param {Actions} actions
 * @param {() => void} run
 */
function optionOf(name, isChosen, actions, run) {
  const key = actions.keyOf(name);
  const attributes = {
    role: "option",
    id: `command-${name}`,
    "aria-selected": String(isChosen),
    "aria-disabled": String(!actions.isEnabled(name)),
    onclick: run,
  };
  return make("li", attributes, [
    make("span", { text: actions.get(name).title }),
    make("kbd", { text: key, hidden: !key }),
  ]);
}

/**
 * @param {string} words
 * @param {Actions} actions
 * @returns {string[]} the actions in which all of them occur
 */
function namesWith(words, actions) {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = actions.entries.filter(([name, { title, group }]) => {
    const text = `${title} ${group} ${name}`.toLowerCase();
    return name !== "command-list" && parts.every((part) => text.includes(part));
  });
  return found.map(([name]) => name);
}
