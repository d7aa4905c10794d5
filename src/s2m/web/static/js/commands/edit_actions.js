/** Actions that change the annotation: undo and redo, objects, the state of the image. */

/**
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 * @import { Action } from "./actions.js"
 * @import { Editor } from "./editor.js"
 * @import { Navigation } from "./navigation.js"
 *
 * @typedef {object} Parts
 * @property {Editor} editor
 * @property {Navigation} navigation
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {() => void} showClasses
 * @property {() => void} showImport
 */

/**
 * @param {Parts} parts
 * @returns {Record<string, Action>}
 */
export function editActions({ editor, navigation, annotation, project, ui, showClasses, showImport }) {
  const canEdit = () => annotation.value.editor && annotation.value.image !== null;
  const canUndo = () => canEdit() && annotation.value.undo !== null;
  const canRedo = () => canEdit() && annotation.value.redo !== null;
  const hasObject = () => canEdit() && annotation.object(ui.value.object) !== undefined;
  const canCopy = () => hasObject() && project.hasFolder;

  /** @type {(group: Action["group"], title: string, run: () => void, enabled?: () => boolean) => Action} */
  const action = (group, title, run, enabled = canEdit) => ({ group, title, run, enabled, changes: true });
  /** @type {(title: string, run: () => void) => Action} */
  const ofObject = (title, run) => action("Objects", title, run, hasObject);

  return {
    undo: {
      ...action("Edit", "Undo", () => editor.undo(), canUndo),
      repeats: true,
      otherwise: "There is nothing to undo",
    },
    redo: {
      ...action("Edit", "Redo", () => editor.redo(), canRedo),
      repeats: true,
      otherwise: "There is nothing to redo",
    },
    commit: action("Edit", "Commit: keep this mask, start new strokes", () => editor.command({ kind: "commit" })),
    clear: action("Edit", "Clear everything", () => editor.command({ kind: "clear" })),
    save: action("Edit", "Save the masks now", () => editor.save()),
    "object-new": action("Objects", "New object", () => editor.newObject()),
    "object-rename": ofObject("Rename the object", () => ui.set({ renaming: ui.value.object })),
    "object-lock": ofObject("Lock or unlock the object", () => editor.toggleObject("locked")),
    "object-show": ofObject("Show or hide the object", () => editor.toggleObject("visible")),
    "object-delete": ofObject("Delete the object", () => editor.commandForObject("delete_object")),
    "object-split": ofObject("Split the object into its parts", () => editor.commandForObject("split_object")),
    "object-merge": ofObject("Merge all objects of the same class into this one", () => editor.mergeObjects()),
    "object-copy": action(
      "Objects",
      "Copy the object to the next image",
      () => editor.copyObjectTo(navigation.neighbour(1)),
      canCopy,
    ),
    "fill-holes": ofObject("Fill the holes of the object", () => editor.commandForObject("fill_holes")),
    "drop-specks": ofObject("Drop specks of the object", () => editor.commandForObject("drop_specks")),
    smooth: ofObject("Smooth the boundary of the object", () => editor.commandForObject("smooth")),
    overlap: action("Objects", "Let objects of this image overlap, or keep them apart", () => editor.changeOverlap()),
    classes: action("Objects", "Classes: give, add, rename, recolour", showClasses),
    "import-masks": action("Objects", "Import masks: a label map, COCO, a folder", showImport),
    "mark-done": action("Folder", "Done with this image", () => editor.mark("done")),
    "mark-flagged": action("Folder", "Flag this image", () => editor.mark("flagged")),
  };
}
