/** What changes the annotation of the open image, or the classes of its project: commands to the server. */

import { otherSign } from "../state/ui_store.js";

/**
 * @import { Connection } from "../connection/connection.js"
 * @import { ChangeObjects, Command } from "../messages.js"
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
  /** @type {Set<number>} objects that the server was asked to add */
  #added = new Set();
  /** @type {{image: string, ids: number[]} | null} what was copied */
  #copied = null;

  /** @param {Parts} parts */
  constructor({ annotation, project, ui, ink, status, connection }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.ink = ink;
    this.status = status;
    this.connection = connection;
    annotation.watch(["image"], () => this.#added.clear());
    annotation.watch(["objects"], ({ objects }) => objects.forEach(({ id }) => this.#added.delete(id)));
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

  /** The strokes and masks of this image go, but for locked objects; the objects stay. */
  clear() {
    this.status.say("The strokes and masks of all objects of this image are cleared; undo brings them back");
    this.command({ kind: "clear" });
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

  /** The next object, of the class that was chosen for it. */
  newObject() {
    const id = this.nextObjectId;
    this.#addObject(id);
    this.ui.set({ object: id });
  }

  /** @returns {number} an id that no object has, nor one that the server was just asked to add */
  get nextObjectId() {
    return Math.max(this.annotation.nextObjectId - 1, ...this.#added) + 1;
  }

  /** @param {number} id of an object that is drawn on: one that is not there yet begins with the chosen class */
  beginObject(id) {
    const isThere = id === 0 || this.annotation.object(id) || this.#added.has(id);
    if (!isThere && this.ui.value.nextClass) this.#addObject(id);
  }

  /** @param {number} id */
  #addObject(id) {
    const { nextClass } = this.ui.value;
    const given = nextClass ? { class_name: nextClass, ...this.colourOf(nextClass) } : {};
    this.#added.add(id);
    this.command({ kind: "add_object", object_id: id, ...given });
  }

  /** @returns {number[]} the chosen objects that exist */
  get chosen() {
    return this.ui.chosen.filter((id) => this.annotation.object(id));
  }

  /**
   * @param {number[]} ids
   * @param {Omit<ChangeObjects, "kind" | "object_ids">} change
   */
  changeObjects(ids, change) {
    this.command({ kind: "change_objects", object_ids: ids, ...change });
  }

  /**
   * @param {number[]} ids
   * @param {boolean} visible
   */
  showObjects(ids, visible) {
    this.command({ kind: "show_objects", object_ids: ids, visible });
  }

  /** @param {"locked" | "visible"} what of the chosen objects */
  toggleObjects(what) {
    const [first] = this.chosen;
    const value = !this.annotation.object(first)?.[what];
    if (what === "visible") return this.showObjects(this.chosen, value);
    this.changeObjects(this.chosen, { locked: value });
  }

  deleteObjects() {
    const free = this.chosen.filter((id) => !this.annotation.object(id)?.locked);
    const locked = this.chosen.length - free.length;
    if (free.length && locked) this.status.say(`${locked} locked ${locked === 1 ? "object stays" : "objects stay"}`);
    this.command({ kind: "delete_objects", object_ids: free.length ? free : this.chosen });
  }

  /** @param {"split_object" | "fill_holes" | "drop_specks" | "smooth"} kind */
  commandForObject(kind) {
    this.command({ kind, object_id: this.ui.value.object });
  }

  /** The chosen objects become one; of a single one, all of its class. */
  mergeObjects() {
    const into = this.annotation.object(this.ui.value.object);
    if (!into) return;
    if (this.chosen.length > 1) {
      this.command({ kind: "merge_objects", object_ids: this.chosen, into_id: into.id });
      return this.ui.set({ object: into.id });
    }
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
    this.connection.command({ type: "copy_objects", image: image.name, into: next, object_ids: this.chosen });
  }

  /** Remember the chosen objects, to put them into another image. */
  copyObjects() {
    this.#copied = { image: this.annotation.value.image?.name ?? "", ids: this.chosen };
    const { length } = this.chosen;
    this.status.say(`Copied ${length} ${length === 1 ? "object" : "objects"}; paste in this or another image`);
  }

  pasteObjects() {
    if (!this.#copied) return this.status.say("Nothing was copied yet");
    const { image, ids } = this.#copied;
    this.#paste(image, ids);
  }

  /** In the same image, beside the chosen objects where objects exclude one another. */
  duplicateObjects() {
    this.#paste(this.annotation.value.image?.name ?? "", this.chosen);
  }

  /**
   * @param {string} from an image
   * @param {number[]} ids
   */
  #paste(from, ids) {
    const into = this.annotation.value.image?.name;
    if (into) this.connection.command({ type: "copy_objects", image: from, into, object_ids: ids });
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
   * @param {string} name of a class
   * @returns {{colour?: string}} what its objects get, where it has a colour
   */
  colourOf(name) {
    const colour = this.project.value.classes.find((each) => each.name === name)?.colour;
    return colour ? { colour } : {};
  }
}
