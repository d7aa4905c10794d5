/** What stands in the place of the photograph while there is none: one sentence, one action. */

import { byId, make, makeButton } from "../elements.js";

/**
 * @import { Navigation } from "../commands/navigation.js"
 * @import { Connection } from "../connection/connection.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 *
 * @typedef {{text: string, run: () => void}} Choice
 * @typedef {{title: string, text: string, busy?: boolean, choice?: Choice}} Card
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {Connection} connection
 * @property {Navigation} navigation
 */

const LOADING_SHOWN_AFTER_MS = 400;

export class Placeholder {
  /** @param {Parts} parts */
  constructor({ annotation, project, connection, navigation }) {
    this.annotation = annotation;
    this.project = project;
    this.connection = connection;
    this.navigation = navigation;
    annotation.watch(["opening", "image", "unreadable"], () => this.#draw());
    project.watch(["project", "folder"], () => this.#draw());
  }

  #draw() {
    const { opening, image, unreadable } = this.annotation.value;
    const { project, folder } = this.project.value;
    if (opening) setTimeout(() => this.#showLoading(opening), LOADING_SHOWN_AFTER_MS);
    else if (unreadable) this.#showUnreadable(unreadable);
    else if (image) show(null);
    else if (!project || folder.length) show({ title: "Opening", text: "One moment.", busy: true });
    else {
      const text = `${project.name} holds no image. Put photographs into it.`;
      const again = { text: "Look again", run: () => this.navigation.lookAgain() };
      show({ title: "No image here", text, choice: again });
    }
  }

  /** @param {string} name of an image that takes long */
  #showLoading(name) {
    if (this.annotation.value.opening !== name || !this.connection.open) return;
    show({ title: "Loading", text: name, busy: true });
  }

  /** @param {{name: string, text: string}} unreadable */
  #showUnreadable({ name, text }) {
    const next = { text: "Next image", run: () => this.navigation.step(1) };
    const again = { text: "Try again", run: () => this.navigation.open(name) };
    show({ title: "This image cannot be opened", text, choice: this.project.hasFolder ? next : again });
  }
}

/** @param {Card | null} card */
function show(card) {
  const screen = byId("screen");
  screen.hidden = card === null;
  if (!card) return screen.replaceChildren();
  const { title, text, busy, choice } = card;
  const button = choice && makeButton({ class: "small-button primary", text: choice.text, onclick: choice.run });
  const parts = [
    ...(busy ? [make("div", { class: "spinner", "aria-hidden": "true" })] : []),
    make("h2", { text: title }),
    make("p", { text }),
    ...(button ? [make("div", { class: "actions" }, [button])] : []),
  ];
  screen.replaceChildren(make("div", { class: "card", role: "status" }, parts));
}
