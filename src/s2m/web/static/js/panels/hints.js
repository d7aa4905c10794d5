/** Three hints for the first visit, each gone as soon as it is followed; never again afterwards. */

import { FINGERS, byId, icon, make, makeButton } from "../elements.js";
import { keep, readKept } from "../state/browser_storage.js";

/**
 * @import { InkStore } from "../state/ink_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 */

const STEPS_FOR_FINGERS = [
  { done: "drawn", text: "Draw on the object.", traced: "Trace the dotted line." },
  { done: "opposite", text: "Press “Does not belong”, then draw what does not." },
  { done: "kept", text: "Keep keeps this mask. + Object starts the next one." },
];
const STEPS_FOR_MOUSE = [
  { done: "drawn", text: "Draw on the object.", traced: "Trace the dotted line with the left button." },
  { done: "opposite", text: "Right button or X: draw what does not belong." },
  { done: "kept", text: "F keeps this mask. N starts the next object." },
];
const STEPS = FINGERS ? STEPS_FOR_FINGERS : STEPS_FOR_MOUSE;
const ENTRY = "s2m-hints";

export class Hints {
  /** @param {{ui: UiStore, ink: InkStore}} parts */
  constructor({ ui, ink }) {
    this.ink = ink;
    /** @type {number[] | null} a stroke that this photograph offers for tracing */
    this.example = null;
    this.step = Number(readKept(ENTRY) ?? 0);
    this.ready = false;
    ui.watch(["sign"], ({ sign }) => sign === "negative" && this.done("opposite"));
  }

  /**
   * Hints have a meaning as soon as there is a photograph.
   * @param {number[] | null} example a stroke to trace on it
   */
  start(example) {
    this.ready = true;
    this.example = example;
    this.#show();
  }

  restart() {
    this.#go(0);
  }

  /** @param {"drawn" | "opposite" | "kept"} what the user did */
  done(what) {
    if (STEPS[this.step]?.done === what) this.#go(this.step + 1);
  }

  /** @param {number} step */
  #go(step) {
    this.step = step;
    keep(ENTRY, String(step));
    this.#show();
  }

  #show() {
    const step = STEPS[this.step];
    this.ink.set({ example: this.ready && this.step === 0 ? this.example : null });
    if (!this.ready || !step) return byId("hints").replaceChildren();
    const skip = { title: "No more hints", "aria-label": "No more hints", onclick: () => this.#go(STEPS.length) };
    const parts = [
      make("span", { class: "steps", text: `${this.step + 1} / ${STEPS.length}` }),
      make("span", { text: (this.example && step.traced) || step.text }),
      makeButton(skip, [icon("close")]),
    ];
    byId("hints").replaceChildren(make("div", { class: "hint" }, parts));
  }
}
