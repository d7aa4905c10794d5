/** The tools at the left; help, sign and width of the chosen one at the right. */

import { FINGERS, byId, icon, makeButton } from "../elements.js";

/**
 * @import { Actions } from "../commands/actions.js"
 * @import { KeyBindings } from "../input/key_bindings.js"
 * @import { Tool, UiStore } from "../state/ui_store.js"
 */

/** @type {Record<Tool, string>} */
const HELP = {
  stroke: "Draw on the object. Right button or X: draw what does not belong. The width of the line means nothing.",
  box: "Drag a box around the object.",
  lasso: "Draw around the object; the inside is filled.",
  brush: "Paint exact pixels; the network leaves them as they are. Shift and drag: width.",
  eraser: "Erase exact pixels; the network leaves them as they are. Shift and drag: width.",
  select: "Click an object or a stroke to choose it; Shift: one more. Drag moves a stroke. Delete removes it.",
  hand: "Drag to move the photograph.",
};

/** @type {Partial<Record<Tool, string>>} for those who have no buttons and keys */
const HELP_FOR_FINGERS = {
  stroke:
    "Draw on the object; press “Does not belong” for what does not. Two fingers move and zoom, a tap of two undoes.",
  brush: "Paint exact pixels; the network leaves them as they are.",
  eraser: "Erase exact pixels; the network leaves them as they are.",
  select: "Tap an object or a stroke to choose it; drag to move a stroke.",
};

export class ToolPanel {
  /** @param {{ui: UiStore, keys: KeyBindings, actions: Actions}} parts */
  constructor({ ui, keys, actions }) {
    this.ui = ui;
    this.actions = actions;
    this.buttons = Object.keys(HELP).map((tool) => {
      const attributes = { class: "tool-button", "data-tool": tool, onclick: () => actions.run(`tool-${tool}`) };
      return makeButton(attributes, [icon(tool)]);
    });
    byId("tools").append(...this.buttons);
    byId("sign-positive").addEventListener("click", () => ui.set({ sign: "positive" }));
    byId("sign-negative").addEventListener("click", () => ui.switchSign());
    ui.watch(["tool"], () => this.#showTool());
    keys.watch(["map"], () => this.#showTool());
    ui.watch(["sign"], ({ sign }) => {
      byId("sign-positive").setAttribute("aria-checked", String(sign === "positive"));
      byId("sign-negative").setAttribute("aria-checked", String(sign === "negative"));
    });
  }

  #showTool() {
    const { tool } = this.ui.value;
    for (const button of this.buttons) {
      const name = `tool-${button.dataset.tool}`;
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
      button.setAttribute("aria-label", this.actions.get(name).title);
      button.title = this.actions.hint(name);
    }
    byId("tool-title").textContent = this.actions.get(`tool-${tool}`).title;
    byId("tool-help").textContent = (FINGERS && HELP_FOR_FINGERS[tool]) || HELP[tool];
    byId("width-row").hidden = !this.ui.hasWidth;
  }
}
