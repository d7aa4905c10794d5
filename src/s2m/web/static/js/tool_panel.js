/** The tools at the left, and what can be set of the chosen one at the right. */

import { ACTIONS, TOOLS } from "./actions.js";
import { byId, icon, make } from "./elements.js";

/** @type {Record<string, string>} */
const HELP = {
  stroke: "Draw on the object. Right button or X: draw what does not belong.",
  box: "Drag a box around the object.",
  lasso: "Draw around the object; the inside is filled.",
  brush: "Paint exact pixels; the network leaves them as they are.",
  eraser: "Erase exact pixels; the network leaves them as they are.",
  select: "Click a stroke to select it, drag to move it. Delete removes it.",
  hand: "Drag to move the photograph.",
};

export class ToolPanel {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    const buttons = TOOLS.map(([tool]) =>
      make(
        "button",
        { type: "button", class: "tool-button", "data-tool": tool, onclick: () => app.run(`tool-${tool}`) },
        [icon(tool)],
      ),
    );
    byId("tools").append(...buttons);
    this.#sliders();
    byId("sign-positive").addEventListener("click", () => app.ui.set({ sign: "positive" }));
    byId("sign-negative").addEventListener("click", () => app.switchSign());
    app.ui.watch(["tool", "keys"], ({ tool }) => this.#showTool(tool));
    app.ui.watch(["sign"], ({ sign }) => {
      for (const each of ["positive", "negative"])
        byId(`sign-${each}`).setAttribute("aria-checked", String(each === sign));
    });
    app.doc.watch(["editor"], () => this.showStroke());
  }

  /** @param {string} tool */
  #showTool(tool) {
    for (const button of byId("tools").querySelectorAll("button")) {
      const name = /** @type {string} */ (button.dataset.tool);
      const action = ACTIONS[`tool-${name}`];
      const key = this.app.keyOf(`tool-${name}`);
      button.setAttribute("aria-pressed", String(name === tool));
      button.setAttribute("aria-label", action.title);
      button.title = key ? `${action.title} (${key})` : action.title;
    }
    byId("tool-title").textContent = ACTIONS[`tool-${tool}`].title;
    byId("tool-help").textContent = HELP[tool];
    this.showStroke();
  }

  #sliders() {
    const { ui } = this.app;
    const colours = /** @type {HTMLSelectElement} */ (byId("colours"));
    colours.addEventListener("change", () => ui.set({ colours: colours.value }));
    ui.watch(["colours"], (value) => {
      colours.value = value.colours;
    });
    /** @type {[string, (value: number) => string][]} */
    const sliders = [
      ["width", (value) => `${value} px`],
      ["opacity", (value) => `${Math.round(value * 100)} %`],
      ["brightness", (value) => value.toFixed(2)],
      ["contrast", (value) => value.toFixed(2)],
    ];
    for (const [name, words] of sliders) {
      const field = /** @type {HTMLInputElement} */ (byId(name));
      field.addEventListener("input", () => ui.set({ [name]: Number(field.value) }));
      ui.watch([name], (value) => {
        field.value = String(value[name]);
        byId(`${name}-value`).textContent = words(value[name]);
      });
    }
  }

  /** What can be done with the selected stroke. */
  showStroke() {
    const { app } = this;
    const panel = byId("stroke-panel");
    const stroke = app.doc.value.strokes.find((each) => each.id === app.layers.selectedStroke);
    panel.hidden = !stroke;
    if (!stroke) return panel.replaceChildren();
    const button = (/** @type {string} */ action, /** @type {string} */ text) =>
      make("button", {
        type: "button",
        class: "small-button",
        text,
        title: `${ACTIONS[action].title} ${app.keyOf(action) ? `(${app.keyOf(action)})` : ""}`,
        onclick: () => app.run(action),
      });
    const sign = stroke.sign === "positive" ? "belongs to" : "does not belong to";
    const give =
      app.ui.value.object === stroke.object_id
        ? []
        : [button("stroke-give", `To ${app.doc.nameOf(app.ui.value.object)}`)];
    panel.replaceChildren(
      make("p", { class: "help", text: `Selected: ${sign} ${app.doc.nameOf(stroke.object_id)}` }),
      make("div", { class: "row" }, [button("stroke-flip", "Flip"), button("stroke-delete", "Delete"), ...give]),
    );
  }
}
