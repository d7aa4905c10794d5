/** Which class objects get, the next one and those that are chosen; and the classes of the project. */

/**
 * @import { Palette } from "../canvas/palette.js"
 * @import { Connection } from "../connection/connection.js"
 * @import { ClassEntry } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Editor } from "./editor.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {StatusStore} status
 * @property {Palette} palette
 * @property {Editor} editor
 * @property {Connection} connection
 */

export class ClassChoice {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, status, palette, editor, connection }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.status = status;
    this.palette = palette;
    this.editor = editor;
    this.connection = connection;
  }

  /** @returns {number[]} the chosen objects that exist */
  get #chosen() {
    return this.ui.chosen.filter((id) => this.annotation.object(id));
  }

  /**
   * The class of the next object. Objects that were chosen together get it, and one that has none yet;
   * beside an object of another class the next one begins.
   * @param {string} name empty for none
   */
  choose(name) {
    this.#use(name);
    const object = this.annotation.object(this.ui.value.object);
    if (!this.annotation.value.editor || !name) return;
    if (this.#chosen.length > 1 || (object && !object.class_name)) return this.give(name);
    if (object && this.project.classOf(object) !== name) this.ui.set({ object: this.editor.nextObjectId });
    this.status.say(`The next object is of the class ${name}`);
  }

  /** @param {string} name of the class that all chosen objects get now */
  give(name) {
    this.#use(name);
    if (this.#chosen.length === 0) return;
    this.editor.changeObjects(this.#chosen, { class_name: name, ...this.editor.colourOf(name) });
  }

  /** @param {string} name of a class that is new to the project, and the next object's */
  add(name) {
    const { distinct } = this.palette;
    this.addClass(name, distinct[this.project.value.classes.length % distinct.length]);
    this.choose(name);
  }

  /** @param {string} name */
  #use(name) {
    const others = this.ui.value.recentClasses.filter((each) => each !== name);
    this.ui.set({ nextClass: name, recentClasses: name ? [name, ...others] : others });
  }

  // The classes of the project.

  /**
   * @param {string} name
   * @param {string} colour
   */
  addClass(name, colour) {
    this.connection.command({ type: "add_class", name, colour });
  }

  /**
   * @param {string} name
   * @param {string} newName for the whole project
   */
  renameClass(name, newName) {
    this.connection.command({ type: "change_class", name, new_name: newName });
  }

  /**
   * Another colour of a class, for the whole project.
   * @param {ClassEntry} given
   * @param {string} colour
   */
  recolourClass(given, colour) {
    this.connection.command({ type: "change_class", name: given.name, colour });
    // Objects of this image follow, which can be undone; those with a colour of their own keep it.
    const followers = this.annotation.value.objects.filter(
      (object) => (object.colour === given.colour || !given.colour) && this.project.classOf(object) === given.name,
    );
    if (followers.length)
      this.editor.changeObjects(
        followers.map(({ id }) => id),
        { colour },
      );
  }

  /** @param {string} name of a class that is offered no longer */
  removeClass(name) {
    this.connection.command({ type: "remove_class", name });
  }
}
