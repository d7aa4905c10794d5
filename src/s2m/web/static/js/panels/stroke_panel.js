/** What can be done with the selected stroke. */

import { byId, make, makeButton } from "../elements.js";

/**
 * @import { Actions } from "../commands/actions.js"
 * @import { KeyBindings } from "../input/key_bindings.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {UiStore} ui
 * @property {InkStore} ink
 * @property {KeyBindings} keys
 * @property {Actions} actions
 */

export class StrokePanel {
  /** @param {Parts} parts */
  constructor({ annotation, ui, ink, keys, actions }) {
    this.annotation = annotation;
    this.ui = ui;
    this.ink = ink;
    this.actions = actions;
    annotation.watch(["strokes", "objects"], () => this.#draw());
    ui.watch(["object"], () => this.#draw());
    ink.watch(["selected"], () => this.#draw());
    keys.watch(["map"], () => this.#draw());
  }

  #draw() {
    const { annotation } = this;
    const panel = byId("stroke-panel");
    const stroke = annotation.stroke(this.ink.value.selected);
    panel.hidden = !stroke;
    if (!stroke) return panel.replaceChildren();
    const { object } = this.ui.value;
    const sign = stroke.sign === "positive" ? "belongs to" : "does not belong to";
    const others = object === stroke.object_id ? [] : [this.#button("stroke-give", `To ${annotation.nameOf(object)}`)];
    panel.replaceChildren(
      make("p", { class: "help", text: `Selected: ${sign} ${annotation.nameOf(stroke.object_id)}` }),
      make("div", { class: "row" }, [
        this.#button("stroke-flip", "Flip"),
        this.#button("stroke-delete", "Delete"),
        ...others,
      ]),
    );
  }

  /**
   * @param {string} action
   * @param {string} text
   */
  #button(action, text) {
    const title = this.actions.hint(action);
    return makeButton({ class: "small-button", text, title, onclick: () => this.actions.run(action) });
  }
}
