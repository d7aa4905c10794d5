/** The dialog that exports the project as a data set: formats and options, progress, what was written and where. */

import { elementOf, make, makeButton } from "../elements.js";
import { openDialog } from "./dialog.js";

/**
 * @import { ExportRun } from "../connection/export_run.js"
 * @import { ExportProgress, ExportRequest } from "../messages.js"
 * @import { ProjectStore } from "../state/project_store.js"
 *
 * @typedef {{run: ExportRun, project: ProjectStore, copy: (path: string) => void}} Parts
 */

const SPLITS = ["train", "val", "test"];
const HELP =
  "The annotations of all images become a data set in the output folder. An earlier export there is replaced.";

export class ExportDialog {
  /** @param {Parts} parts */
  constructor({ run, project, copy }) {
    this.run = run;
    this.project = project;
    this.copy = copy;
    run.watch(["state", "done", "total", "lines"], (progress) => this.#follow(progress));
  }

  async show() {
    openDialog("Export", [make("p", { class: "quiet", text: "Asking the server" })]);
    try {
      await this.run.ask();
    } catch {
      openDialog("Export", [make("p", { text: "The server is away. Export again when it is back." })]);
      return;
    }
    const form = make("form", { id: "export", class: "export" }, [
      make("p", { class: "help", text: HELP }),
      this.#formats(),
      this.#what(),
      this.#how(),
      make("div", { class: "row" }, [
        make("button", { type: "submit", id: "export-start", class: "small-button primary", text: "Export" }),
        makeButton({ id: "export-check", class: "small-button", text: "Only check", onclick: () => this.#begin(true) }),
      ]),
      make("div", { id: "export-progress", role: "status" }),
    ]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#begin(false);
    });
    openDialog("Export", [form]);
    this.#follow(this.run.value);
    form.querySelector("input")?.focus();
  }

  #formats() {
    const boxes = this.run.formats.map(({ name, title }) =>
      labelled(title, make("input", { type: "checkbox", name: "format", value: name, checked: name === "coco" })),
    );
    return make("fieldset", { class: "choices columns" }, [make("legend", { text: "Formats" }), ...boxes]);
  }

  /** Which images and objects. */
  #what() {
    const classes = this.project.value.classes.map(({ name }) =>
      labelled(name, make("input", { type: "checkbox", name: "class", value: name })),
    );
    const shares = SPLITS.map((name) => percent(name));
    const seed = make("input", { type: "number", name: "seed", min: 0, step: 1, value: 0 });
    return make("div", {}, [
      make("fieldset", { class: "choices" }, [
        make("legend", { text: "Images" }),
        option("only_done", "Only images that are marked as done"),
        option("strict", "Write nothing if the check finds a mistake"),
      ]),
      make("details", { hidden: classes.length === 0 }, [
        make("summary", { text: "Only some classes" }),
        make("fieldset", { class: "choices columns", "aria-label": "Only objects of these classes" }, classes),
      ]),
      make("details", {}, [
        make("summary", { text: "Split into train, val and test" }),
        make("div", { class: "shares" }, [...shares, labelled("Seed", seed)]),
      ]),
    ]);
  }

  /** How it is written. */
  #how() {
    const pattern = "[A-Za-z0-9][A-Za-z0-9_ \\-]{0,63}";
    const title = "A name of letters, digits, spaces, - and _";
    const folder = make("input", { type: "text", name: "folder", value: "export", required: true, pattern, title });
    return make("fieldset", { class: "choices" }, [
      make("legend", { text: "Files" }),
      option("with_images", "Copy the photographs where a format has a place for them", true),
      option("as_predictions", "Label Studio: as predictions, to be looked over"),
      labelled(`Folder in ${this.project.value.project?.output ?? ""}`, folder),
    ]);
  }

  /** @param {boolean} onlyCheck */
  #begin(onlyCheck) {
    const form = elementOf("export", HTMLFormElement);
    if (form.reportValidity()) this.run.start(requestOf(new FormData(form), onlyCheck));
  }

  /** @param {ExportProgress} progress */
  #follow({ state, done, total, folder, lines }) {
    const place = document.getElementById("export-progress");
    if (!place) return;
    const runs = state === "running";
    elementOf("export-start", HTMLButtonElement).disabled = runs;
    elementOf("export-check", HTMLButtonElement).disabled = runs;
    if (runs) {
      const text = total ? `Image ${done + 1} of ${total}` : "Saving what was drawn last";
      place.replaceChildren(
        make("progress", { max: total || 1, value: total ? done : null, "aria-label": "Progress of the export" }),
        make("div", { class: "row" }, [
          make("span", { class: "quiet", text }),
          makeButton({ class: "small-button", text: "Cancel", onclick: () => this.run.cancel() }),
        ]),
      );
      return;
    }
    const written = makeButton({ class: "small-button", text: "Copy path", onclick: () => this.copy(folder) });
    place.replaceChildren(
      make(
        "ul",
        { class: `said ${state}` },
        lines.map((text) => make("li", { text })),
      ),
      ...(folder ? [make("div", { class: "row" }, [written])] : []),
    );
    place.scrollIntoView({ block: "nearest" });
  }
}

/**
 * @param {FormData} data
 * @param {boolean} onlyCheck
 * @returns {ExportRequest}
 */
function requestOf(data, onlyCheck) {
  const texts = (/** @type {string} */ name) => data.getAll(name).map(String);
  const shares = SPLITS.map((name) => /** @type {const} */ ([name, Number(data.get(`share-${name}`))]));
  return {
    formats: texts("format"),
    folder: String(data.get("folder")),
    only_done: data.has("only_done"),
    classes: texts("class"),
    shares: Object.fromEntries(shares.filter(([, share]) => share > 0)),
    seed: Number(data.get("seed")),
    with_images: data.has("with_images"),
    as_predictions: data.has("as_predictions"),
    only_check: onlyCheck,
    strict: data.has("strict"),
  };
}

/**
 * @param {string} name of the option
 * @param {string} text
 * @param {boolean} [checked]
 */
function option(name, text, checked = false) {
  return labelled(text, make("input", { type: "checkbox", name, checked }));
}

/** @param {string} name of a split */
function percent(name) {
  return labelled(`${name} %`, make("input", { type: "number", name: `share-${name}`, min: 0, max: 100, step: "any" }));
}

/**
 * @param {string} text
 * @param {HTMLInputElement} input
 */
function labelled(text, input) {
  return make("label", {}, input.type === "checkbox" ? [input, text] : [text, input]);
}
