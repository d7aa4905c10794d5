/** The list of objects: colour, name, area, eye, lock and a menu for each. */

import { BACKGROUND_COLOUR } from "../canvas/palette.js";
import { byId, elementOf, icon, make, makeButton } from "../elements.js";
import { openObjectMenu } from "./object_menu.js";
import { renameIn } from "./object_rename.js";

/**
 * @import { Palette } from "../canvas/palette.js"
 * @import { Actions } from "../commands/actions.js"
 * @import { Editor } from "../commands/editor.js"
 * @import { ObjectEntry } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {Palette} palette
 * @property {Editor} editor
 * @property {Actions} actions
 */

const FILTERED_FROM = 5;

export class ObjectsPanel {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, palette, editor, actions }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.palette = palette;
    this.editor = editor;
    this.actions = actions;
    this.list = byId("objects");
    this.filter = elementOf("object-filter", HTMLInputElement);
    this.filter.addEventListener("input", () => this.#draw());
    this.list.addEventListener("pointerleave", () => ui.set({ hovered: null }));
    annotation.watch(["objects", "editor", "image"], () => this.#draw());
    annotation.watch(["areas"], () => this.#showAreas());
    project.watch(["project", "classes"], () => this.#draw());
    ui.watch(["object", "also", "colours", "nextClass"], () => this.#draw());
    ui.watch(["hovered"], () => this.#lightUp());
    ui.watch(["renaming"], ({ renaming }) => (renaming === null ? this.#draw() : this.#rename(renaming)));
    this.list.addEventListener("keydown", (event) => this.#walk(event));
  }

  #draw() {
    if (this.ui.value.renaming !== null) return;
    const { objects } = this.annotation.value;
    this.filter.hidden = objects.length <= FILTERED_FROM && !this.filter.value;
    const chosen = this.ui.value.object;
    const isComing = chosen !== 0 && !this.annotation.object(chosen) && !this.project.readOnly;
    const focused = this.list.contains(document.activeElement);
    this.list.replaceChildren(
      ...objects.filter((object) => this.#isFound(object)).map((object) => this.#row(object)),
      ...(isComing ? [this.#coming(chosen)] : []),
      this.#background(),
    );
    this.#showAreas();
    this.#lightUp();
    this.#elementIn(".first")?.scrollIntoView({ block: "nearest" });
    if (focused) this.#elementIn(".first")?.focus();
  }

  /** @param {ObjectEntry} object */
  #isFound(object) {
    const words = this.filter.value.trim().toLowerCase();
    return `${object.name}\n${this.project.classOf(object)}`.toLowerCase().includes(words);
  }

  #lightUp() {
    const { hovered } = this.ui.value;
    for (const row of this.list.children) row.classList.toggle("lit", row.getAttribute("data-id") === String(hovered));
  }

  /** @param {string} selector */
  #elementIn(selector) {
    return /** @type {HTMLElement | null} */ (this.list.querySelector(selector));
  }

  /** @param {ObjectEntry} object */
  #row(object) {
    const { id, name, visible, locked } = object;
    const given = this.project.classOf(object);
    const shown = given && given !== name ? [make("span", { class: "class quiet", text: given })] : [];
    const title = shown.length ? `${name}, class ${given}` : name;
    const lock = locked ? "Unlock" : "Lock: later strokes leave it alone";
    const states = `${locked ? " locked" : ""}${visible ? "" : " hidden"}`;
    const parts = [
      make("span", { class: "digit", text: id }),
      make("span", { class: "name", title }, [name, ...shown]),
      make("span", { class: "sr-only", text: states }),
      make("span", { class: "area", "data-area": id }),
    ];
    const buttons = [
      this.#small(visible ? "eye" : "eye-off", visible ? "Hide" : "Show", visible ? "" : "set", () =>
        this.editor.showObjects([id], !visible),
      ),
      this.#small(locked ? "lock" : "unlock", lock, locked ? "set" : "", () =>
        this.editor.changeObjects([id], { locked: !locked }),
      ),
      this.#small("more", "More", "always", (event) => this.#openMenu(id, event)),
    ];
    const row = this.#frame(id, this.palette.colourOf(object), parts, buttons);
    row.classList.toggle("unseen", !visible);
    row.addEventListener("dblclick", () => this.ui.set({ renaming: id }));
    row.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      this.#openMenu(id, event);
    });
    return row;
  }

  /** @param {number} id of an object that exists as soon as it is drawn */
  #coming(id) {
    const row = this.#frame(id, this.palette.colourOf({ id }), [
      make("span", { class: "digit", text: id }),
      make("span", { class: "name quiet", text: this.#comingText() }),
    ]);
    row.classList.add("coming");
    return row;
  }

  #comingText() {
    const { nextClass } = this.ui.value;
    return nextClass ? `${nextClass}: draw to add it` : "draw to add it";
  }

  #background() {
    const row = this.#frame(0, BACKGROUND_COLOUR, [
      make("span", { class: "digit", text: "0" }),
      make("span", { class: "name", text: "background", title: "Strokes on what belongs to no object" }),
    ]);
    row.classList.add("background");
    return row;
  }

  /**
   * @param {number} id
   * @param {string} colour
   * @param {Node[]} parts
   * @param {Node[]} [buttons]
   */
  #frame(id, colour, parts, buttons = []) {
    const isChosen = this.ui.chosen.includes(id);
    const attributes = {
      class: "object",
      role: "row",
      tabindex: this.ui.value.object === id ? 0 : -1,
      "aria-selected": String(isChosen),
      "data-id": id,
      onclick: (/** @type {MouseEvent} */ event) =>
        this.ui.choose(id, event.shiftKey || event.ctrlKey || event.metaKey),
    };
    const row = make("div", attributes, [
      make("div", { class: "cell", role: "gridcell" }, [make("span", { class: "swatch" }), ...parts]),
      ...(buttons.length ? [make("div", { class: "cell", role: "gridcell" }, buttons)] : []),
    ]);
    row.style.setProperty("--swatch", colour);
    row.classList.toggle("first", this.ui.value.object === id);
    row.addEventListener("pointerenter", () => this.ui.set({ hovered: id || null }));
    return row;
  }

  /**
   * @param {string} name of its icon
   * @param {string} title
   * @param {"" | "set" | "always"} state
   * @param {(event: MouseEvent) => void} run
   */
  #small(name, title, state, run) {
    const onclick = (/** @type {MouseEvent} */ event) => {
      event.stopPropagation();
      run(event);
    };
    const disabled = !this.annotation.value.editor;
    return makeButton({ class: `mini ${state}`, title, "aria-label": title, disabled, onclick }, [icon(name)]);
  }

  #showAreas() {
    for (const cell of this.list.querySelectorAll("[data-area]")) {
      cell.textContent = percent(this.annotation.value.areas.get(Number(cell.getAttribute("data-area"))) ?? 0);
    }
  }

  /** @param {number} id of an object that gets another name */
  #rename(id) {
    const object = this.annotation.object(id);
    const row = this.#elementIn(`[data-id="${id}"]`);
    if (!object || !row || !this.annotation.value.editor) return this.ui.set({ renaming: null });
    const classes = this.project.value.classes.map((each) => each.name);
    renameIn(row, object, { ui: this.ui, editor: this.editor, classes });
  }

  /** @param {KeyboardEvent} event arrows walk through the list */
  #walk(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target !== event.currentTarget && !target.matches(".object")) return;
    const rows = [...this.list.querySelectorAll(".object")];
    const at = rows.findIndex((row) => row === document.activeElement);
    const next = event.key === "ArrowDown" ? at + 1 : event.key === "ArrowUp" ? at - 1 : -1;
    if (next < 0 || next >= rows.length) return;
    event.preventDefault();
    event.stopPropagation();
    this.ui.set({ object: Number(rows[next].getAttribute("data-id")) });
  }

  /**
   * @param {number} id
   * @param {MouseEvent} event
   */
  #openMenu(id, event) {
    if (!this.ui.chosen.includes(id)) this.ui.set({ object: id });
    // By key there is no pointer: the menu opens beside its row.
    const row = /** @type {Element} */ (this.#elementIn(`[data-id="${id}"]`)).getBoundingClientRect();
    const byKey = event.detail === 0 && event.button <= 0;
    openObjectMenu({ id, x: byKey ? row.left : event.clientX, y: byKey ? row.bottom : event.clientY }, this);
  }
}

/** @param {number} share 0..1 */
function percent(share) {
  if (share === 0) return "";
  return share < 0.001 ? "<0.1 %" : `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`;
}
