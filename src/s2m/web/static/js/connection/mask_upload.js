/** Files of masks made elsewhere go to the server: into the open image, or into all on which nothing was done yet. */

/**
 * @import { ImportOutcome } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 * @import { Connection } from "./connection.js"
 *
 * @typedef {"image" | "all"} Into
 */

const MASKS = /\.(png|json|tiff?|bmp|gif)$/i;

export class MaskUpload {
  /** @param {{annotation: AnnotationStore, status: StatusStore, connection: Connection}} parts */
  constructor({ annotation, status, connection }) {
    this.annotation = annotation;
    this.status = status;
    this.connection = connection;
  }

  /**
   * @param {File[]} files
   * @param {Into} into
   */
  async send(files, into) {
    if (!this.annotation.value.image || files.length === 0) return;
    const masks = files.filter((file) => MASKS.test(file.name));
    try {
      if (into === "all") await this.#sendForAll(masks);
      else await this.#sendForImage(files, masks);
    } catch (error) {
      const away = "The masks could not be sent. Try again when the server is back.";
      this.status.fail(error instanceof Error && !(error instanceof TypeError) ? error.message : away);
    }
  }

  /**
   * Of several files the one that is named after the image.
   * @param {File[]} files
   * @param {File[]} masks those that can be masks
   */
  async #sendForImage(files, masks) {
    const { image } = this.annotation.value;
    if (!image) return;
    const file = files.length === 1 ? files[0] : masks.find((each) => stemOf(each.name) === stemOf(image.name));
    if (!file) {
      const text = `None of these ${files.length} files is a label map of ${image.name}; its name must be the same.`;
      this.status.fail(text);
      return;
    }
    const address = `api/images/${image.index}/masks?page=${this.connection.page}`;
    await post(`${address}&name=${encodeURIComponent(file.name)}`, file);
    this.status.say(`Imported ${file.name}`);
  }

  /** @param {File[]} files */
  async #sendForAll(files) {
    const sum = { imported: 0, annotated: 0, strangers: 0 };
    for (const [place, file] of files.entries()) {
      this.status.say(`Importing ${place + 1} of ${files.length}`);
      /** @type {ImportOutcome} */
      const outcome = JSON.parse(await post(`api/masks?name=${encodeURIComponent(file.name)}`, file));
      sum.imported += outcome.imported;
      sum.annotated += outcome.annotated;
      if (outcome.imported + outcome.annotated + outcome.failures.length === 0) sum.strangers += 1;
      for (const failure of outcome.failures) this.status.fail(failure);
    }
    const left = [
      sum.annotated ? `${sum.annotated} annotated already` : "",
      sum.strangers ? `${sum.strangers} ${sum.strangers === 1 ? "file is" : "files are"} of no image here` : "",
    ].filter(Boolean);
    this.status.say([`Masks for ${sum.imported} ${sum.imported === 1 ? "image" : "images"}`, ...left].join(", "));
  }
}

/**
 * @param {string} address
 * @param {File} file
 * @returns {Promise<string>} what the server says
 */
async function post(address, file) {
  const answer = await fetch(address, { method: "POST", body: file });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** @param {string} name of a file */
function stemOf(name) {
  return name.replace(/\.[^.]*$/, "");
}
