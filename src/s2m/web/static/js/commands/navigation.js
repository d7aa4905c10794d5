/** From one image of the folder to another, and who edits the open one. */

/**
 * @import { Connection } from "../connection/connection.js"
 * @import { FolderEntry, MessageFromPage } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 */

export class Navigation {
  /**
   * @param {{annotation: AnnotationStore, project: ProjectStore, status: StatusStore, connection: Connection}} parts
   */
  constructor({ annotation, project, status, connection }) {
    this.annotation = annotation;
    this.project = project;
    this.status = status;
    this.connection = connection;
    addEventListener("popstate", () => {
      const { wanted } = this;
      if (wanted && wanted !== annotation.imageName) this.#show(wanted);
    });
  }

  /** @returns {number} the place of the image in the folder, or -1 */
  get place() {
    const name = this.annotation.imageName;
    return this.project.value.folder.findIndex((entry) => entry.name === name);
  }

  /**
   * @param {number} by
   * @returns {string | undefined} the image so many places further
   */
  neighbour(by) {
    return this.project.value.folder[this.place + by]?.name;
  }

  /** @param {number} by */
  step(by) {
    const next = this.neighbour(by);
    if (next) this.open(next);
  }

  openNextUnfinished() {
    const { folder } = this.project.value;
    const { place } = this;
    const isUnfinished = (/** @type {FolderEntry} */ entry) => ["untouched", "in_progress"].includes(entry.status);
    const next = folder.slice(place + 1).find(isUnfinished) ?? folder.slice(0, Math.max(0, place)).find(isUnfinished);
    if (next) this.open(next.name);
    else this.status.say("No unfinished image is left");
  }

  /** @param {string} name of an image */
  open(name) {
    if (location.hash !== hashOf(name)) history.pushState(null, "", hashOf(name));
    this.#show(name);
  }

  /** @param {string} first what to open where the address names no image of the folder */
  openFirst(first) {
    const { wanted } = this;
    history.replaceState(null, "", hashOf(wanted ?? first));
    this.#show(wanted ?? first);
  }

  /** @returns {string | undefined} the image that the address names */
  get wanted() {
    return this.project.value.folder.find(({ name }) => hashOf(name) === location.hash)?.name;
  }

  /** @param {string} name of an image */
  #show(name) {
    this.annotation.set({ opening: name });
    this.connection.send({ type: "open", image: name });
  }

  /** Images may have come into the folder. */
  lookAgain() {
    this.connection.send({ type: "look_again" });
  }

  /** Edit the open image in this page, no longer in another. */
  takeOver() {
    const { image } = this.annotation.value;
    if (image) this.connection.send({ type: "take_over", image: image.name });
  }

  /** @returns {MessageFromPage[]} what the server must know first */
  greeting() {
    const { opening, image } = this.annotation.value;
    const wanted = opening ?? image?.name;
    /** @type {MessageFromPage} */
    const hello = { type: "hello", page: this.connection.page };
    return wanted ? [hello, { type: "open", image: wanted }] : [hello];
  }
}

/** @param {string} name of an image, as the address carries it */
function hashOf(name) {
  return new URL(`#${encodeURIComponent(name)}`, "http://here").hash;
}
