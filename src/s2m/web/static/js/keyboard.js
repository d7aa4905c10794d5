/** Key presses in; actions, the hand while Space is held, and strokes collected while Ctrl is held, out. */

import { ACTIONS, isEnabled } from "./actions.js";
import { actionOfKey, isTyping, nameOfKey } from "./keys.js";

const TAP_MS = 300;

export class Keyboard {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.spaceSince = 0;
    this.panned = false;
    addEventListener("keydown", (event) => this.#down(event));
    addEventListener("keyup", (event) => this.#up(event));
    addEventListener("blur", () => this.#letGo());
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (isTyping(event.target) || document.querySelector("dialog[open]") || event.isComposing) return;
    const onControl =
      event.target instanceof HTMLElement && event.target.matches("button, summary, [role=option], input");
    if (event.key === "Control" || event.key === "Meta") return this.app.ui.set({ collecting: true });
    if (onControl && (event.key === " " || event.key === "Enter" || event.key.startsWith("Arrow"))) return;
    if (event.key === " ") return this.#space(event);
    if (event.key === "Escape") return this.#escape();
    if (this.app.keyPen.move(event)) return event.preventDefault();
    const name = event.key === "." ? "pen-down" : actionOfKey(this.app.keys, nameOfKey(event));
    if (!name) return;
    event.preventDefault();
    if (event.repeat && !ACTIONS[name].repeats) return;
    this.app.run(this.#meant(name));
  }

  /**
   * The seed's d: the view while one image is open, the next image of a folder.
   * @param {string} name
   */
  #meant(name) {
    return name === "next-image" && this.app.doc.value.folder.length < 2 && isEnabled("view-mask", this.app)
      ? "view-mask"
      : name;
  }

  /** @param {KeyboardEvent} event */
  #space(event) {
    event.preventDefault();
    if (event.repeat) return;
    this.spaceSince = event.timeStamp;
    this.panned = false;
    this.app.ui.set({ panning: true });
  }

  #escape() {
    const { drawing } = this.app;
    if (drawing.active) {
      this.app.keyPen.down = false;
      drawing.cancel();
    } else this.app.selectStroke(null);
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    if (event.key === "Control" || event.key === "Meta") {
      this.app.ui.set({ collecting: false });
      this.app.drawing.releaseBatch();
    }
    if (event.key !== " " || this.spaceSince === 0) return;
    const tapped = event.timeStamp - this.spaceSince < TAP_MS && !this.panned;
    this.spaceSince = 0;
    this.app.ui.set({ panning: false });
    if (tapped) this.app.run("commit");
  }

  #letGo() {
    this.spaceSince = 0;
    this.app.ui.set({ panning: false, collecting: false });
    this.app.drawing.releaseBatch();
  }
}
