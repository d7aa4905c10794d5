/** Actions that change no annotation: what is shown and how, other images, help. */

import { ZOOM_NOTCH } from "../canvas/viewport.js";
import { openDialog } from "../dialogs/dialog.js";
import { make } from "../elements.js";
import { focusOn } from "../input/focus.js";

/**
 * @import { Viewport } from "../canvas/viewport.js"
 * @import { Hints } from "../panels/hints.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Action } from "./actions.js"
 * @import { Navigation } from "./navigation.js"
 */

/**
 * @param {{annotation: AnnotationStore, ui: UiStore, ink: InkStore, viewport: Viewport}} parts
 * @returns {Record<string, Action>}
 */
export function viewActions({ annotation, ui, ink, viewport }) {
  const hasImage = () => annotation.value.image !== null;
  const depth = () => annotation.value.image?.depth ?? null;
  const isDeep = () => depth() !== null;
  const zoom = (/** @type {number} */ factor) => viewport.zoomAt(ink.value.cursor ?? viewport.centre, factor);

  /** @type {(title: string, run: () => void, enabled?: () => boolean) => Action} */
  const view = (title, run, enabled) => ({ group: "View", title, run, ...(enabled && { enabled }) });

  return {
    "view-mask": view("Overlay or mask", () => ui.toggleMaskView()),
    "view-next": view("Next view: overlay, contour, mask, image, uncertainty", () => ui.nextView()),
    "strokes-shown": view("Show or hide strokes", () => ui.toggle("strokesShown")),
    bare: { ...view("The bare photograph, while the key is held", () => {}), hold: (on) => ui.set({ bare: on }) },
    "opacity-less": { ...view("Fainter mask", () => ui.changeOpacity(-0.05)), repeats: true },
    "opacity-more": { ...view("Stronger mask", () => ui.changeOpacity(0.05)), repeats: true },
    fit: view("Fit the photograph", () => viewport.fit(), hasImage),
    "zoom-in": { ...view("Zoom in", () => zoom(ZOOM_NOTCH), hasImage), repeats: true },
    "zoom-out": { ...view("Zoom out", () => zoom(1 / ZOOM_NOTCH), hasImage), repeats: true },
    "zoom-100": view("Zoom to 100 %", () => viewport.zoomTo(1), hasImage),
    magnifier: view("Magnifier", () => ui.toggle("magnifier")),
    "limits-tight": view(
      "Contrast limits: the values that occur",
      () => ui.set({ contrastLimits: depth()?.tight ?? null }),
      isDeep,
    ),
    "limits-usual": view(
      "Contrast limits: as the network sees the image",
      () => ui.set({ contrastLimits: null }),
      isDeep,
    ),
    colours: view("Colours told apart by all, or those of the saved file", () => ui.toggleColours()),
    "display-reset": view("Reset brightness, contrast and contrast limits", () => ui.resetDisplay()),
    theme: view("Dark or light", () => ui.toggleTheme()),
    panels: view("Show or hide the panels", () => ui.toggle("panels")),
    "focus-on": view("To the bars and panels by key, and back", () => focusOn()),
  };
}

/**
 * @param {{annotation: AnnotationStore, project: ProjectStore, ui: UiStore, status: StatusStore,
 *   navigation: Navigation, showExport: () => void}} parts
 * @returns {Record<string, Action>}
 */
export function folderActions({ annotation, project, ui, status, navigation, showExport }) {
  const inFolder = () => project.hasFolder;
  const hasPrevious = () => inFolder() && navigation.place > 0;
  const hasNext = () => inFolder() && navigation.place < project.value.folder.length - 1;
  const canTakeOver = () => annotation.value.image !== null && !annotation.value.editor && !project.readOnly;

  const showLeftOut = () => {
    const lines = project.value.leftOut.map((text) => make("li", { text }));
    openDialog("Files left out", [make("ul", { class: "said" }, lines)]);
  };
  /** @type {(title: string, run: () => void, enabled: () => boolean) => Action} */
  const folder = (title, run, enabled) => ({ group: "Folder", title, run, enabled });

  return {
    "previous-image": { ...folder("Previous image", () => navigation.step(-1), hasPrevious), repeats: true },
    "next-image": { ...folder("Next image", () => navigation.step(1), hasNext), repeats: true },
    "next-unfinished": folder("Next unfinished image", () => navigation.openNextUnfinished(), inFolder),
    "folder-panel": folder("Show or hide the folder", () => ui.toggle("folderShown"), inFolder),
    "look-again": { group: "Folder", title: "Look for new images in the folder", run: () => navigation.lookAgain() },
    "left-out": folder("Files of the folder that are left out", showLeftOut, () => project.value.leftOut.length > 0),
    "copy-output-path": {
      group: "Folder",
      title: "Copy the path of the output folder",
      run: () => copyPath(project.value.project?.output ?? "", status),
    },
    export: {
      ...folder("Export as a data set: COCO, YOLO and others", showExport, () => !project.readOnly),
      changes: true,
    },
    "take-over": folder("Take over the editing of this image", () => navigation.takeOver(), canTakeOver),
  };
}

/**
 * Put a path into the clipboard, or say it where the browser has none for pages.
 * @param {string} path
 * @param {StatusStore} status
 */
export async function copyPath(path, status) {
  // Without HTTPS a browser may have no clipboard for pages.
  const copied = await navigator.clipboard?.writeText(path).then(
    () => true,
    () => false,
  );
  status.say(copied ? `Copied ${path}` : `The path is ${path}`);
}

/**
 * @param {{hints: Hints, showKeys: () => void, showCommands: () => void, showChangeKeys: () => void,
 *   showAbout: () => void}} parts
 * @returns {Record<string, Action>}
 */
export function helpActions({ hints, showKeys, showCommands, showChangeKeys, showAbout }) {
  /** @type {(title: string, run: () => void) => Action} */
  const help = (title, run) => ({ group: "Help", title, run });
  return {
    "keys-sheet": help("Keys", showKeys),
    "command-list": help("Find a command", showCommands),
    settings: help("Change keys", showChangeKeys),
    about: help("About: model and memory in use", showAbout),
    "hints-again": help("Show the first hints again", () => hints.restart()),
  };
}
