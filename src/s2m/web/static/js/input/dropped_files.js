/** Files that are dropped on the page: masks are imported, photographs are copied into the folder where one wants so. */

import { openDialog } from "../dialogs/dialog.js";
import { make, makeButton } from "../elements.js";

/**
 * @import { Navigation } from "../commands/navigation.js"
 * @import { MaskUpload } from "../connection/mask_upload.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {StatusStore} status
 * @property {Navigation} navigation
 * @property {MaskUpload} upload
 */

const EDITED_ELSEWHERE = "This image is being edited in another page. Take over to import masks here.";
const AWAY = "The photograph could not be sent. Try again when the server is back.";
const PHOTOGRAPHS = /\.(jpe?g|jpe|jfif|webp|heic|heif|avif|jp2|j2k|mpo)$/i;

/** @param {Parts} parts */
export function takeDroppedFiles(parts) {
  const { annotation, project, status, upload } = parts;
  // On the whole page: a file that falls beside the photograph would take its place in the browser.
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    const photographs = files.filter(({ name }) => PHOTOGRAPHS.test(name) || !annotation.value.image);
    if (photographs.length && project.readOnly) status.warn(project.readOnly);
    else if (photographs.length) askAbout(photographs, parts);
    else if (annotation.value.editor) upload.send(files, "image");
    else if (annotation.value.image) status.warn(project.readOnly || EDITED_ELSEWHERE);
  });
}

/**
 * @param {File[]} photographs
 * @param {Parts} parts
 */
function askAbout(photographs, parts) {
  const { length, 0: first } = photographs;
  const what = length === 1 ? first.name : `${length} photographs`;
  const text = `Copy ${what} into the folder of the images, and open ${length === 1 ? "it" : "the first"}?`;
  const close = () => document.querySelector("dialog")?.close();
  const copy = () => {
    close();
    bring(photographs, parts);
  };
  const yes = makeButton({ id: "take-in", class: "small-button primary", text: "Copy and open", onclick: copy });
  const no = makeButton({ class: "small-button", text: "Cancel", onclick: close });
  openDialog("A new photograph", [make("p", { text }), make("div", { class: "row" }, [yes, no])]);
  yes.focus();
}

/**
 * @param {File[]} photographs
 * @param {Parts} parts
 */
async function bring(photographs, { navigation, status }) {
  let opened = false;
  for (const file of photographs) {
    try {
      const answer = await fetch(`api/images?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
      const text = await answer.text();
      if (!answer.ok) status.fail(text);
      else if (!opened) navigation.open(text);
      opened ||= answer.ok;
    } catch {
      status.fail(AWAY);
    }
  }
}
