/** The dialog that imports masks made elsewhere: from a file or a folder, into this image or all untouched ones. */

import { byId, make, makeButton } from "../elements.js";
import { dialogElement, openDialog } from "./dialog.js";

/**
 * @import { Into, MaskUpload } from "../connection/mask_upload.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 */

const HELP =
  "A label map is a PNG in which the index of a pixel is its object, named after its image. A COCO file ends in " +
  ".json. Masks replace those of objects with the same numbers; undo takes them back.";

/** @param {{annotation: AnnotationStore, project: ProjectStore, upload: MaskUpload}} parts */
export function showImport({ annotation, project, upload }) {
  const choices = make(
    "fieldset",
    { class: "choices", "aria-label": "Into which images", hidden: !project.hasFolder },
    [
      choiceOf("image", `Into ${annotation.value.image?.name}`, true),
      choiceOf("all", "Into all images on which nothing was done yet", false),
    ],
  );
  const into = () => (choices.querySelector("input[value=all]:checked") ? "all" : "image");
  const choose = (/** @type {boolean} */ whole) => chooseFiles(whole, (files) => upload.send(files, into()));
  const file = { id: "import-file", class: "small-button primary", text: "A file…", onclick: () => choose(false) };
  const folder = { class: "small-button", text: "A folder of label maps…", onclick: () => choose(true) };
  openDialog("Import masks", [
    make("p", { class: "help", text: HELP }),
    choices,
    make("div", { class: "row" }, [makeButton(file), makeButton(folder)]),
  ]);
  byId("import-file").focus();
}

/**
 * @param {Into} value
 * @param {string} text
 * @param {boolean} checked
 */
function choiceOf(value, text, checked) {
  return make("label", {}, [make("input", { type: "radio", name: "import-into", value, checked }), text]);
}

/**
 * @param {boolean} whole a folder, not a file
 * @param {(files: File[]) => void} take
 */
function chooseFiles(whole, take) {
  const field = make("input", { type: "file", accept: whole ? null : "image/png,image/*,.json" });
  field.webkitdirectory = whole;
  field.addEventListener("change", () => {
    dialogElement().close();
    take([...(field.files ?? [])]);
  });
  field.click();
}
