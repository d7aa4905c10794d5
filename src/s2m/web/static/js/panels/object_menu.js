/** The menu of an object: its colour, and what can be done with it. */

import { byId, make, makeButton } from "../elements.js";

/**
 * @import { Palette } from "../canvas/palette.js"
 * @import { Actions } from "../commands/actions.js"
 * @import { Editor } from "../commands/editor.js"
 */

const ACTIONS = [
  ["object-rename", "object-show", "object-lock"],
  ["objects-copy", "objects-duplicate", "object-copy"],
  ["fill-holes", "drop-specks", "smooth", "object-split", "object-merge"],
  ["object-delete"],
];
const MARGIN_PX = 8;

/**
 * @param {{id: number, x: number, y: number}} place the object, and where the menu opens
 * @param {{palette: Palette, editor: Editor, actions: Actions}} parts
 */
export function openObjectMenu({ id, x, y }, { palette, editor, actions }) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const close = () => {
    menu.remove();
    removeEventListener("pointerdown", outside, true);
    const row = /** @type {HTMLElement | null} */ (document.querySelector(`.object[data-id="${id}"]`));
    (before?.isConnected ? before : (row ?? byId("stage"))).focus();
  };
  const outside = (/** @type {Event} */ event) => menu.contains(/** @type {Node} */ (event.target)) || close();
  const colours = palette.distinct.map((colour, i) => {
    const onclick = () => {
      close();
      editor.changeObjects([id], { colour });
    };
    const button = makeButton({ role: "menuitem", "aria-label": `Colour ${i + 1}`, onclick });
    button.style.setProperty("--swatch", colour);
    return button;
  });
  const item = (/** @type {string} */ name) => {
    const onclick = () => {
      close();
      actions.run(name);
    };
    const key = actions.keyOf(name);
    return makeButton({ role: "menuitem", disabled: !actions.isEnabled(name), onclick }, [
      make("span", { text: actions.get(name).title }),
      make("kbd", { text: key, hidden: !key }),
    ]);
  };
  const items = ACTIONS.flatMap((names, i) => [...(i > 0 ? [make("hr")] : []), ...names.map(item)]);
  const group = make("div", { class: "colours", role: "group", "aria-label": "Colour" }, colours);
  const menu = make("div", { class: "menu", role: "menu", "aria-label": "Object" }, [group, ...items]);
  menu.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      close();
    }
    moveIn(menu, event);
  });
  // Beside what else is the page's own, for those who go from landmark to landmark.
  document.querySelector("main")?.append(menu);
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.min(x, innerWidth - width - MARGIN_PX)}px`;
  menu.style.top = `${Math.min(y, innerHeight - height - MARGIN_PX)}px`;
  addEventListener("pointerdown", outside, true);
  items.find((each) => each instanceof HTMLButtonElement && !each.disabled)?.focus();
}

/**
 * @param {HTMLElement} menu
 * @param {KeyboardEvent} event an arrow goes to the next item, after the last to the first
 */
function moveIn(menu, event) {
  const way = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!way) return;
  event.preventDefault();
  /** @type {HTMLButtonElement[]} */
  const items = [...menu.querySelectorAll("button")].filter((each) => !each.disabled);
  const now = items.findIndex((each) => each === document.activeElement);
  items[(now + way + items.length) % items.length].focus();
}
