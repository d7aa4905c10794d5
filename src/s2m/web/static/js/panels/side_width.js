/** The edge of the panels: dragged, or moved by the arrow keys, it makes them wider. */

import { byId } from "../elements.js";

/** @import { UiStore } from "../state/ui_store.js" */

const LEAST_PX = 200;
const MOST_PX = 520;
const STEP_PX = 16;

/** @param {UiStore} ui */
export function connectSideWidth(ui) {
  const edge = byId("side-edge");
  const change = (/** @type {number} */ width) =>
    ui.set({ sideWidth: Math.round(Math.min(MOST_PX, innerWidth / 3, Math.max(LEAST_PX, width))) });
  edge.addEventListener("pointerdown", (event) => edge.setPointerCapture(event.pointerId));
  edge.addEventListener("pointermove", (event) => {
    if (edge.hasPointerCapture(event.pointerId)) change(byId("side").getBoundingClientRect().right - event.clientX);
  });
  edge.addEventListener("dblclick", () => change(232));
  edge.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: 1, ArrowRight: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    change(ui.value.sideWidth + way * STEP_PX);
  });
  ui.watch(["sideWidth"], ({ sideWidth }) => {
    document.body.style.setProperty("--side-width", `${sideWidth}px`);
    edge.setAttribute("aria-valuenow", String(sideWidth));
    edge.setAttribute("aria-valuemin", String(LEAST_PX));
    edge.setAttribute("aria-valuemax", String(MOST_PX));
  });
}
