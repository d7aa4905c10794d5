/** Messages of the server in; stores, canvases and status as they say, out. */

/**
 * @import { Layers } from "../canvas/layers.js"
 * @import { Viewport } from "../canvas/viewport.js"
 * @import { Navigation } from "../commands/navigation.js"
 * @import { Drawing } from "../input/drawing.js"
 * @import { KeyBindings } from "../input/key_bindings.js"
 * @import { AnnotationChanged, CommandDone, CommandFailed, EditorChanged } from "../messages.js"
 * @import { EncodingProgress, FolderChanged, ImageSaved, ImageShown, ImageUnreadable } from "../messages.js"
 * @import { LastView, MasksChanged, MessageToPage, Notice, OtherPen, Welcome } from "../messages.js"
 * @import { Hints } from "../panels/hints.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Connection } from "./connection.js"
 * @import { Latency } from "./latency.js"
 *
 * @typedef {{[K in MessageToPage["type"]]: (message: Extract<MessageToPage, {type: K}>) => void}} Takers
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {InkStore} ink
 * @property {StatusStore} status
 * @property {KeyBindings} keys
 * @property {Connection} connection
 * @property {Layers} layers
 * @property {Viewport} viewport
 * @property {Drawing} drawing
 * @property {Navigation} navigation
 * @property {Hints} hints
 * @property {Latency} latency
 */

export class ReceivedMessages {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {Takers} what to do with each message of the server */
    this.takers = {
      welcome: (message) => this.#takeWelcome(message),
      image: (message) => this.#takeImage(message),
      unreadable: (message) => this.#takeUnreadable(message),
      state: (message) => this.#takeState(message),
      masks: (message) => this.#takeMasks(message),
      pen: (message) => this.#takePen(message),
      editor: (message) => this.#takeEditor(message),
      done: (message) => this.#takeDone(message),
      failed: (message) => this.#takeFailed(message),
      saved: (message) => this.#takeSaved(message),
      encoding: (message) => this.#takeEncoding(message),
      notice: (message) => this.#takeNotice(message),
      classes: ({ classes }) => parts.project.set({ classes }),
      entry: ({ entry }) => parts.project.takeEntry(entry),
      folder: (message) => this.#takeFolder(message),
    };
  }

  /** @param {MessageToPage} message */
  take(message) {
    // The table has a function for each type; the compiler cannot see that it is the one of this message.
    const take = /** @type {((message: MessageToPage) => void) | undefined} */ (this.takers[message.type]);
    take?.(message);
  }

  /** @param {Welcome} message */
  #takeWelcome({ project, folder, left_out, preferences, first }) {
    const { parts } = this;
    const { image, opening } = parts.annotation.value;
    parts.connection.kept.project = project.key;
    if (project.read_only && !parts.project.readOnly) parts.ui.set({ tool: "hand" });
    parts.project.set({ project, classes: project.classes, folder, leftOut: left_out });
    parts.keys.take(preferences);
    parts.layers.retry();
    if (folder.length && !image && !opening) parts.navigation.openFirst(first);
  }

  /** @param {FolderChanged} message */
  #takeFolder({ folder, left_out }) {
    const { annotation, navigation, project, status } = this.parts;
    const count = folder.length - project.value.folder.length;
    const more = left_out.find((text) => !project.value.leftOut.includes(text));
    project.set({ folder, leftOut: left_out });
    if (count) status.say(`${count} new ${count === 1 ? "image" : "images"} in the folder`);
    else status.say(more ?? "No new image in the folder");
    if (folder.length && !annotation.imageName) navigation.openFirst(folder[0].name);
  }

  /** @param {ImageShown} message */
  #takeImage(message) {
    const { annotation, drawing, hints, ink, keys, layers, project, status, viewport } = this.parts;
    const isAnother = annotation.takeImage(message);
    if (isAnother) {
      ink.clear();
      layers.showImage(message, message.view.contrast_limits);
      viewport.setImage(message.width, message.height);
      this.#takeView(message.view);
      status.forgetSaving();
      status.say(`${message.width} × ${message.height} pixels${keys.wordsAboutDepth(message)}`);
    } else {
      ink.set({ foreign: null });
      drawing.restream();
    }
    if (message.editor) this.#adopt(message.name);
    document.title = `${message.name} – S2M`;
    if (!project.readOnly) hints.start(message.example);
    layers.uncertainty.refresh();
  }

  /** @param {string} image whose changes a page before this one could not send */
  #adopt(image) {
    const count = this.parts.connection.adopt(image);
    if (count === 0) return;
    this.parts.status.say(
      count === 1
        ? "1 change that waited in this browser is sent now"
        : `${count} changes that waited in this browser are sent now`,
    );
  }

  /** @param {LastView} view */
  #takeView(view) {
    const { ui, viewport } = this.parts;
    ui.set({ object: view.selected_object_id, contrastLimits: view.contrast_limits });
    if (!view.zoom || !view.centre_xy) return;
    viewport.zoomTo(view.zoom);
    viewport.centreOn({ x: view.centre_xy[0], y: view.centre_xy[1] });
  }

  /** @param {ImageUnreadable} message */
  #takeUnreadable(message) {
    const { annotation, ink, layers } = this.parts;
    annotation.takeUnreadable(message);
    ink.clear();
    layers.masks.clear();
    layers.pixels.clear();
    layers.redrawAll();
  }

  /** @param {AnnotationChanged} message */
  #takeState(message) {
    const { annotation, ink } = this.parts;
    annotation.takeState(message);
    ink.set({ foreign: null });
    if (!annotation.stroke(ink.value.selected)) ink.set({ selected: null });
  }

  /** @param {MasksChanged} message */
  #takeMasks(message) {
    const { annotation, connection, drawing, ink, latency, layers } = this.parts;
    const { image, number } = annotation.value;
    if (message.image !== image?.name) return;
    if (message.number < number) return layers.masks.keepLate(message.masks);
    // The answer to a stroke that is finished, or was dropped, comes too late; its outlines are kept all the same.
    layers.showMasks(message.masks);
    annotation.takeAreas(message);
    const { preview, points = 0 } = message;
    if (!preview) layers.pixels.refresh(message.masks);
    if (preview) {
      layers.afterMasks(() => latency.shown(preview, points));
      if (drawing.stroke?.key === preview && drawing.streamed <= points) ink.answered();
    } else if (connection.unsent.size === 0) {
      ink.answered();
      layers.uncertainty.refresh();
    }
  }

  /** @param {OtherPen} message */
  #takePen({ type: _type, image: _image, ...stroke }) {
    this.parts.ink.set({ foreign: { ...stroke, past: false } });
  }

  /** @param {EditorChanged} message */
  #takeEditor(message) {
    const { annotation } = this.parts;
    if (message.image !== annotation.value.image?.name) return;
    annotation.set({ editor: message.you });
    if (message.you) this.#adopt(message.image);
  }

  /** @param {CommandDone} message */
  #takeDone({ id, kind, ms, text }) {
    this.#finish(id);
    const { annotation, status } = this.parts;
    if (text) status.say(ms > 0 ? `${text} · ${Math.round(ms)} ms` : text);
    if (kind === "save") {
      const { savedPath } = status.value;
      const nothing = annotation.value.undo === null && annotation.value.objects.length === 0;
      status.say(nothing ? "Nothing is drawn yet, so that there is no mask to save" : `Saved as ${savedPath}`);
    }
    if (kind === "keep" || kind === "add_object") this.parts.hints.done("kept");
  }

  /** @param {CommandFailed} message */
  #takeFailed({ id, code, text }) {
    const { connection, ink, status } = this.parts;
    if (!connection.unsent.has(id)) this.#finish(id);
    if (connection.unsent.size === 0 || code === "read_only") status.nothingToSave();
    if (code === "read_only") ink.answered();
    status.fail(text);
  }

  /** @param {string} id of a command that is done or refused */
  #finish(id) {
    const { connection, ink } = this.parts;
    ink.finish(id);
    if (connection.unsent.size === 0) ink.answered();
  }

  /** @param {ImageSaved} message */
  #takeSaved({ image, path, backup }) {
    const { annotation, status } = this.parts;
    if (image !== annotation.value.image?.name) return;
    status.saved(path);
    if (backup) status.warn(`An earlier file of yours was kept as ${backup}.`);
  }

  /** @param {EncodingProgress} message */
  #takeEncoding({ image, done, ms }) {
    const { annotation, keys, status } = this.parts;
    const shown = annotation.value.image;
    if (image !== shown?.name) return;
    annotation.set({ encoding: !done });
    if (!done) status.say("The image is being encoded; you can draw already");
    else if (ms > 0) status.say(`Ready in ${Math.round(ms)} ms${keys.wordsAboutDepth(shown)}`);
  }

  /** @param {Notice} message */
  #takeNotice({ level, text }) {
    if (level === "error") this.parts.status.fail(text);
    else this.parts.status.warn(text);
  }
}
