/** Three hints for the first visit, each gone as soon as it is followed; never again afterwards. */

import { byId, icon, make } from "./elements.js";

const STEPS = [
  { done: "drawn", text: "Draw on the object." },
  { done: "opposite", text: "Right button or X: draw what does not belong." },
  { done: "kept", text: "F keeps this mask. N starts the next object." },
];
const ENTRY = "s2m-hints";

export class Hints {
  constructor() {
    this.step = Number(localStorage.getItem(ENTRY) ?? 0);
    this.ready = false;
  }

  /** Hints have a meaning as soon as there is a photograph. */
  start() {
    this.ready = true;
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
    if (!this.ready || !step) return byId("hints").replaceChildren();
    const skip = make("button", { type: "button", title: "No more hints", "aria-label": "No more hints", onclick: () => {
      this.step = STEPS.length;
      this.#keep();
    } }, [icon("close")]);
    byId("hints").replaceChildren(make("div", { class: "hint" }, [
      make("span", { class: "steps", text: `${this.step + 1} / ${STEPS.length}` }),
      make("span", { text: step.text }),
      skip,
    ]));
  }
}
