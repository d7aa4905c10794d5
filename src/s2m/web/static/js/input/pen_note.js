/** Why the pen does not draw, said beside it: a lock, a server that is away, an image that can only be viewed. */

/**
 * @import { Connection } from "../connection/connection.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {InkStore} ink
 * @property {StatusStore} status
 * @property {Connection} connection
 */

/** @param {Parts} parts */
export function followPenNote({ annotation, project, ui, ink, status, connection }) {
  const isLocked = () => annotation.object(ui.value.object)?.locked ?? false;
  const note = () => {
    if (!annotation.value.image) return "";
    if (project.readOnly) return "view only";
    if (connection.value.state !== "open" && connection.value.state !== "connecting") return "server away: kept here";
    if (!annotation.value.editor) return "another page edits";
    return isLocked() ? "locked" : "";
  };
  const show = () => {
    ink.set({ note: note() });
    // A warning goes when its cause goes.
    if (!isLocked()) status.settle("locked");
    if (annotation.value.editor) status.settle("elsewhere");
  };
  annotation.watch(["objects", "editor", "image"], show);
  project.watch(["project"], show);
  ui.watch(["object"], show);
  connection.watch(["state"], show);
}
