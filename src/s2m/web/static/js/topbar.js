/** The bar at the top: the image's name and state, undo and redo by name, view and zoom. */

import { ACTIONS, isEnabled } from "./actions.js";
import { byId } from "./elements.js";

export class Topbar {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {NodeListOf<HTMLButtonElement>} */
    this.buttons = document.querySelectorAll("button[data-action]");
    for (const button of this.buttons) {
      button.addEventListener("click", () => app.run(/** @type {string} */ (button.dataset.action)));
    }
    const view = /** @type {HTMLSelectElement} */ (byId("view-choice"));
    view.addEventListener("change", () => {
      app.ui.set({ view: view.value });
      byId("stage").focus();
    });
    app.ui.watch(["view"], (value) => {
      view.value = value.view;
    });
    app.ui.watch(["keys", "panels", "theme"], () => this.refresh());
    app.doc.watch(["undo", "redo", "editor", "image", "objects", "status", "folder", "unreadable", "opening"], () =>
      this.refresh(),
    );
  }

  refresh() {
    const { app } = this;
    const { image, unreadable, undo, redo, status, folder } = app.doc.value;
    const titles = /** @type {Record<string, string>} */ ({
      undo: undo ? `Undo ${undo}` : "Nothing to undo",
      redo: redo ? `Redo ${redo}` : "Nothing to redo",
    });
    for (const button of this.buttons) {
      const name = /** @type {string} */ (button.dataset.action);
      const key = app.keyOf(name);
      const title = titles[name] ?? ACTIONS[name].title;
      button.title = key ? `${title} (${key})` : title;
      if (!button.textContent?.trim()) button.setAttribute("aria-label", title);
      button.disabled = !isEnabled(name, app);
      const label = button.querySelector("kbd");
      if (label) label.textContent = key;
    }
    for (const [state, action] of [
      ["done", "mark-done"],
      ["flagged", "mark-flagged"],
    ]) {
      document
        .querySelector(`button[data-action=${action}]`)
        ?.setAttribute("aria-pressed", String(image !== null && status === state));
    }
    byId("image-name").textContent = image?.name ?? unreadable?.name ?? "S2M";
    byId("image-name").title = image ? `${image.name}, ${image.width} × ${image.height} pixels` : "";
    const single = folder.length < 2;
    byId("image-place").textContent = single || app.place < 0 ? "" : `${app.place + 1} / ${folder.length}`;
    byId("image-navigation").hidden = single;
  }

  showZoom() {
    const percent = this.app.viewport.scale * 100;
    byId("zoom-value").textContent = `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
  }
}
