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

/**
 * @param {HTMLElement} stage
 * @param {Parts} parts
 */
export function takeDroppedFiles(stage, { annotation, project, status, upload }) {
  stage.addEventListener("dragover", (event) => event.preventDefault());
  stage.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!annotation.value.image) return;
    if (annotation.value.editor) upload.send([...(event.dataTransfer?.files ?? [])], "image");
    else status.warn(project.readOnly || EDITED_ELSEWHERE);
  });
}
