/** Files of masks that are dropped on the photograph. */

/**
 * @import { MaskUpload } from "../connection/mask_upload.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {StatusStore} status
 * @property {MaskUpload} upload
 */

const EDITED_ELSEWHERE = "This image is being edited in another page. Take over to import masks here.";

const PHOTOGRAPHS = /\.(jpe?g|jpe|jfif|webp|heic|heif|avif|jp2|j2k|mpo)$/i;

/**
 * @param {HTMLElement} stage
 * @param {Parts} parts
 */
export function takeDroppedFiles(stage, { annotation, project, status, upload }) {
  stage.addEventListener("dragover", (event) => event.preventDefault());
  stage.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!annotation.value.image) return;
    const files = [...(event.dataTransfer?.files ?? [])];
    const photograph = files.find(({ name }) => PHOTOGRAPHS.test(name));
    if (photograph) return status.warn(wordsAbout(photograph.name, project));
    if (annotation.value.editor) upload.send(files, "image");
    else status.warn(project.readOnly || EDITED_ELSEWHERE);
  });
}

/**
 * @param {string} name of a photograph that was dropped
 * @param {ProjectStore} project
 */
function wordsAbout(name, project) {
  const how = project.hasFolder ? "Put it into the folder and press “Look again”." : `Open it with: s2m ${name}`;
  return `${name} is a photograph, and only masks are taken here (PNG, TIFF, COCO). ${how}`;
}
