/** What changes the annotation of the open image, or the classes of its project: commands to the server. */

import { otherSign } from "../state/ui_store.js";

/**
 * @import { Connection } from "../connection/connection.js"
 * @import { ChangeObject, ClassEntry, Command } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {InkStore} ink
 * @property {StatusStore} status
 * @property {Connection} connection
 */

export class Editor {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, ink, status, connection }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.ink = ink;
    this.status = status;
    this.connection = connection;
  }

  /**
   * Change the annotation of the open image.
   * @param {Command} body
   * @param {string[]} [strokes] drawn here that the command brings
   */
  command(body, strokes = []) {
    const { image, editor } = this.annotation.value;
    if (!image || !editor) return;
    const id = this.connection.command({ type: "command", image: image.name, body });
    this.ink.expect(id, strokes);
    this.status.unsaved();
  }

  undo() {
    this.status.say(`Undo ${this.annotation.value.undo}`);
    this.command({ kind: "undo" });
  }

  redo() {
    this.status.say(`Redo ${this.annotation.value.redo}`);
    this.command({ kind: "redo" });
  }

  save() {
    const { image } = this.annotation.value;
    if (image) this.connection.command({ type: "save", image: image.name });
  }

  /** @param {"done" | "flagged"} status of the image; once more takes it back */
  mark(status) {
    const already = this.annotation.value.status === status;
    this.command({ kind: "mark_image", status: already ? "in_progress" : status });
  }

  /** Let objects of this image overlap, or keep them apart. */
  changeOverlap() {
    const { overlap } = this.annotation.value;
    this.command({ kind: "configure", overlap: overlap === "exclusive" ? "overlapping" : "exclusive" });
  }

  // Objects.

  newObject() {
    const id = this.annotation.nextObjectId;
    this.command({ kind: "add_object", object_id: id });
    this.ui.set({ object: id });
  }

  /**
   * @param {number} id
   * @param {Omit<ChangeObject, "kind" | "object_id">} change
   */
  changeObject(id, change) {
    this.command({ kind: "change_object", object_id: id, ...change });
  }

  /**
   * @param {number[]} ids
   * @param {boolean} visible
   */
  showObjects(ids, visible) {
    this.command({ kind: "show_objects", object_ids: ids, visible });
  }

  /** @param {"locked" | "visible"} what of the chosen object */
  toggleObject(what) {
    const object = this.annotation.object(this.ui.value.object);
    if (!object) return;
    if (what === "visible") this.showObjects([object.id], !object.visible);
    else this.changeObject(object.id, { locked: !object.locked });
  }

  /** @param {"delete_object" | "split_object" | "fill_holes" | "drop_specks" | "smooth"} kind */
  commandForObject(kind) {
    this.command({ kind, object_id: this.ui.value.object });
  }

  /** All objects of the class of the chosen one become one with it. */
  mergeObjects() {
    const into = this.annotation.object(this.ui.value.object);
    if (!into) return;
    const wanted = this.project.classOf(into);
    const others = this.annotation.value.objects.filter(
      (object) => object.id !== into.id && this.project.classOf(object) === wanted,
    );
    const ids = others.map((object) => object.id);
    if (ids.length) this.command({ kind: "merge_objects", object_ids: [...ids, into.id], into_id: into.id });
    else this.status.say("There is no other object of this class");
  }

  /** @param {string | undefined} next an image that gets a copy of the chosen object */
  copyObjectTo(next) {
    const { image } = this.annotation.value;
    if (!next || !image) return this.status.say("This is the last image");
    const ids = [this.ui.value.object];
    this.connection.command({ type: "copy_objects", image: image.name, into: next, object_ids: ids });
  }

  // The selected stroke.

  deleteStroke() {
    const { selected } = this.ink.value;
    if (selected === null) return;
    this.command({ kind: "delete_stroke", key: selected });
    this.ink.set({ selected: null });
  }

  flipStroke() {
    const stroke = this.annotation.stroke(this.ink.value.selected);
    if (stroke) this.command({ kind: "change_stroke", key: stroke.key, sign: otherSign(stroke.sign) });
  }

  /** The selected stroke becomes one of the chosen object. */
  giveStroke() {
    const { selected } = this.ink.value;
    if (selected !== null) this.command({ kind: "change_stroke", key: selected, object_id: this.ui.value.object });
  }

  // Classes.

  /**
   * Give the chosen object a class, and the colour of the class; an object that is not there yet begins with it.
   * @param {ClassEntry} given
   */
  giveClass(given) {
    const id = this.ui.value.object;
    if (id === 0) return this.status.say("The background has no class");
    const change = { class_name: given.name, ...(given.colour ? { colour: given.colour } : {}) };
    if (this.annotation.object(id)) this.changeObject(id, change);
    else this.command({ kind: "add_object", object_id: id, ...change });
  }

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
    // Objects of this image follow, each of which can be undone; those with a colour of their own keep it.
    for (const object of this.annotation.value.objects) {
      const follows = object.colour === given.colour || !given.colour;
      if (follows && this.project.classOf(object) === given.name) this.changeObject(object.id, { colour });
    }
  }

  /** @param {string} name of a class that is offered no longer */
  removeClass(name) {
    this.connection.command({ type: "remove_class", name });
  }
}
