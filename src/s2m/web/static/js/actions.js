/** Everything that can be done, by name: keys, buttons and the command list all come here. */

import { ZOOM_NOTCH } from "./viewport.js";

/**
 * @typedef {object} Action
 * @property {string} title
 * @property {string} group
 * @property {(app: import("./app.js").App) => void} run
 * @property {(app: import("./app.js").App) => boolean} [enabled]
 * @property {boolean} [repeats] whether a held key does it again and again
 */

const VIEWS = ["overlay", "contour", "mask", "image", "uncertainty"];

/** @param {import("./app.js").App} app */
const edits = (app) => app.doc.value.editor && app.doc.value.image !== null;
/** @param {import("./app.js").App} app */
const hasImage = (app) => app.doc.value.image !== null;
/** @param {import("./app.js").App} app */
const inFolder = (app) => app.doc.value.folder.length > 1;
/** @param {import("./app.js").App} app */
const isDeep = (app) => app.doc.value.image?.depth != null;
/** @param {import("./app.js").App} app */
const hasObject = (app) => edits(app) && app.doc.object(app.ui.value.object) !== undefined;
/** @param {import("./app.js").App} app */
const hasStroke = (app) => edits(app) && app.layers.selectedStroke !== null;

/** @type {[string, string][]} */
export const TOOLS = [
  ["stroke", "Stroke"],
  ["box", "Box"],
  ["lasso", "Lasso"],
  ["brush", "Exact brush"],
  ["eraser", "Exact eraser"],
  ["select", "Select a stroke"],
  ["hand", "Move the photograph"],
];

/** @type {Record<string, Action>} */
export const ACTIONS = {
  undo: {
    title: "Undo",
    group: "Edit",
    run: (app) => app.undo(),
    enabled: (app) => edits(app) && app.doc.value.undo !== null,
    repeats: true,
  },
  redo: {
    title: "Redo",
    group: "Edit",
    run: (app) => app.redo(),
    enabled: (app) => edits(app) && app.doc.value.redo !== null,
    repeats: true,
  },
  commit: {
    title: "Commit: keep this mask, start new strokes",
    group: "Edit",
    run: (app) => app.command({ kind: "commit" }),
    enabled: edits,
  },
  clear: { title: "Clear everything", group: "Edit", run: (app) => app.command({ kind: "clear" }), enabled: edits },
  save: { title: "Save the masks now", group: "Edit", run: (app) => app.save(), enabled: edits },
  "switch-sign": { title: "Switch between belongs and does not belong", group: "Draw", run: (app) => app.switchSign() },
  ...Object.fromEntries(
    TOOLS.map(([tool, title]) => [
      `tool-${tool}`,
      { title, group: "Draw", run: (/** @type {any} */ app) => app.chooseTool(tool) },
    ]),
  ),
  narrower: { title: "Narrower stroke", group: "Draw", run: (app) => app.changeWidth(-1), repeats: true },
  wider: { title: "Wider stroke", group: "Draw", run: (app) => app.changeWidth(1), repeats: true },
  "stroke-delete": {
    title: "Delete the selected stroke",
    group: "Draw",
    run: (app) => app.changeSelected("delete"),
    enabled: hasStroke,
  },
  "stroke-flip": {
    title: "Flip the sign of the selected stroke",
    group: "Draw",
    run: (app) => app.changeSelected("flip"),
    enabled: hasStroke,
  },
  "stroke-give": {
    title: "Give the selected stroke to the chosen object",
    group: "Draw",
    run: (app) => app.changeSelected("give"),
    enabled: hasStroke,
  },
  "pen-down": {
    title: "Pen down or up at the cursor of the keyboard",
    group: "Draw",
    run: (app) => app.keyPen.toggle(),
    enabled: edits,
  },
  "object-new": { title: "New object", group: "Objects", run: (app) => app.newObject(), enabled: edits },
  ...Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [
      `object-${i + 1}`,
      {
        title: `Object ${i + 1}`,
        group: "Objects",
        run: (/** @type {any} */ app) => app.chooseObject(i + 1),
        enabled: hasImage,
      },
    ]),
  ),
  "object-background": {
    title: "Background strokes",
    group: "Objects",
    run: (app) => app.chooseObject(0),
    enabled: hasImage,
  },
  "object-rename": {
    title: "Rename the object",
    group: "Objects",
    run: (app) => app.objectsPanel.rename(app.ui.value.object),
    enabled: hasObject,
  },
  "object-lock": {
    title: "Lock or unlock the object",
    group: "Objects",
    run: (app) => app.toggleObject("locked"),
    enabled: hasObject,
  },
  "object-show": {
    title: "Show or hide the object",
    group: "Objects",
    run: (app) => app.toggleObject("visible"),
    enabled: hasObject,
  },
  "object-delete": {
    title: "Delete the object",
    group: "Objects",
    run: (app) => app.objectCommand("delete_object"),
    enabled: hasObject,
  },
  "object-split": {
    title: "Split the object into its parts",
    group: "Objects",
    run: (app) => app.objectCommand("split_object"),
    enabled: hasObject,
  },
  "object-merge": {
    title: "Merge all objects of the same class into this one",
    group: "Objects",
    run: (app) => app.mergeObjects(),
    enabled: hasObject,
  },
  "object-copy": {
    title: "Copy the object to the next image",
    group: "Objects",
    run: (app) => app.copyToNext(),
    enabled: (app) => hasObject(app) && inFolder(app),
  },
  "fill-holes": {
    title: "Fill the holes of the object",
    group: "Objects",
    run: (app) => app.objectCommand("fill_holes"),
    enabled: hasObject,
  },
  "drop-specks": {
    title: "Drop specks of the object",
    group: "Objects",
    run: (app) => app.objectCommand("drop_specks"),
    enabled: hasObject,
  },
  smooth: {
    title: "Smooth the boundary of the object",
    group: "Objects",
    run: (app) => app.objectCommand("smooth"),
    enabled: hasObject,
  },
  overlap: {
    title: "Let objects of this image overlap, or keep them apart",
    group: "Objects",
    run: (app) => app.changeOverlap(),
    enabled: edits,
  },
  classes: {
    title: "Classes: give, add, rename, recolour",
    group: "Objects",
    run: (app) => app.showClasses(),
    enabled: edits,
  },
  "import-masks": {
    title: "Import masks: a label map, COCO, a folder",
    group: "Objects",
    run: (app) => app.importMasks(),
    enabled: edits,
  },
  "view-mask": { title: "Overlay or mask", group: "Look", run: (app) => app.toggleMaskView() },
  "view-next": {
    title: "Next view: overlay, contour, mask, image, uncertainty",
    group: "Look",
    run: (app) => app.nextView(VIEWS),
  },
  "strokes-shown": { title: "Show or hide strokes", group: "Look", run: (app) => app.toggle("strokesShown") },
  "opacity-less": { title: "Fainter mask", group: "Look", run: (app) => app.changeOpacity(-0.05), repeats: true },
  "opacity-more": { title: "Stronger mask", group: "Look", run: (app) => app.changeOpacity(0.05), repeats: true },
  fit: { title: "Fit the photograph", group: "Look", run: (app) => app.viewport.fit(), enabled: hasImage },
  "zoom-in": { title: "Zoom in", group: "Look", run: (app) => app.zoom(ZOOM_NOTCH), repeats: true, enabled: hasImage },
  "zoom-out": {
    title: "Zoom out",
    group: "Look",
    run: (app) => app.zoom(1 / ZOOM_NOTCH),
    repeats: true,
    enabled: hasImage,
  },
  "zoom-100": { title: "Zoom to 100 %", group: "Look", run: (app) => app.viewport.zoomTo(1), enabled: hasImage },
  magnifier: { title: "Magnifier", group: "Look", run: (app) => app.toggle("magnifier") },
  "window-tight": {
    title: "Window over the values that occur",
    group: "Look",
    run: (app) => app.chooseWindow(app.windowPanel.depth?.tight ?? null),
    enabled: isDeep,
  },
  "window-usual": {
    title: "Window as the network sees the image",
    group: "Look",
    run: (app) => app.chooseWindow(null),
    enabled: isDeep,
  },
  colours: {
    title: "Colours told apart by all, or those of the saved file",
    group: "Look",
    run: (app) => app.nextColours(),
  },
  "look-reset": { title: "Brightness, contrast and window as they are", group: "Look", run: (app) => app.resetLook() },
  theme: { title: "Dark or light", group: "Look", run: (app) => app.toggleTheme() },
  panels: { title: "Show or hide the panels", group: "Look", run: (app) => app.toggle("panels") },
  "previous-image": {
    title: "Previous image",
    group: "Folder",
    run: (app) => app.step(-1),
    enabled: (app) => inFolder(app) && app.place > 0,
    repeats: true,
  },
  "next-image": {
    title: "Next image",
    group: "Folder",
    run: (app) => app.step(1),
    enabled: (app) => inFolder(app) && app.place < app.doc.value.folder.length - 1,
    repeats: true,
  },
  "next-unfinished": {
    title: "Next unfinished image",
    group: "Folder",
    run: (app) => app.openNextUnfinished(),
    enabled: inFolder,
  },
  "mark-done": { title: "Done with this image", group: "Folder", run: (app) => app.mark("done"), enabled: edits },
  "mark-flagged": { title: "Flag this image", group: "Folder", run: (app) => app.mark("flagged"), enabled: edits },
  "folder-panel": {
    title: "Show or hide the folder",
    group: "Folder",
    run: (app) => app.toggle("folderShown"),
    enabled: inFolder,
  },
  "take-over": {
    title: "Take over the editing of this image",
    group: "Folder",
    run: (app) => app.takeOver(),
    enabled: (app) => hasImage(app) && !app.doc.value.editor && !app.doc.readOnly,
  },
  "keys-sheet": { title: "Keys", group: "Help", run: (app) => app.showKeys() },
  "command-list": { title: "Find a command", group: "Help", run: (app) => app.showCommands() },
  settings: { title: "Change keys", group: "Help", run: (app) => app.showSettings() },
  about: { title: "About: model and memory in use", group: "Help", run: (app) => app.showAbout() },
  "hints-again": { title: "Show the first hints again", group: "Help", run: (app) => app.hints.restart() },
};

/**
 * @param {string} name
 * @returns {boolean} whether it changes the annotation
 */
export function changes(name) {
  return ["Edit", "Objects"].includes(ACTIONS[name].group) || ["pen-down", "mark-done", "mark-flagged"].includes(name);
}

/**
 * @param {string} name
 * @param {import("./app.js").App} app
 */
export function isEnabled(name, app) {
  return ACTIONS[name].enabled?.(app) ?? true;
}
