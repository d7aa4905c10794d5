/** Messages of the server in; document, layers and status as they say, out. */

import { OBJECT_COLOURS, setFileColours } from "./colours.js";
import { showScreen } from "./screens.js";

export class Inbox {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {Map<string, string[]>} the strokes of a command that is on its way */
    this.strokesOf = new Map();
  }

  /**
   * @param {string} id of a command that is on its way
   * @param {string[]} strokes drawn here that it brings
   */
  expect(id, strokes) {
    this.strokesOf.set(id, strokes);
  }

  /** @param {any} message */
  take(message) {
    const take = this.#takers[message.type];
    if (take) take(message);
  }

  /** @type {Record<string, (message: any) => void>} what to do with each message of the server */
  #takers = {
    welcome: (message) => this.#takeWelcome(message),
    image: (message) => this.#takeImage(message),
    state: (message) => this.#takeState(message),
    masks: (message) => this.#takeMasks(message),
    pen: (message) => {
      this.app.layers.foreign = { ...message, id: message.key, committed: false };
      this.app.layers.redraw("ink");
    },
    editor: (message) => {
      if (message.image !== this.app.doc.value.image?.name) return;
      this.app.doc.set({ editor: message.you });
      if (message.you) this.#adopt(message.image);
    },
    done: (message) => this.#takeDone(message),
    failed: (message) => {
      if (!this.app.connection.unsent.has(message.id)) this.#finish(message.id);
      if (this.app.connection.unsent.size === 0 || message.code === "read_only") this.app.status.nothingToSave();
      if (message.code === "read_only") this.app.layers.busySince = 0;
      this.app.status.fail(message.text);
    },
    notice: (message) => {
      if (message.level === "error") this.app.status.fail(message.text);
      else if (message.level === "warning") this.app.status.warn(message.text);
      else this.app.status.say(message.text);
    },
    saved: (message) => {
      if (message.image !== this.app.doc.value.image?.name) return;
      this.app.status.saved();
      if (message.backup) this.app.status.warn(`An earlier file of yours was kept as ${message.backup}.`);
      if (message.asked) this.app.status.say(`Wrote ${message.path}`);
    },
    encoding: (message) => {
      if (message.image !== this.app.doc.value.image?.name) return;
      this.app.doc.set({ encoding: !message.done });
      if (message.done && message.ms > 0) this.app.status.say(`Ready in ${Math.round(message.ms)} ms`);
      else if (!message.done) this.app.status.say("Looking at the photograph; you can draw already");
    },
    classes: (message) => this.app.doc.set({ classes: message.classes }),
    entry: (message) => this.app.doc.takeEntry(message),
    unreadable: (message) => this.#takeUnreadable(message),
  };

  /** @param {any} message */
  #takeWelcome(message) {
    const { connection, doc, ui } = this.app;
    OBJECT_COLOURS.splice(0, OBJECT_COLOURS.length, ...message.project.palette);
    connection.store.project = message.project.key;
    if (message.project.read_only && !doc.readOnly) this.app.chooseTool("hand");
    setFileColours(message.project.file_palette);
    doc.set({ project: message.project, classes: message.project.classes, folder: message.folder });
    const { preset, keys } = message.preferences;
    ui.set({ preset: preset ?? "s2m", ownKeys: keys ?? {} });
    if (message.folder.length === 0) {
      showScreen({
        title: "No image here",
        text: `${message.project.name} holds no image. Put photographs into it and start again.`,
        actions: [{ text: "Look again", run: () => location.reload() }],
      });
    } else if (!doc.value.image && !doc.value.opening) {
      this.app.open(message.first);
    }
  }

  /** @param {any} message */
  #takeImage(message) {
    const { doc, drawing, hints, layers, status, viewport } = this.app;
    const before = doc.value.image;
    const same = before?.name === message.name && before?.stamp === message.stamp;
    doc.takeImage(message);
    layers.foreign = null;
    if (!same) {
      layers.masks.clear();
      layers.pending = [];
      this.app.selectStroke(null);
      layers.tiles.setImage(message, message.view.contrast_limits);
      viewport.setImage(message.width, message.height);
      this.#takeView(message.view);
      status.forgetSaving();
      status.say(`${message.width} × ${message.height} pixels`);
    } else drawing.restream();
    if (message.editor) this.#adopt(message.name);
    document.title = `${message.name} – S2M`;
    showScreen(null);
    if (!doc.readOnly) hints.start(message.example);
    this.app.showDoubt();
  }

  /** @param {string} image whose changes a page before this one could not send */
  #adopt(image) {
    const { connection, status } = this.app;
    const commands = connection.store.take(image);
    if (commands.length === 0) return;
    connection.adopt(commands);
    status.say(
      `${commands.length} ${commands.length === 1 ? "change" : "changes"} that waited in this browser ${commands.length === 1 ? "is" : "are"} sent now`,
    );
  }

  /** @param {{zoom: number | null, centre_xy: [number, number] | null, selected_object_id: number, contrast_limits: [number, number] | null}} view */
  #takeView(view) {
    const { ui, viewport } = this.app;
    ui.set({ object: view.selected_object_id, window: view.contrast_limits });
    if (!view.zoom || !view.centre_xy) return;
    viewport.zoomTo(view.zoom);
    viewport.centreOn({ x: view.centre_xy[0], y: view.centre_xy[1] });
  }

  /** @param {any} message */
  #takeState(message) {
    const { doc, drawing, layers } = this.app;
    doc.takeState(message);
    layers.foreign = null;
    drawing.settle();
    if (
      layers.selectedStroke &&
      !message.strokes.some((/** @type {any} */ stroke) => stroke.key === layers.selectedStroke)
    )
      this.app.selectStroke(null);
    else this.app.toolPanel.showStroke();
  }

  /** @param {any} message */
  #takeMasks(message) {
    const { connection, doc, drawing, latency, layers } = this.app;
    const { image, number } = doc.value;
    if (message.image !== image?.name || message.number < number) return;
    // The answer to a stroke that is finished, or was dropped, comes too late; its outlines are kept all the same.
    layers.masks.setMasks(message.masks);
    doc.takeAreas(message);
    layers.redraw("masks");
    if (message.preview) {
      layers.afterMasks.push(() => latency.shown(message.preview, message.points));
      if (drawing.stroke?.id === message.preview && drawing.streamed <= message.points) layers.busySince = 0;
    } else if (connection.unsent.size === 0) {
      layers.busySince = 0;
      this.app.showDoubt();
    }
  }

  /** @param {any} message */
  #takeDone(message) {
    this.#finish(message.id);
    if (message.text)
      this.app.status.say(message.ms > 0 ? `${message.text} · ${Math.round(message.ms)} ms` : message.text);
    if (message.kind === "commit") this.app.hints.done("kept");
  }

  /** @param {string} id of a command that is done or refused */
  #finish(id) {
    const strokes = this.strokesOf.get(id);
    this.strokesOf.delete(id);
    if (strokes?.length) this.app.drawing.drop(strokes);
    if (this.app.connection.unsent.size === 0) this.app.layers.busySince = 0;
  }

  /** @param {any} message */
  #takeUnreadable(message) {
    const { doc, layers } = this.app;
    doc.takeUnreadable(message);
    layers.masks.clear();
    layers.pending = [];
    layers.redrawAll();
    const actions =
      doc.value.folder.length > 1
        ? [{ text: "Next image", run: () => this.app.step(1) }]
        : [{ text: "Try again", run: () => this.app.open(message.name) }];
    showScreen({ title: "This image cannot be opened", text: message.text, actions });
  }
}
