/** Three hints for the first visit, each gone as soon as it is followed; never again afterwards. */

import { byId, icon, make } from "./elements.js";

const STEPS = [
  { done: "drawn", text: "Draw on the object.", traced: "Trace the dotted line with the left button." },
  { done: "opposite", text: "Right button or X: draw what does not belong." },
  { done: "kept", text: "F keeps this mask. N starts the next object." },
];
const ENTRY = "s2m-hints";

export class Hints {
  /** @param {(example: number[] | null) => void} onexample told which stroke to show for tracing, if any */
  constructor(onexample) {
    this.onexample = onexample;
    /** @type {number[] | null} a stroke that this photograph offers for tracing */
    this.example = null;
    this.step = Number(localStorage.getItem(ENTRY) ?? 0);
    this.ready = false;
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
    this.step = 0;
    this.#keep();
  }

  /** @param {string} what was done */
  done(what) {
    if (STEPS[this.step]?.done === what) {
      this.step += 1;
      this.#keep();
    }
  }

  #keep() {
    localStorage.setItem(ENTRY, String(this.step));
    this.#show();
  }

  #show() {
    const step = STEPS[this.step];
    this.onexample(this.ready && this.step === 0 ? this.example : null);
    if (!this.ready || !step) return byId("hints").replaceChildren();
    const skip = make(
      "button",
      {
        type: "button",
        title: "No more hints",
        "aria-label": "No more hints",
        onclick: () => {
          this.step = STEPS.length;
          this.#keep();
        },
      },
      [icon("close")],
    );
    byId("hints").replaceChildren(
      make("div", { class: "hint" }, [
        make("span", { class: "steps", text: `${this.step + 1} / ${STEPS.length}` }),
        make("span", { text: this.example && step.traced ? step.traced : step.text }),
        skip,
      ]),
    );
  }
}
