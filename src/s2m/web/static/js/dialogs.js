/** The sheet of keys, the list of commands, and the page where keys are changed. */

import { ACTIONS, isEnabled } from "./actions.js";
import { byId, icon, make } from "./elements.js";
import { PRESETS, nameOfKey } from "./keys.js";

const MOUSE = [
  ["Left button", "draw"],
  ["Right button", "draw the opposite sign"],
  ["Middle button", "switch the sign; drag: move when zoomed"],
  ["Wheel, pinch", "zoom at the pointer"],
  ["Double click", "fit the photograph"],
  ["Space", "hold: move; tap: commit"],
  ["Ctrl", "hold: collect strokes, answered on release"],
  ["Esc", "drop the stroke being drawn"],
  ["Arrows, .", "move the pen by keyboard; pen down or up"],
];

/** @returns {HTMLDialogElement} */
function dialog() {
  return byId("dialog");
}

/**
 * @param {string} title
 * @param {Node[]} children
 */
export function openDialog(title, children) {
  const element = dialog();
  element.className = "dialog";
  const close = make(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": "Close",
      title: "Close (Esc)",
      onclick: () => element.close(),
    },
    [icon("close")],
  );
  element.replaceChildren(
    make("div", { class: "dialog-head" }, [make("h2", { id: "dialog-title", text: title }), close]),
    make("div", { class: "dialog-body", tabindex: 0 }, children),
  );
  if (!element.open) element.showModal();
}

/** @param {import("./app.js").App} app */
export function showKeys(app) {
  const { tool } = app.ui.value;
  const groups = ["Draw", "Objects", "Edit", "Look", "Folder", "Help"];
  const lines = (/** @type {[string[], string][]} */ entries) =>
    entries.map(([keys, title]) =>
      make("div", { class: "key-line" }, [
        make("span", { text: title }),
        make(
          "span",
          { class: "keys" },
          keys.map((key) => make("kbd", { text: key })),
        ),
      ]),
    );
  const now = make("div", { class: "key-group" }, [
    make("h3", { text: `Now: ${ACTIONS[`tool-${tool}`].title}` }),
    ...lines(MOUSE.map(([key, title]) => [[key], title])),
  ]);
  const others = groups.map((group) => {
    const entries = Object.entries(ACTIONS)
      .filter(([name, action]) => action.group === group && app.keys[name]?.length && !/^object-[2-9]$/.test(name))
      .map(
        ([name, action]) =>
          /** @type {[string[], string]} */ (
            name === "object-1" ? [["1", "…", "9"], "Object 1 to 9"] : [app.keys[name], action.title]
          ),
      );
    return make("div", { class: "key-group" }, [make("h3", { text: group }), ...lines(entries)]);
  });
  openDialog("Keys", [make("div", { class: "key-groups" }, [now, ...others])]);
}

/** @param {import("./app.js").App} app */
export function showCommands(app) {
  const element = dialog();
  element.className = "dialog command-list";
  const field = /** @type {HTMLInputElement} */ (
    make("input", {
      type: "text",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": "command-options",
      "aria-label": "Find a command",
      placeholder: "Find a command",
      autocomplete: "off",
      spellcheck: "false",
    })
  );
  const list = make("ul", { id: "command-options", role: "listbox", "aria-label": "Commands" });
  let chosen = 0;
  /** @type {string[]} */
  let names = [];
  const run = (/** @type {string} */ name) => {
    if (!isEnabled(name, app)) return;
    element.close();
    app.run(name);
  };
  const draw = () => {
    names = found(field.value);
    chosen = Math.max(0, Math.min(chosen, names.length - 1));
    const rows = names.map((name, i) =>
      make(
        "li",
        {
          role: "option",
          id: `command-${name}`,
          "aria-selected": String(i === chosen),
          "aria-disabled": String(!isEnabled(name, app)),
          onclick: () => run(name),
        },
        [make("span", { text: ACTIONS[name].title }), make("kbd", { text: app.keyOf(name), hidden: !app.keyOf(name) })],
      ),
    );
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
    if (event.key === "Escape") element.close();
    else if (event.key === "ArrowDown") chosen += 1;
    else if (event.key === "ArrowUp") chosen -= 1;
    else if (event.key === "Enter" && names.length) return run(names[chosen]);
    else return;
    event.preventDefault();
    draw();
  });
  element.replaceChildren(make("h2", { class: "sr-only", id: "dialog-title", text: "Commands" }), field, list);
  draw();
  if (!element.open) element.showModal();
  field.focus();
}

/** @param {string} words */
function found(words) {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  return Object.keys(ACTIONS).filter((name) => {
    const text = `${ACTIONS[name].title} ${ACTIONS[name].group} ${name}`.toLowerCase();
    return name !== "command-list" && parts.every((part) => text.includes(part));
  });
}

const KEPT = {
  features: "Features, so that strokes are answered at once",
  "closer looks": "Closer looks at objects",
  pictures: "Decoded photographs",
  tiles: "Tiles for the page",
};

/** @param {import("./app.js").App} app */
export async function showAbout(app) {
  const { project } = app.doc.value;
  const list = make("div", { class: "about" }, [make("p", { class: "quiet", text: "Asking the server" })]);
  openDialog("About", [list]);
  const line = (/** @type {string} */ name, /** @type {string} */ value) =>
    make("div", { class: "key-line" }, [make("span", { text: name }), make("span", { class: "quiet", text: value })]);
  try {
    const told = await (await fetch("api/info", { cache: "no-store" })).json();
    const memory = told.memory.map((/** @type {{name: keyof KEPT, used_bytes: number, limit_bytes: number}} */ each) =>
      make("div", {}, [
        line(KEPT[each.name], `${megabytes(each.used_bytes)} of at most ${megabytes(each.limit_bytes)}`),
        make("meter", { min: 0, max: each.limit_bytes, value: each.used_bytes, "aria-label": KEPT[each.name] }),
      ]),
    );
    list.replaceChildren(
      line("Model", told.model),
      line(app.doc.readOnly ? "Masks come from" : "Masks go to", project?.output ?? ""),
      line("Images open", String(told.open_images)),
      make("h3", { text: "Memory of the server for the images looked at last" }),
      ...memory,
    );
  } catch {
    list.replaceChildren(make("p", { text: "The server is away; it says how it is when it is back." }));
  }
}

/** @param {number} bytes */
function megabytes(bytes) {
  const size = bytes / 2 ** 20;
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} MB`;
}

/** @param {import("./app.js").App} app */
export function showSettings(app) {
  const presets = make(
    "select",
    {
      "aria-label": "Preset",
      onchange: (/** @type {Event} */ event) => {
        app.setKeys(/** @type {HTMLSelectElement} */ (event.target).value, {});
        showSettings(app);
      },
    },
    Object.entries(PRESETS).map(([name, { title }]) =>
      make("option", { value: name, text: `Keys as in ${title}`, selected: name === app.ui.value.preset }),
    ),
  );
  const lines = Object.entries(ACTIONS).map(([name, action]) => {
    const button = make("button", {
      type: "button",
      class: "small-button",
      text: app.keyOf(name) || "none",
      "aria-label": `Key of ${action.title}: ${app.keyOf(name) || "none"}`,
    });
    button.addEventListener("click", () => listenForKey(app, name, button));
    return make("div", { class: "key-line" }, [make("span", { text: action.title }), button]);
  });
  const back = make("button", {
    type: "button",
    class: "small-button",
    text: "All as in the preset",
    onclick: () => {
      app.setKeys(app.ui.value.preset, {});
      showSettings(app);
    },
  });
  openDialog("Change keys", [
    make("div", { class: "row" }, [presets, back]),
    make("p", { class: "help", text: "Click a key and press the new one; Esc leaves it, Delete removes it." }),
    ...lines,
  ]);
}

/**
 * @param {import("./app.js").App} app
 * @param {string} name
 * @param {HTMLElement} button
 */
function listenForKey(app, name, button) {
  button.textContent = "press a key";
  const take = (/** @type {KeyboardEvent} */ event) => {
    if (["Control", "Shift", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    button.removeEventListener("keydown", take);
    if (event.key !== "Escape") app.setKey(name, event.key === "Delete" ? null : nameOfKey(event));
    showSettings(app);
  };
  button.addEventListener("keydown", take);
}
