/** The classes of the project, always in sight: a click or a key chooses that of the next object; typing finds or adds. */

import { byId, elementOf, make, makeButton } from "../elements.js";

/**
 * @import { Palette } from "../canvas/palette.js"
 * @import { ClassChoice } from "../commands/class_choice.js"
 * @import { ClassEntry } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {Palette} palette
 * @property {ClassChoice} classChoice
 */

export class ClassPalette {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, palette, classChoice }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.palette = palette;
    this.classChoice = classChoice;
    this.field = elementOf("class-field", HTMLInputElement);
    /** The row that Enter chooses. */
    this.marked = 0;
    /** @type {{name: string, number: number, isNew: boolean}[]} */
    this.rows = [];
    this.field.addEventListener("input", () => this.#type());
    this.field.addEventListener("focus", () => this.#draw());
    this.field.addEventListener("blur", () => this.#draw());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    annotation.watch(["objects", "editor"], () => this.#draw());
    project.watch(["project", "classes"], () => this.#draw());
    ui.watch(["nextClass", "object", "also", "recentClasses"], () => this.#draw());
  }

  /** Go there by key: a number chooses, letters find. */
  enter() {
    this.field.focus();
    this.field.select();
  }

  #type() {
    this.marked = 0;
    const { value } = this.field;
    const count = this.project.value.classes.length;
    const number = Number(value);
    // A number chooses at once where no longer one can be meant.
    if (/^\d+$/.test(value) && number >= 1 && number <= count && number * 10 > count) {
      return this.#choose(this.project.value.classes[number - 1].name);
    }
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Enter") this.#take(event.shiftKey);
    else if (event.key === "Escape") this.#leave();
    else if (event.key === "ArrowDown") this.#mark(this.marked + 1);
    else if (event.key === "ArrowUp") this.#mark(this.marked - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} place */
  #mark(place) {
    this.marked = Math.max(0, Math.min(this.rows.length - 1, place));
    this.#draw();
  }

  /** @param {boolean} gives to the chosen objects, not to the next one */
  #take(gives) {
    const row = this.rows[this.marked];
    if (row?.isNew) this.classChoice.add(row.name);
    else if (row && gives) this.classChoice.give(row.name);
    else if (row) this.classChoice.choose(row.name);
    this.#leave();
  }

  /** @param {string} name */
  #choose(name) {
    this.classChoice.choose(name);
    this.#leave();
  }

  #leave() {
    this.field.value = "";
    this.marked = 0;
    byId("stage").focus({ preventScroll: true });
  }

  #draw() {
    const { classes } = this.project.value;
    const { recentClasses } = this.ui.value;
    const words = this.field.value.trim();
    const age = (/** @type {string} */ name) => (recentClasses.indexOf(name) + 1 || Infinity) - 1;
    const found = classes
      .map(({ name }, place) => ({ name, number: place + 1, isNew: false }))
      .filter(({ name, number }) => name.toLowerCase().includes(words.toLowerCase()) || String(number) === words)
      .sort((a, b) => rank(a.name, words) - rank(b.name, words) || age(a.name) - age(b.name) || a.number - b.number);
    const isKnown = classes.some(({ name }) => name.toLowerCase() === words.toLowerCase());
    const isNumber = /^\d+$/.test(words) && found.length > 0;
    this.rows = words && !isKnown && !isNumber ? [...found, { name: words, number: 0, isNew: true }] : found;
    const typing = document.activeElement === this.field;
    const elements = this.rows.map((row, place) => this.#row(row, typing && words !== "" && place === this.marked));
    byId("class-palette").replaceChildren(...elements, ...(words ? [] : [this.#none()]));
    byId("class-palette").querySelector(".marked, [aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    this.field.placeholder = classes.length ? "Find or add" : "Add a class: name, Enter";
    this.field.disabled = this.project.readOnly !== "";
  }

  /**
   * @param {{name: string, number: number, isNew: boolean}} row
   * @param {boolean} isMarked
   */
  #row({ name, number, isNew }, isMarked) {
    if (isNew) {
      const onclick = () => (this.classChoice.add(name), this.#leave());
      return make(
        "div",
        { class: `class-row${isMarked ? " marked" : ""}`, role: "row", "aria-selected": "false", onclick },
        [make("span", { class: "name", text: `Add “${name}”` })],
      );
    }
    const given = /** @type {ClassEntry} */ (this.project.value.classes[number - 1]);
    const isNext = this.ui.value.nextClass === name;
    const objects = this.annotation.value.objects.filter((object) => this.project.classOf(object) === name).length;
    const row = make(
      "div",
      {
        class: `class-row${isMarked ? " marked" : ""}`,
        role: "row",
        "aria-selected": String(isNext),
        title: `The next object is of the class ${name} (C, ${number})`,
        "data-class": name,
        onclick: () => this.#choose(name),
      },
      [
        cell([
          make("span", { class: "swatch" }),
          make("span", { class: "digit", text: number }),
          make("span", { class: "name", text: name }),
          make("span", { class: "quiet", text: objects || "" }),
        ]),
        ...this.#setButton(name),
      ],
    );
    const { distinct } = this.palette;
    row.style.setProperty("--swatch", given.colour || distinct[(number - 1) % distinct.length]);
    return row;
  }

  /**
   * @param {string} name of the class that chosen objects of another one can get
   * @returns {Node[]}
   */
  #setButton(name) {
    const chosen = this.ui.chosen.map((id) => this.annotation.object(id)).filter((object) => object !== undefined);
    if (!this.annotation.value.editor || chosen.every((object) => this.project.classOf(object) === name)) return [];
    const what = chosen.length === 1 ? chosen[0].name : `${chosen.length} objects`;
    const title = `Change the class of ${what} to ${name}`;
    const onclick = (/** @type {Event} */ event) => {
      event.stopPropagation();
      this.classChoice.give(name);
    };
    return [cell([makeButton({ class: "mini-word", title, text: "Set", tabindex: -1, onclick })])];
  }

  #none() {
    const isNext = this.ui.value.nextClass === "";
    const onclick = () => this.classChoice.choose("");
    return make("div", { class: "class-row none", role: "row", "aria-selected": String(isNext), onclick }, [
      cell([
        make("span", { class: "swatch" }),
        make("span", { class: "digit" }),
        make("span", { class: "name", text: "no class" }),
      ]),
    ]);
  }
}

/**
 * @param {string} name
 * @param {string} words
 */
function rank(name, words) {
  return words && name.toLowerCase().startsWith(words.toLowerCase()) ? 0 : 1;
}

/** @param {Node[]} children */
function cell(children) {
  return make("div", { class: "cell", role: "gridcell" }, children);
}
