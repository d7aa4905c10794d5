/** Key presses in; actions, the hand while Space is held, and strokes collected while Ctrl is held, out. */

import { isTyping, nameOfKey } from "./key_names.js";

/**
 * @import { Viewport } from "../canvas/viewport.js"
 * @import { Actions } from "../commands/actions.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { CanvasInput } from "./canvas_input.js"
 * @import { KeyBindings } from "./key_bindings.js"
 * @import { KeyPen } from "./key_pen.js"
 *
 * @typedef {object} Parts
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {InkStore} ink
 * @property {KeyBindings} keys
 * @property {Viewport} viewport
 * @property {CanvasInput} canvasInput
 * @property {KeyPen} keyPen
 * @property {Actions} actions
 */

const TAP_MS = 300;

export class Keyboard {
  /** @param {Parts} parts */
  constructor({ project, ui, ink, keys, viewport, canvasInput, keyPen, actions }) {
    this.project = project;
    this.ui = ui;
    this.ink = ink;
    this.keys = keys;
    this.canvasInput = canvasInput;
    this.keyPen = keyPen;
    this.actions = actions;
    this.spaceSince = 0;
    this.moved = false;
    viewport.watch(() => {
      this.moved = true;
    });
    addEventListener("keydown", (event) => this.#down(event));
    addEventListener("keyup", (event) => this.#up(event));
    addEventListener("blur", () => this.#letGo());
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (isTyping(event.target) || document.querySelector("dialog[open]") || event.isComposing) return;
    if (event.key === "Control" || event.key === "Meta") return this.ui.set({ collecting: true });
    if (isControl(event.target) && (event.key === " " || event.key === "Enter" || event.key.startsWith("Arrow")))
      return;
    if (event.key === " ") return this.#space(event);
    if (event.key === "Escape") return this.#escape();
    if (this.keyPen.move(event)) return event.preventDefault();
    const name = event.key === "." ? "pen-down" : this.keys.actionOf(nameOfKey(event));
    if (!name) return;
    event.preventDefault();
    if (event.repeat && !this.actions.get(name).repeats) return;
    this.actions.run(this.#meant(name));
  }

  /**
   * D shows the mask while a single image is open, and the next image of a folder.
   * @param {string} name
   */
  #meant(name) {
    return name === "next-image" && !this.project.hasFolder ? "view-mask" : name;
  }

  /** @param {KeyboardEvent} event */
  #space(event) {
    event.preventDefault();
    if (event.repeat) return;
    this.spaceSince = event.timeStamp;
    this.moved = false;
    this.ui.set({ panning: true });
  }

  #escape() {
    if (this.canvasInput.active) this.keyPen.cancel();
    else this.ink.set({ selected: null });
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    if (event.key === "Control" || event.key === "Meta") this.ui.set({ collecting: false });
    if (event.key !== " " || this.spaceSince === 0) return;
    const tapped = event.timeStamp - this.spaceSince < TAP_MS && !this.moved;
    this.spaceSince = 0;
    this.ui.set({ panning: false });
    if (tapped) this.actions.run("commit");
  }

  #letGo() {
    this.spaceSince = 0;
    this.ui.set({ panning: false, collecting: false });
  }
}

/**
 * @param {EventTarget | null} target
 * @returns {boolean} whether Space, Enter and arrows belong to it
 */
function isControl(target) {
  return target instanceof HTMLElement && target.matches("button, summary, [role=option], input");
}
