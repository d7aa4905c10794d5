/** The appearance of the page as a whole: light or dark, with panels or without, the pointer over the photograph. */

import { byId } from "../elements.js";

/** @import { UiStore } from "../state/ui_store.js" */

/** @param {UiStore} ui */
export function followAppearance(ui) {
  const stage = byId("stage");
  ui.watch(["theme"], ({ theme }) => {
    document.documentElement.dataset.theme = theme;
  });
  ui.watch(["view"], ({ view }) => {
    byId("legend").hidden = view !== "uncertainty";
  });
  ui.watch(["panels"], ({ panels }) => document.body.classList.toggle("panels-hidden", !panels));
  ui.watch(["panning", "tool"], ({ panning, tool }) => {
    stage.classList.toggle("panning", panning || tool === "hand");
    stage.classList.toggle("picking", tool === "select");
  });
  // The frame of the focus on the photograph is for those who came to it by key.
  addEventListener("keydown", (event) => {
    const { classList } = document.body;
    if (event.key === "Tab" && !event.defaultPrevented) classList.add("by-key");
    else if (event.target === stage && event.key !== "Shift" && event.key !== "F6") classList.remove("by-key");
  });
  addEventListener("pointerdown", () => document.body.classList.remove("by-key"), true);
}
