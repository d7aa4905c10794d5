/** The classes of the project: add, rename, recolour, offer no longer. */

import { byId, icon, make, makeButton } from "../elements.js";
import { openDialog } from "./dialog.js";

/**
 * @import { Palette } from "../canvas/palette.js"
 * @import { ClassChoice } from "../commands/class_choice.js"
 * @import { ClassEntry } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {Palette} palette
 * @property {ClassChoice} classChoice
 */

const LONGEST_NAME = 80;
const HELP = "Names and colours of the whole project. A renamed class holds for objects drawn before, too.";

export class ClassesDialog {
  /** @param {Parts} parts */
  constructor({ annotation, project, palette, classChoice }) {
    this.annotation = annotation;
    this.project = project;
    this.palette = palette;
    this.classChoice = classChoice;
    annotation.watch(["objects", "editor"], () => this.#draw());
    project.watch(["classes"], () => this.#draw());
  }

  show() {
    openDialog("Classes", [make("div", { id: "classes" })]);
    this.#draw();
    byId("class-new").focus();
  }

  #draw() {
    const list = document.getElementById("classes");
    if (!list) return;
    const focused = document.activeElement?.id;
    list.replaceChildren(
      make("p", { class: "help", text: HELP }),
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
    colour.addEventListener("change", () => this.classChoice.recolourClass(given, colour.value));
    const removeTitle = `Offer ${given.name} no longer`;
    const onclick = () => this.classChoice.removeClass(given.name);
    return make("div", { class: "class-line" }, [
      colour,
      this.#nameField(given.name, place),
      make("span", { class: "quiet", text: used }),
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
      if (wanted && wanted !== name) this.classChoice.renameClass(name, wanted);
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
      this.classChoice.addClass(wanted, colour.value);
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
