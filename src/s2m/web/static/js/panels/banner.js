/** A line over the photograph: the server is away, another page edits, or nothing can be changed. */

import { byId, make, makeButton } from "../elements.js";

/**
 * @import { Navigation } from "../commands/navigation.js"
 * @import { Connection, ConnectionState } from "../connection/connection.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {Connection} connection
 * @property {Navigation} navigation
 */

const LOST_SHOWN_AFTER_MS = 700;
const LOST = "The server is away. Go on drawing: strokes are kept here and sent when it is back.";
const BLOCKED =
  "The server answers, but its WebSocket is blocked, by a proxy or an extension of the browser. Allow it for this page.";
const REFUSED = "The server was started anew with another token. Open the address that it printed in the terminal.";
/** @type {Partial<Record<ConnectionState, string>>} */
const WORDS = { refused: REFUSED, blocked: BLOCKED };

export class Banner {
  /** @param {Parts} parts */
  constructor({ annotation, project, connection, navigation }) {
    this.annotation = annotation;
    this.project = project;
    this.connection = connection;
    this.navigation = navigation;
    /** Whether it was read that nothing can be changed. */
    this.readOnlyRead = false;
    this.lost = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    connection.watch(["state"], ({ state }) => this.#follow(state));
    annotation.watch(["editor", "image"], () => this.#draw());
    project.watch(["project"], () => this.#draw());
  }

  /** @param {ConnectionState} state short losses are not worth a word */
  #follow(state) {
    clearTimeout(this.timer);
    if (state === "open") this.lost = false;
    else if (state === "refused" || state === "blocked") this.lost = true;
    else if (state !== "connecting") {
      this.timer = setTimeout(() => {
        this.lost = true;
        this.#draw();
      }, LOST_SHOWN_AFTER_MS);
    }
    this.#draw();
  }

  #draw() {
    const { image, editor } = this.annotation.value;
    const { state } = this.connection.value;
    const { readOnly } = this.project;
    if (this.lost) {
      show(WORDS[state] ?? LOST, "Try now", () => this.connection.socket ?? this.connection.connect());
    } else if (!image || editor || state !== "open" || (readOnly && this.readOnlyRead)) {
      byId("banner").hidden = true;
    } else if (readOnly) {
      show(readOnly, "Hide", () => this.#hide());
    } else {
      show("Another page edits this image; you see it live.", "Take over", () => this.navigation.takeOver());
    }
  }

  #hide() {
    this.readOnlyRead = true;
    this.#draw();
    byId("stage").focus();
  }
}

/**
 * @param {string} text
 * @param {string} choice
 * @param {() => void} run
 */
function show(text, choice, run) {
  byId("banner").hidden = false;
  byId("banner").replaceChildren(
    make("span", { class: "text", text }),
    makeButton({ class: "small-button", text: choice, onclick: run }),
  );
}
