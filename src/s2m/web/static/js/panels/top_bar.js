/** The bar at the top: the image's name and state, undo and redo by name, view and zoom; and all buttons of actions. */

import { byId, elementOf } from "../elements.js";

/**
 * @import { Viewport } from "../canvas/viewport.js"
 * @import { Actions } from "../commands/actions.js"
 * @import { Navigation } from "../commands/navigation.js"
 * @import { KeyBindings } from "../input/key_bindings.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { UiStore, View } from "../state/ui_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {KeyBindings} keys
 * @property {Viewport} viewport
 * @property {Navigation} navigation
 * @property {Actions} actions
 */

/** @type {Record<string, string>} */
const STATES = { untouched: "", in_progress: "Unfinished", done: "Done", flagged: "Flagged" };

export class TopBar {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, keys, viewport, navigation, actions }) {
    this.annotation = annotation;
    this.project = project;
    this.viewport = viewport;
    this.navigation = navigation;
    this.actions = actions;
    /** @type {NodeListOf<HTMLButtonElement>} */
    this.buttons = document.querySelectorAll("button[data-action]");
    for (const button of this.buttons) button.addEventListener("click", () => actions.run(actionOf(button)));
    const view = elementOf("view-choice", HTMLSelectElement);
    view.addEventListener("change", () => {
      ui.set({ view: /** @type {View} */ (view.value) });
      byId("stage").focus();
    });
    ui.watch(["view"], (value) => {
      view.value = value.view;
    });
    viewport.watch(() => this.#showZoom());
    this.#showZoom();
    keys.watch(["map"], () => this.#refresh());
    project.watch(["project", "folder"], () => this.#refresh());
    annotation.watch(["undo", "redo", "editor", "image", "objects", "status", "unreadable", "opening"], () =>
      this.#refresh(),
    );
  }

  #refresh() {
    this.#showButtons();
    this.#showImage();
  }

  #showButtons() {
    const { undo, redo, image, status } = this.annotation.value;
    const titles = /** @type {Record<string, string>} */ ({
      undo: undo ? `Undo ${undo}` : "Nothing to undo",
      redo: redo ? `Redo ${redo}` : "Nothing to redo",
    });
    const states = /** @type {Record<string, string>} */ ({ "mark-done": "done", "mark-flagged": "flagged" });
    for (const button of this.buttons) {
      const name = actionOf(button);
      const title = titles[name] ?? this.actions.get(name).title;
      button.title = this.actions.hint(name, title);
      if (!button.textContent?.trim()) button.setAttribute("aria-label", title);
      button.disabled = !this.actions.isEnabled(name);
      const label = button.querySelector("kbd");
      if (label) label.textContent = this.actions.keyOf(name);
      if (name in states) button.setAttribute("aria-pressed", String(image !== null && status === states[name]));
    }
  }

  #showImage() {
    const { image, unreadable } = this.annotation.value;
    const { folder } = this.project.value;
    const { place } = this.navigation;
    byId("image-name").textContent = image?.name ?? unreadable?.name ?? "S2M";
    byId("image-name").title = image ? `${image.name}, ${image.width} × ${image.height} pixels` : "";
    byId("image-place").textContent = this.project.hasFolder && place >= 0 ? `${place + 1} / ${folder.length}` : "";
    byId("image-state").textContent = image ? STATES[this.annotation.value.status] : "";
    byId("image-navigation").hidden = !this.project.hasFolder;
  }

  #showZoom() {
    const percent = this.viewport.scale * 100;
    byId("zoom-value").textContent = `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
  }
}

/** @param {HTMLButtonElement} button */
function actionOf(button) {
  return /** @type {string} */ (button.dataset.action);
}
