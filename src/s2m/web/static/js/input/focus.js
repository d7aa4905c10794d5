/** The focus belongs to the photograph: after every click it is there again, so that keys mean what they say. */

import { dialogElement } from "../dialogs/dialog.js";
import { isTyping } from "./key_names.js";

const REGIONS = "#tools, #side, #folder, .bar";
const FOCUSABLE = "button:not(:disabled), select, input, [tabindex='0']";

/** @param {HTMLElement} stage */
export function keepFocus(stage) {
  const toStage = () => stage.focus({ preventScroll: true });
  addEventListener("click", (event) => {
    const { activeElement } = document;
    // A click by Enter or Space has no pointer: who works by key stays where they are.
    if (event.detail === 0 || isElsewhere() || (isTyping(activeElement) && activeElement?.tagName !== "SELECT")) return;
    if (activeElement?.tagName !== "SELECT") toStage();
  });
  addEventListener("change", (event) => {
    const { target } = event;
    const chose =
      target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type === "range");
    if (chose && !isElsewhere() && !document.body.classList.contains("by-key")) toStage();
  });
  dialogElement().addEventListener("close", () => document.body.classList.contains("by-key") || toStage());
  toStage();
}

/** From the photograph to the bars and panels, one after the other, and back. */
export function focusOn() {
  const { activeElement } = document;
  const regions = [...document.querySelectorAll(REGIONS)].filter((region) => region.checkVisibility());
  const now = regions.findIndex((region) => region.contains(activeElement));
  const next = regions.slice(now + 1).map((region) => region.querySelector(FOCUSABLE));
  const element = /** @type {HTMLElement | undefined} */ (next.find((each) => each?.checkVisibility()));
  (element ?? document.getElementById("stage"))?.focus();
  document.body.classList.add("by-key");
}

function isElsewhere() {
  return dialogElement().open || document.querySelector(".menu") !== null;
}
