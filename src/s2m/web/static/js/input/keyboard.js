/** Key presses in; actions, the hand while Space is held, and strokes collected while Ctrl is held, out. */

import { isComposing, isTyping, namesOfKey } from "./key_names.js";

/**
 * @import { Viewport } from "../canvas/viewport.js"
 * @import { Actions } from "../commands/actions.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { CanvasInput } from "./canvas_input.js"
 * @import { KeyBindings } from "./key_bindings.js"
 * @import { KeyPen } from "./key_pen.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
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
const NEXT_DIGIT_MS = 700;

export class Keyboard {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, ink, keys, viewport, canvasInput, keyPen, actions }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.ink = ink;
    this.keys = keys;
    this.canvasInput = canvasInput;
    this.keyPen = keyPen;
    this.actions = actions;
    this.spaceSince = 0;
    this.moved = false;
    /** @type {{code: string, hold: (on: boolean) => void} | null} what a held key does */
    this.held = null;
    /** The digits typed last, for numbers beyond 9. */
    this.typed = { digits: "", at: -Infinity };
    viewport.watch(() => {
      this.moved = true;
    });
    addEventListener("keydown", (event) => this.#down(event));
    addEventListener("keyup", (event) => this.#up(event));
    addEventListener("blur", () => this.#letGo());
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (isTyping(event.target) || document.querySelector("dialog[open]") || isComposing(event)) return;
    if (event.key === "Control" || event.key === "Meta") return this.ui.set({ collecting: true });
    // Windows says Control before AltGr.
    if (event.key === "AltGraph") return this.ui.set({ collecting: false });
    if (isControl(event.target) && (event.key === " " || event.key === "Enter" || event.key.startsWith("Arrow")))
      return;
    if (event.key === " ") return this.#space(event);
    if (event.key === "Escape") return this.#escape();
    if (this.keyPen.move(event)) return event.preventDefault();
    const name = this.keys.actionOf(namesOfKey(event));
    if (!name || (event.key === "Tab" && !this.#ownsTab(event))) return;
    event.preventDefault();
    const { hold, repeats } = this.actions.get(name);
    if (event.repeat && !repeats) return;
    if (hold) return this.#hold(event.code, hold);
    this.actions.run(this.#meant(name));
    const digit = name === "object-background" ? "0" : /^object-(\d)$/.exec(name)?.[1];
    if (digit) this.#typeNumber(digit, event.timeStamp);
  }

  /**
   * "1", "2" in a row choose object 12 where there is one.
   * @param {string} digit
   * @param {number} time
   */
  #typeNumber(digit, time) {
    const { digits, at } = this.typed;
    const longer = time - at < NEXT_DIGIT_MS ? digits + digit : digit;
    const isThere = longer.length > 1 && this.annotation.object(Number(longer)) !== undefined;
    if (isThere) this.ui.set({ object: Number(longer) });
    this.typed = { digits: isThere || longer.length === 1 ? longer : digit, at: time };
  }

  /**
   * D shows the mask while a single image is open, and the next image of a folder.
   * @param {string} name
   */
  #meant(name) {
    return name === "next-image" && !this.project.hasFolder ? "view-mask" : name;
  }

  /**
   * Tab goes through the objects, unless somebody goes through the page with it.
   * @param {KeyboardEvent} event
   */
  #ownsTab({ target }) {
    const isOnPhotograph = target === document.body || target === document.getElementById("stage");
    return isOnPhotograph && !document.body.classList.contains("by-key") && this.actions.isEnabled("object-next");
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

  /**
   * @param {string} code of the key
   * @param {(on: boolean) => void} hold
   */
  #hold(code, hold) {
    this.held?.hold(false);
    this.held = { code, hold };
    hold(true);
  }

  #release() {
    this.held?.hold(false);
    this.held = null;
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    if (this.held?.code === event.code) this.#release();
    if (event.key === "Control" || event.key === "Meta") this.ui.set({ collecting: false });
    if (event.key !== " " || this.spaceSince === 0) return;
    const tapped = event.timeStamp - this.spaceSince < TAP_MS && !this.moved;
    this.spaceSince = 0;
    this.ui.set({ panning: false });
    if (tapped) this.actions.run("keep");
  }

  #letGo() {
    this.#release();
    this.spaceSince = 0;
    this.ui.set({ panning: false, collecting: false });
  }
}

/**
 * @param {EventTarget | null} target
 * @returns {boolean} whether Space, Enter and arrows belong to it
 */
function isControl(target) {
  return target instanceof HTMLElement && target.matches("button, summary, [role=row], [role=separator], input");
}
