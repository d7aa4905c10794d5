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
 * @property {() => void} chooseClass
 * @property {() => void} showClasses
 * @property {() => void} showImport
 */

/**
 * @param {Parts} parts
 * @returns {Record<string, Action>}
 */
export function editActions({ editor, navigation, annotation, project, ui, chooseClass, showClasses, showImport }) {
  const canEdit = () => annotation.value.editor && annotation.value.image !== null;
  const canUndo = () => canEdit() && annotation.value.undo !== null;
  const canRedo = () => canEdit() && annotation.value.redo !== null;
  const hasObject = () => canEdit() && annotation.object(ui.value.object) !== undefined;
  const hasObjects = () => canEdit() && editor.chosen.length > 0;
  const canCopy = () => hasObjects() && project.hasFolder;

  /** @type {(group: Action["group"], title: string, run: () => void, enabled?: () => boolean) => Action} */
  const action = (group, title, run, enabled = canEdit) => ({ group, title, run, enabled, changes: true });
  /** @type {(title: string, run: () => void) => Action} */
  const ofObjects = (title, run) => action("Objects", title, run, hasObjects);
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
    keep: action("Edit", "Keep the masks: later strokes only correct them", () => editor.command({ kind: "keep" })),
    clear: action("Edit", "Clear the strokes and masks of all objects of this image", () => editor.clear()),
    save: action("Edit", "Save the masks now", () => editor.save()),
    "object-new": action("Objects", "New object", () => editor.newObject()),
    "object-rename": ofObject("Rename the object", () => ui.set({ renaming: ui.value.object })),
    "object-lock": ofObjects("Lock or unlock the chosen objects", () => editor.toggleObjects("locked")),
    "object-show": ofObjects("Show or hide the chosen objects", () => editor.toggleObjects("visible")),
    "object-delete": ofObjects("Delete the chosen objects", () => editor.deleteObjects()),
    "object-split": ofObject("Split the object into its parts", () => editor.commandForObject("split_object")),
    "object-merge": ofObjects("Merge the chosen objects, or all of the class of a single one", () =>
      editor.mergeObjects(),
    ),
    "object-copy": action(
      "Objects",
      "Copy the chosen objects to the next image",
      () => editor.copyObjectTo(navigation.neighbour(1)),
      canCopy,
    ),
    "objects-copy": ofObjects("Copy the chosen objects", () => editor.copyObjects()),
    "objects-paste": action("Objects", "Paste the copied objects into this image", () => editor.pasteObjects()),
    "objects-duplicate": ofObjects("Duplicate the chosen objects", () => editor.duplicateObjects()),
    "fill-holes": ofObject("Fill the holes of the object", () => editor.commandForObject("fill_holes")),
    "drop-specks": ofObject("Drop specks of the object", () => editor.commandForObject("drop_specks")),
    smooth: ofObject("Smooth the boundary of the object", () => editor.commandForObject("smooth")),
    overlap: action("Objects", "Let objects of this image overlap, or keep them apart", () => editor.changeOverlap()),
    "choose-class": action("Objects", "Class of the next object: then its number or name", chooseClass),
    classes: action("Objects", "Classes of the project: add, rename, recolour", showClasses),
    "import-masks": action("Objects", "Import masks: a label map, COCO, a folder", showImport),
    "mark-done": action("Folder", "Done with this image", () => editor.mark("done")),
    "done-next": action("Folder", "Done with this image, on to the next unfinished one", () => {
      if (annotation.value.status !== "done") editor.mark("done");
      navigation.openNextUnfinished();
    }),
    "mark-flagged": action("Folder", "Flag this image", () => editor.mark("flagged")),
  };
}
