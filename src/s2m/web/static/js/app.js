/** The page: one object that the parts share, and what they ask for. */

import { ACTIONS, changes, isEnabled } from "./actions.js";
import { chooseColours } from "./colours.js";
import { showClasses } from "./classes_dialog.js";
import { Connection } from "./connection.js";
import * as dialogs from "./dialogs.js";
import { ImageDocument } from "./document.js";
import { Drawing } from "./drawing.js";
import { FolderStrip } from "./folder_strip.js";
import { Hints } from "./hints.js";
import { Inbox } from "./inbox.js";
import { importFiles, showImport } from "./mask_imports.js";
import { KeyPen } from "./key_pen.js";
import { Keyboard } from "./keyboard.js";
import { keyMap } from "./keys.js";
import { Latency } from "./latency.js";
import { Layers } from "./layers.js";
import { Magnifier } from "./magnifier.js";
import { Minimap } from "./minimap.js";
import { ObjectsPanel } from "./objects_panel.js";
import { Pen } from "./pen.js";
import { showBanner, showScreen } from "./screens.js";
import { Status } from "./status.js";
import { Store, remember } from "./store.js";
import { ToolPanel } from "./tool_panel.js";
import { Topbar } from "./topbar.js";
import { Viewport } from "./viewport.js";
import { WindowPanel } from "./window_panel.js";
import { byId } from "./elements.js";

const LOST_SHOWN_AFTER_MS = 700;
const VIEW_KEPT_AFTER_MS = 400;
const WIDTHS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60];

export class App {
  constructor() {
    this.doc = new ImageDocument();
    this.ui = new Store({
      tool: "stroke",
      sign: "positive",
      opposite: false,
      width: 6,
      object: 1,
      view: "overlay",
      opacity: 0.4,
      colours: "told-apart",
      strokesShown: true,
      brightness: 1,
      contrast: 1,
      window: null,
      theme: "dark",
      panels: true,
      folderShown: true,
      magnifier: false,
      panning: false,
      collecting: false,
      preset: "s2m",
      ownKeys: {},
      keys: 0,
    });
    remember(this.ui, ["tool", "width", "opacity", "colours", "strokesShown", "theme", "panels", "folderShown"], "s2m");
    if (this.ui.value.tool === "hand" || this.ui.value.tool === "select") this.ui.set({ tool: "stroke" });
    // Before the parts that draw with them are told.
    this.ui.watch(["colours"], ({ colours }) => chooseColours(colours));
    this.keys = keyMap("s2m", {});
    this.viewport = new Viewport();
    this.latency = new Latency();
    this.layers = new Layers(byId("stage"), this.viewport, this.doc, this.ui);
    this.drawing = new Drawing(this);
    this.keyPen = new KeyPen(this);
    this.hints = new Hints((example) => {
      this.layers.example = example;
      this.layers.redraw("ink");
    });
    this.status = new Status(this);
    this.minimap = new Minimap(this);
    this.magnifier = new Magnifier(this);
    this.objectsPanel = new ObjectsPanel(this);
    this.toolPanel = new ToolPanel(this);
    this.windowPanel = new WindowPanel(this);
    this.topbar = new Topbar(this);
    this.folderStrip = new FolderStrip(this);
    this.#watch();
    this.pen = new Pen(byId("stage"), this.#penTarget());
    this.keyboard = new Keyboard(this);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.lostTimer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.viewTimer = undefined;
    this.doubt = "";
    /** Whether it was read that nothing can be changed. */
    this.readOnlyRead = false;
    this.inbox = new Inbox(this);
    this.connection = new Connection({
      onmessage: (message) => this.inbox.take(message),
      onstate: (state, unsent) => this.#line(state, unsent),
      greeting: () => this.#greeting(),
    });
    showScreen({ title: "Opening", text: "One moment.", busy: true });
    byId("stage").focus();
    byId("stage").addEventListener("dragover", (event) => event.preventDefault());
    byId("stage").addEventListener("drop", (event) => {
      event.preventDefault();
      if (isEnabled("import-masks", this)) importFiles(this, [...(event.dataTransfer?.files ?? [])], "image");
      else if (this.doc.value.image)
        this.status.warn(
          this.doc.readOnly || "This image is being edited in another page. Take over to import masks here.",
        );
    });
    // The frame of the focus on the photograph is for those who came to it by key.
    addEventListener("keydown", (event) => document.body.classList.toggle("by-key", event.key === "Tab"), true);
    addEventListener("pointerdown", () => document.body.classList.remove("by-key"), true);
  }

  // What the parts ask for.

  /** @param {string} name of an action */
  run(name) {
    if (isEnabled(name, this)) return ACTIONS[name].run(this);
    if (this.doc.readOnly && changes(name)) return this.status.warn(this.doc.readOnly);
    if (name === "undo") this.status.say("There is nothing to undo");
    if (name === "redo") this.status.say("There is nothing to redo");
  }

  /** @param {string} action @returns {string} its first key, or nothing */
  keyOf(action) {
    return this.keys[action]?.[0] ?? "";
  }

  /**
   * Change the annotation of the open image.
   * @param {object} body as the session reads it
   * @param {string[]} [strokes] drawn here that the command brings
   */
  command(body, strokes = []) {
    const { image, editor } = this.doc.value;
    if (!image || !editor) return;
    const id = this.connection.command({ type: "command", image: image.name, body });
    this.inbox.expect(id, strokes);
    this.status.unsaved();
  }

  undo() {
    this.status.say(`Undo ${this.doc.value.undo}`);
    this.command({ kind: "undo" });
  }

  redo() {
    this.status.say(`Redo ${this.doc.value.redo}`);
    this.command({ kind: "redo" });
  }

  save() {
    if (this.doc.value.image) this.connection.command({ type: "save", image: this.doc.value.image.name });
  }

  switchSign() {
    this.ui.set({ sign: this.ui.value.sign === "positive" ? "negative" : "positive" });
    this.hints.done("opposite");
  }

  /** @param {string} tool */
  chooseTool(tool) {
    this.ui.set({ tool });
    if (tool !== "select") this.selectStroke(null);
  }

  /** @param {number} by steps */
  changeWidth(by) {
    const { width } = this.ui.value;
    const next = by > 0 ? WIDTHS.find((each) => each > width) : WIDTHS.findLast((each) => each < width);
    if (next) this.ui.set({ width: next });
  }

  /** @param {number} by */
  changeOpacity(by) {
    this.ui.set({ opacity: Math.round(Math.min(1, Math.max(0, this.ui.value.opacity + by)) * 100) / 100 });
  }

  /** @param {"panels" | "folderShown" | "magnifier" | "strokesShown"} what */
  toggle(what) {
    this.ui.set({ [what]: !this.ui.value[what] });
  }

  toggleTheme() {
    this.ui.set({ theme: this.ui.value.theme === "dark" ? "light" : "dark" });
  }

  /** @param {import("./window_panel.js").ValueWindow | null} window null for the one of the network */
  chooseWindow(window) {
    this.ui.set({ window });
    this.#keepView();
  }

  nextColours() {
    this.ui.set({ colours: this.ui.value.colours === "file" ? "told-apart" : "file" });
  }

  /** Let objects of this image overlap, or keep them apart. */
  changeOverlap() {
    this.command({ kind: "configure", overlap: this.doc.value.overlap === "exclusive" ? "overlapping" : "exclusive" });
  }

  resetLook() {
    this.ui.set({ brightness: 1, contrast: 1 });
    if (this.ui.value.window) this.chooseWindow(null);
  }

  toggleMaskView() {
    this.ui.set({ view: this.ui.value.view === "mask" ? "overlay" : "mask" });
  }

  /** @param {string[]} views */
  nextView(views) {
    this.ui.set({ view: views[(views.indexOf(this.ui.value.view) + 1) % views.length] });
  }

  /** @param {number} factor about the pointer, or the middle */
  zoom(factor) {
    this.viewport.zoomAt(this.layers.cursor ?? { x: this.viewport.width / 2, y: this.viewport.height / 2 }, factor);
  }

  /** @param {number} id */
  chooseObject(id) {
    this.ui.set({ object: id });
    this.#keepView();
  }

  newObject() {
    const id = this.doc.nextObjectId;
    this.command({ kind: "add_object", object_id: id });
    this.chooseObject(id);
    this.hints.done("kept");
  }

  /**
   * @param {number} id
   * @param {object} change
   */
  changeObject(id, change) {
    this.command({ kind: "change_object", object_id: id, ...change });
  }

  /**
   * Give the chosen object a class, and the colour of the class; an object that is not there yet begins with it.
   * @param {import("./document.js").ObjectClass} given
   */
  giveClass(given) {
    const id = this.ui.value.object;
    if (id === 0) return this.status.say("The background has no class");
    const change = { class_name: given.name, ...(given.colour ? { colour: given.colour } : {}) };
    if (this.doc.object(id)) this.changeObject(id, change);
    else this.command({ kind: "add_object", object_id: id, ...change });
  }

  /**
   * Another name or colour of a class, for the whole project.
   * @param {import("./document.js").ObjectClass} given
   * @param {{new_name?: string, colour?: string}} change
   */
  changeClass(given, change) {
    this.connection.command({ type: "change_class", name: given.name, ...change });
    if (!change.colour) return;
    // Objects of this image follow, each of which can be undone; those with a colour of their own keep it.
    for (const object of this.doc.value.objects) {
      if (this.doc.classOf(object) === given.name && (object.colour === given.colour || !given.colour))
        this.changeObject(object.id, { colour: change.colour });
    }
  }

  /** @param {"locked" | "visible"} what */
  toggleObject(what) {
    const object = this.doc.object(this.ui.value.object);
    if (object) this.changeObject(object.id, { [what]: !object[what] });
  }

  /** @param {string} kind of a command about the chosen object */
  objectCommand(kind) {
    this.command({ kind, object_id: this.ui.value.object });
  }

  mergeObjects() {
    const into = this.doc.object(this.ui.value.object);
    if (!into) return;
    const { doc } = this;
    const ids = doc.value.objects
      .filter((object) => doc.classOf(object) === doc.classOf(into) && object.id !== into.id)
      .map((object) => object.id);
    if (ids.length) this.command({ kind: "merge_objects", object_ids: [...ids, into.id], into_id: into.id });
    else this.status.say("There is no other object of this class");
  }

  copyToNext() {
    const next = this.doc.value.folder[this.place + 1];
    const { image } = this.doc.value;
    if (!next || !image) return this.status.say("This is the last image");
    this.connection.command({
      type: "copy_objects",
      image: image.name,
      into: next.name,
      object_ids: [this.ui.value.object],
    });
  }

  /** @param {"delete" | "flip" | "give"} what */
  changeSelected(what) {
    const stroke = this.doc.value.strokes.find((each) => each.id === this.layers.selectedStroke);
    if (!stroke) return;
    if (what === "delete") this.command({ kind: "delete_stroke", key: stroke.id });
    else if (what === "give") this.command({ kind: "change_stroke", key: stroke.id, object_id: this.ui.value.object });
    else
      this.command({
        kind: "change_stroke",
        key: stroke.id,
        sign: stroke.sign === "positive" ? "negative" : "positive",
      });
    if (what === "delete") this.selectStroke(null);
  }

  /** @param {string | null} key */
  selectStroke(key) {
    this.layers.selectedStroke = key;
    this.layers.redraw("ink");
    this.toolPanel.showStroke();
  }

  /** @param {"done" | "flagged"} status */
  mark(status) {
    const already = this.doc.value.status === status;
    this.command({ kind: "mark_image", status: already ? "in_progress" : status });
  }

  // The folder.

  get place() {
    const name = this.doc.value.opening ?? this.doc.value.image?.name ?? this.doc.value.unreadable?.name;
    return this.doc.value.folder.findIndex((entry) => entry.name === name);
  }

  /** @param {number} by */
  step(by) {
    const next = this.doc.value.folder[this.place + by];
    if (next) this.open(next.name);
  }

  openNextUnfinished() {
    const { folder } = this.doc.value;
    const unfinished = (/** @type {{status: string}} */ entry) =>
      entry.status === "untouched" || entry.status === "in_progress";
    const next =
      folder.slice(this.place + 1).find(unfinished) ?? folder.slice(0, Math.max(0, this.place)).find(unfinished);
    if (next) this.open(next.name);
    else this.status.say("No unfinished image is left");
  }

  /** @param {string} name of an image */
  open(name) {
    if (this.drawing.stroke) this.drawing.end();
    this.doc.set({ opening: name });
    this.connection.send({ type: "open", image: name });
    setTimeout(
      () =>
        this.doc.value.opening === name &&
        this.connection.open &&
        showScreen({ title: "Loading", text: name, busy: true }),
      400,
    );
  }

  takeOver() {
    if (this.doc.value.image) this.connection.send({ type: "take_over", image: this.doc.value.image.name });
  }

  importMasks() {
    showImport(this);
  }

  // Dialogs.

  showKeys() {
    dialogs.showKeys(this);
  }

  showCommands() {
    dialogs.showCommands(this);
  }

  showClasses() {
    showClasses(this);
  }

  showAbout() {
    dialogs.showAbout(this);
  }

  showSettings() {
    dialogs.showSettings(this);
  }

  /**
   * @param {string} action
   * @param {string | null} key null for none
   */
  setKey(action, key) {
    const own = { ...this.ui.value.ownKeys };
    if (key) {
      // A key means one thing only.
      for (const [other, keys] of Object.entries(this.keys))
        if (keys.includes(key)) own[other] = keys.filter((each) => each !== key);
    }
    own[action] = key ? [key] : [];
    this.setKeys(this.ui.value.preset, own);
  }

  /**
   * Take other keys, and keep them in the project's file.
   * @param {string} preset
   * @param {import("./keys.js").KeyMap} own
   */
  setKeys(preset, own) {
    this.ui.set({ preset, ownKeys: own });
    if (this.doc.readOnly) return this.status.say("These keys hold until the page is closed");
    this.connection.send({ type: "preferences", preset, keys: own });
  }

  // The pen.

  /** @returns {import("./pen.js").PenTarget} */
  #penTarget() {
    return {
      begin: (sample, how) => {
        const begun = this.drawing.begin(sample, how);
        if (begun && (how.opposite || this.ui.value.sign === "negative")) this.hints.done("opposite");
        return begun;
      },
      extend: (samples) => this.drawing.extend(samples),
      end: () => {
        this.drawing.end();
        this.hints.done("drawn");
      },
      cancel: () => this.drawing.cancel(),
      hover: (at) => this.hover(at),
      pan: (dx, dy) => {
        this.keyboard.panned = true;
        this.viewport.panBy(dx, dy);
      },
      zoom: (at, factor) => this.viewport.zoomAt(at, factor),
      switchSign: () => this.switchSign(),
      doubleClick: () => {
        const last = this.layers.pending.at(-1) ?? this.doc.value.strokes.at(-1);
        if (last?.tool === "dot" && this.doc.value.editor) this.command({ kind: "undo" });
        this.viewport.fit();
      },
      doubleClicks: () => this.ui.value.tool === "stroke",
      zoomed: () => this.viewport.zoomed,
      panning: () => this.ui.value.panning || this.ui.value.tool === "hand",
    };
  }

  /** @param {import("./viewport.js").Point | null} at */
  hover(at) {
    this.layers.cursor = at;
    this.layers.redraw("ink");
    this.magnifier.draw();
  }

  // What follows from changes.

  #watch() {
    const { layers, ui, doc } = this;
    this.viewport.onchange = () => {
      layers.redrawAll();
      this.topbar?.showZoom();
      this.#keepView();
    };
    layers.afterPicture = () => {
      this.minimap.draw();
      this.magnifier.draw();
    };
    ui.watch(["preset", "ownKeys"], ({ preset, ownKeys }) => {
      this.keys = keyMap(preset, ownKeys);
      ui.set({ keys: ui.value.keys + 1 });
    });
    ui.watch(["theme"], ({ theme }) => {
      document.documentElement.dataset.theme = theme;
    });
    ui.watch(["panels"], ({ panels }) => document.body.classList.toggle("panels-hidden", !panels));
    ui.watch(["view", "opacity", "object", "strokesShown"], () => layers.redraw("masks", "ink"));
    ui.watch(["view"], () => this.showDoubt());
    ui.watch(["colours"], () => layers.redraw("masks", "ink"));
    ui.watch(["sign", "width", "tool", "opposite", "panning"], () => layers.redraw("ink"));
    ui.watch(["brightness", "contrast"], ({ brightness, contrast }) => {
      layers.canvases.picture.canvas.style.filter =
        brightness === 1 && contrast === 1 ? "" : `brightness(${brightness}) contrast(${contrast})`;
    });
    ui.watch(["panning", "tool"], ({ panning, tool }) => {
      byId("stage").classList.toggle("panning", panning || tool === "hand");
      byId("stage").classList.toggle("picking", tool === "select");
    });
    doc.watch(["objects", "strokes"], () => layers.redraw("masks", "ink"));
    doc.watch(["strokes"], () => this.drawing.settle());
    doc.watch(["editor", "image"], () => this.#showBanner());
  }

  #keepView() {
    clearTimeout(this.viewTimer);
    this.viewTimer = setTimeout(() => {
      const { image } = this.doc.value;
      if (!image || this.doc.value.opening) return;
      const { viewport } = this;
      const centre = viewport.toImage({ x: viewport.width / 2, y: viewport.height / 2 });
      this.connection.send({
        type: "view",
        image: image.name,
        zoom: viewport.scale,
        centre_xy: [centre.x, centre.y],
        fitted: viewport.fitted,
        selected_object_id: this.ui.value.object,
        contrast_limits: this.ui.value.window,
      });
    }, VIEW_KEPT_AFTER_MS);
  }

  /** The picture of doubt is fetched only while it is looked at. */
  showDoubt() {
    const { image, number } = this.doc.value;
    if (this.ui.value.view !== "uncertainty" || !image) return this.layers.redraw("picture");
    const address = `api/images/${image.index}/uncertainty?number=${number}`;
    if (address === this.doubt) return this.layers.redraw("picture");
    this.doubt = address;
    const picture = new Image();
    picture.onload = () => {
      this.layers.uncertainty = picture;
      this.layers.redraw("picture");
    };
    picture.src = address;
  }

  #showBanner() {
    const { image, editor } = this.doc.value;
    if (!image || editor || this.connection?.open === false) return showBanner(null);
    if (this.doc.readOnly)
      return showBanner(
        this.readOnlyRead ? null : { text: this.doc.readOnly, action: { text: "Hide", run: () => this.#hideBanner() } },
      );
    showBanner({
      text: "Another page edits this image; you see it live.",
      action: { text: "Take over", run: () => this.takeOver() },
    });
  }

  #hideBanner() {
    this.readOnlyRead = true;
    this.#showBanner();
    byId("stage").focus();
  }

  // The line to the server.

  #greeting() {
    const wanted = this.doc.value.opening ?? this.doc.value.image?.name;
    const hello = { type: "hello", page: this.connection.page };
    return wanted ? [hello, { type: "open", image: wanted }] : [hello];
  }

  /**
   * @param {import("./connection.js").LineState} state
   * @param {number} unsent
   */
  #line(state, unsent) {
    this.status.line(state, unsent);
    clearTimeout(this.lostTimer);
    if (state === "open") {
      if (this.lost) {
        this.lost = false;
        this.layers.tiles.retry();
        this.layers.redrawAll();
      }
      return this.#showBanner();
    }
    if (this.lost) return;
    this.layers.busySince = 0;
    this.lostTimer = setTimeout(() => {
      this.lost = true;
      const text =
        state === "refused"
          ? "The server was started anew with another token. Open the address that it printed in the terminal."
          : "The server is away. Go on drawing: strokes are kept here and sent when it is back.";
      showBanner({ text, action: { text: "Try now", run: () => this.connection.socket ?? this.connection.connect() } });
    }, LOST_SHOWN_AFTER_MS);
    this.lost = this.lost ?? false;
  }
}

const app = new App();
// For those who look into the page from outside: tests and the measure of latency.
Object.assign(globalThis, { s2m: app });
