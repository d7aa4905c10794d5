/** The export of the project: asked for here, written by the server meanwhile, followed to its end. */

import { Store } from "../state/store.js";

/**
 * @import { ExportFormat, ExportProgress, ExportRequest } from "../messages.js"
 * @import { StatusStore } from "../state/status_store.js"
 */

const ASK_AGAIN_MS = 300;
const AWAY = "The server is away. Export again when it is back.";

/** @extends {Store<ExportProgress>} */
export class ExportRun extends Store {
  /** @type {ExportFormat[]} what can be chosen, once it was asked for */
  formats = [];
  #isFollowing = false;

  /** @param {StatusStore} status */
  constructor(status) {
    super({ state: "none", done: 0, total: 0, folder: "", lines: [] });
    this.status = status;
  }

  /** Ask what there is: formats, and an export that another page began. */
  async ask() {
    const [formats, progress] = await Promise.all([call("api/export/formats"), call("api/export")]);
    this.formats = JSON.parse(formats);
    this.#take(JSON.parse(progress));
  }

  /** @param {ExportRequest} request */
  async start(request) {
    try {
      this.#take(JSON.parse(await call("api/export", { method: "POST", body: JSON.stringify(request) })));
    } catch (error) {
      this.set({ state: "failed", lines: [wordsOf(error)] });
    }
  }

  /** End it; nothing of it stays. */
  async cancel() {
    await call("api/export/cancel", { method: "POST" }).catch(() => {});
  }

  /** @param {ExportProgress} progress */
  #take(progress) {
    this.set(progress);
    if (progress.state === "running" && !this.#isFollowing) this.#follow();
  }

  /** Ask again and again until it has ended; a server that is away may come back. */
  async #follow() {
    this.#isFollowing = true;
    while (this.value.state === "running") {
      const { done, total } = this.value;
      if (total) this.status.say(`Exporting image ${done + 1} of ${total}`);
      await new Promise((resolve) => {
        setTimeout(resolve, ASK_AGAIN_MS);
      });
      const progress = await call("api/export").catch(() => "");
      if (progress) this.set(JSON.parse(progress));
    }
    this.#isFollowing = false;
    const { state, lines } = this.value;
    if (state === "failed") this.status.fail(lines[0]);
    else this.status.say(state === "none" ? "The server was started anew; export again" : lines[0]);
  }
}

/**
 * @param {string} address
 * @param {RequestInit} [more]
 * @returns {Promise<string>} what the server says
 */
async function call(address, more) {
  const answer = await fetch(address, { cache: "no-store", ...more });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** @param {unknown} error */
function wordsOf(error) {
  return error instanceof Error && !(error instanceof TypeError) ? error.message : AWAY;
}
