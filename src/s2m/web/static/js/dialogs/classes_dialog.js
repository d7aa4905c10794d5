/** The classes of the project: give one to the chosen object, add, rename, recolour, take from the list. */

import { byId, icon, make, makeButton } from "../elements.js";
import { openDialog } from "./dialog.js";

/**
 * @import { Palette } from "../canvas/palette.js"
 * @import { Editor } from "../commands/editor.js"
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
 * @property {Editor} editor
 */

const LONGEST_NAME = 80;

export class ClassesDialog {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, palette, editor }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.palette = palette;
    this.editor = editor;
    annotation.watch(["objects", "editor"], () => this.#draw());
    project.watch(["classes"], () => this.#draw());
  }

  show() {
    openDialog("Classes", [make("div", { id: "classes" })]);
    this.#draw();
    byId(this.project.value.classes.length ? "class-give-0" : "class-new").focus();
  }

  #draw() {
    const list = document.getElementById("classes");
    if (!list) return;
    const focused = document.activeElement?.id;
    const { object } = this.ui.value;
    const help =
      object === 0
        ? "Choose an object to give it a class."
        : `Give ${this.annotation.nameOf(object)} a class, or change the classes of the whole project.`;
    list.replaceChildren(
      make("p", { class: "help", text: help }),
      ...this.project.value.classes.map((given, place) => this.#row(given, place)),
      this.#newRow(),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  /**
   * @param {ClassEntry} given
   * @param {number} place in the list
   */
  #row(given, place) {
    const { object } = this.ui.value;
    const chosen = this.annotation.object(object);
    const has = chosen !== undefined && this.project.classOf(chosen) === given.name;
    const count = this.annotation.value.objects.filter((each) => this.project.classOf(each) === given.name).length;
    const used = count ? `${count} ${count === 1 ? "object" : "objects"}` : "";
    const colourTitle = `Colour of ${given.name}`;
    const colour = make("input", {
      type: "color",
      id: `class-colour-${place}`,
      value: given.colour || this.#colourAt(place),
      title: colourTitle,
      "aria-label": colourTitle,
    });
    colour.addEventListener("change", () => this.editor.recolourClass(given, colour.value));
    const give = {
      id: `class-give-${place}`,
      class: "small-button",
      "aria-pressed": String(has),
      "aria-label": `Give ${given.name}`,
      text: has ? "Given" : "Give",
      disabled: object === 0 || !this.annotation.value.editor,
      onclick: () => this.editor.giveClass(given),
    };
    const removeTitle = `Offer ${given.name} no longer`;
    const onclick = () => this.editor.removeClass(given.name);
    return make("div", { class: "class-line" }, [
      colour,
      this.#nameField(given.name, place),
      make("span", { class: "quiet", text: used }),
      makeButton(give),
      makeButton({ class: "icon-button", title: removeTitle, "aria-label": removeTitle, onclick }, [icon("close")]),
    ]);
  }

  /**
   * @param {string} name of a class
   * @param {number} place in the list
   */
  #nameField(name, place) {
    const field = make("input", {
      type: "text",
      id: `class-name-${place}`,
      value: name,
      maxlength: LONGEST_NAME,
      "aria-label": `Name of the class ${name}`,
    });
    field.addEventListener("change", () => {
      const wanted = field.value.trim();
      if (wanted && wanted !== name) this.editor.renameClass(name, wanted);
      else field.value = name;
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") field.blur();
    });
    return field;
  }

  #newRow() {
    const title = "Colour of the new class";
    const value = this.#colourAt(this.project.value.classes.length);
    const colour = make("input", { type: "color", value, "aria-label": title, title });
    const name = make("input", {
      type: "text",
      id: "class-new",
      maxlength: LONGEST_NAME,
      placeholder: "New class",
      "aria-label": "Name of a new class",
    });
    const add = () => {
      const wanted = name.value.trim();
      name.focus();
      if (!wanted) return;
      this.editor.addClass(wanted, colour.value);
      name.value = "";
    };
    name.addEventListener("keydown", (event) => {
      if (event.key === "Enter") add();
    });
    const button = makeButton({ class: "small-button", text: "Add", onclick: add });
    return make("div", { class: "class-line new" }, [colour, name, button]);
  }

  /** @param {number} place */
  #colourAt(place) {
    const colours = this.palette.distinct;
    return colours[place % colours.length];
  }
}
