/** Which model answers, where masks go, and how much memory the server takes. */

import { make } from "../elements.js";
import { lineOf, openDialog } from "./dialog.js";

/**
 * @import { ProjectStore } from "../state/project_store.js"
 *
 * @typedef {{name: string, used_bytes: number, limit_bytes: number}} MemoryUse
 * @typedef {{model: string, open_images: number, memory: MemoryUse[]}} ServerInfo
 */

/** @type {Record<string, string>} what the server keeps, by its name */
const KEPT = {
  embeddings: "Embeddings of images, so that strokes are answered at once",
  pictures: "Decoded photographs",
  tiles: "Tiles for the page",
};

/** @param {ProjectStore} project */
export async function showAbout(project) {
  const list = make("div", { class: "about" }, [make("p", { class: "quiet", text: "Asking the server" })]);
  openDialog("About", [list]);
  try {
    const answer = await fetch("api/info", { cache: "no-store" });
    /** @type {ServerInfo} */
    const info = await answer.json();
    list.replaceChildren(
      textLine("Model", info.model),
      textLine(project.readOnly ? "Masks come from" : "Masks go to", project.value.project?.output ?? ""),
      textLine("Images open", String(info.open_images)),
      make("h3", { text: "Memory of the server for the images opened last" }),
      ...info.memory.map(memoryOf),
    );
  } catch {
    list.replaceChildren(make("p", { text: "The server is away. This is shown when it is back." }));
  }
}

/** @param {MemoryUse} use */
function memoryOf({ name, used_bytes, limit_bytes }) {
  const title = KEPT[name] ?? name;
  return make("div", {}, [
    textLine(title, `${megabytes(used_bytes)} of at most ${megabytes(limit_bytes)}`),
    make("meter", { min: 0, max: limit_bytes, value: used_bytes, "aria-label": title }),
  ]);
}

/**
 * @param {string} title
 * @param {string} text
 */
function textLine(title, text) {
  return lineOf(title, make("span", { class: "quiet", text }));
}

/** @param {number} bytes */
function megabytes(bytes) {
  const size = bytes / 2 ** 20;
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} MB`;
}
