/** The status line: the memory of the page. Errors stay until they are read. */

import { byId, make } from "../elements.js";

/**
 * @import { Palette } from "../canvas/palette.js"
 * @import { Actions } from "../commands/actions.js"
 * @import { Connection } from "../connection/connection.js"
 * @import { KeyBindings } from "../input/key_bindings.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { StatusStore } from "../state/status_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {StatusStore} status
 * @property {KeyBindings} keys
 * @property {Connection} connection
 * @property {Palette} palette
 * @property {Actions} actions
 */

/** What the next keys may be: actions, each with a word for it. */
const DRAWING = [
  ["switch-sign", "sign"],
  ["keep", "keep"],
  ["object-new", "object"],
  ["undo", "undo"],
  ["save", "save"],
  ["keys-sheet", "keys"],
];
const VIEWING = [
  ["view-next", "view"],
  ["strokes-shown", "strokes"],
  ["fit", "fit"],
  ["magnifier", "magnifier"],
  ["keys-sheet", "keys"],
];
const VIEWING_A_FOLDER = [["previous-image", "previous"], ["next-image", "next image"], ...VIEWING];

export class StatusLine {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, status, keys, connection, palette, actions }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.status = status;
    this.palette = palette;
    this.actions = actions;
    byId("status-error").addEventListener("click", () => status.read());
    setInterval(() => this.#showSaid(), 1000);
    status.watch(["unread"], () => this.#showUnread());
    status.watch(["said", "savedAt", "saving"], () => this.#showSaid());
    ui.watch(["sign", "opposite", "object", "tool", "colours"], () => this.#showNext());
    keys.watch(["map"], () => this.#showNext());
    annotation.watch(["objects", "editor"], () => this.#showNext());
    project.watch(["project", "folder"], () => this.#showNext());
    connection.watch(["state", "waiting"], ({ state, waiting }) => {
      byId("status-unsent").textContent = state === "open" || waiting === 0 ? "" : `${waiting} to send`;
    });
  }

  #showUnread() {
    const error = byId("status-error");
    const [first, ...others] = this.status.value.unread;
    error.hidden = !first;
    if (!first) return;
    error.textContent = others.length ? `${first.text} (and ${others.length} more)` : first.text;
    error.title = `${first.text}\nClick when you have read it.`;
    error.classList.toggle("warning", first.level === "warning");
    error.setAttribute("aria-label", `${first.level}: ${first.text}. Press to dismiss.`);
  }

  #showSaid() {
    const { said, saving, savedAt } = this.status.value;
    const parts = said ? [said] : [];
    if (saving) parts.push("saving");
    else if (savedAt !== null) parts.push(`saved ${ago(Date.now() - savedAt)}`);
    const text = parts.join("  ·  ");
    if (byId("status-text").textContent !== text) byId("status-text").textContent = text;
  }

  /** What the next stroke and the next keys do. */
  #showNext() {
    const { readOnly, hasFolder } = this.project;
    byId("status-sign").title = readOnly;
    const next = [this.#mark(), this.annotation.nameOf(this.ui.value.object)];
    byId("status-sign").replaceChildren(...(readOnly ? ["View only"] : next));
    const known = (!readOnly ? DRAWING : hasFolder ? VIEWING_A_FOLDER : VIEWING).filter(([action]) =>
      this.actions.keyOf(action),
    );
    const shown = known.flatMap(([action, word]) => [make("kbd", { text: this.actions.keyOf(action) }), word]);
    byId("status-keys").replaceChildren(...shown);
  }

  #mark() {
    const { sign, opposite, object, tool } = this.ui.value;
    const isNegative = (sign === "negative") !== opposite || tool === "eraser";
    const mark = make("span", {
      class: `mark ${isNegative ? "negative" : "positive"}`,
      text: isNegative ? "−" : "+",
      title: isNegative ? "Strokes do not belong to the object" : "Strokes belong to the object",
    });
    mark.style.setProperty("--swatch", this.palette.colourOf(this.annotation.object(object) ?? { id: object }));
    return mark;
  }
}

/** @param {number} ms */
function ago(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}
