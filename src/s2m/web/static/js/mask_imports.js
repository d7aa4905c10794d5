/** Masks made elsewhere: a label map, a COCO file or a folder of label maps, into this image or all that have none. */

import { byId, make } from "./elements.js";
import { openDialog } from "./dialogs.js";

const MASKS = /\.(png|json|tiff?|bmp|gif)$/i;

/** @typedef {"image" | "all"} Into */
/** @typedef {{imported: number, annotated: number, failures: string[]}} Outcome */

/** @param {import("./app.js").App} app */
export function showImport(app) {
  const { folder, image } = app.doc.value;
  const choice = (/** @type {Into} */ value, /** @type {string} */ text) =>
    make("label", {}, [make("input", { type: "radio", name: "import-into", value, checked: value === "image" }), text]);
  const choices = make("fieldset", { class: "choices", "aria-label": "Into which images", hidden: folder.length < 2 }, [
    choice("image", `Into ${image?.name}`),
    choice("all", "Into all images on which nothing was done yet"),
  ]);
  const into = () => /** @type {Into} */ (choices.querySelector("input:checked")?.getAttribute("value") ?? "image");
  const file = make("button", {
    type: "button",
    id: "import-file",
    class: "small-button primary",
    text: "A file…",
    onclick: () => chooseFiles(app, into(), "file"),
  });
  const whole = make("button", {
    type: "button",
    class: "small-button",
    text: "A folder of label maps…",
    onclick: () => chooseFiles(app, into(), "folder"),
  });
  openDialog("Import masks", [
    make("p", {
      class: "help",
      text: "A label map is a PNG in which the index of a pixel is its object, named after its image. A COCO file ends in .json. Masks replace those of objects with the same numbers; undo takes them back.",
    }),
    choices,
    make("div", { class: "row" }, [file, whole]),
  ]);
  byId("import-file").focus();
}

/**
 * @param {import("./app.js").App} app
 * @param {Into} into
 * @param {"file" | "folder"} what
 */
function chooseFiles(app, into, what) {
  const field = document.createElement("input");
  field.type = "file";
  if (what === "folder") field.webkitdirectory = true;
  else field.accept = "image/png,image/*,.json";
  field.onchange = () => {
    /** @type {HTMLDialogElement} */ (byId("dialog")).close();
    importFiles(app, [...(field.files ?? [])], into);
  };
  field.click();
}

/**
 * @param {import("./app.js").App} app
 * @param {File[]} files
 * @param {Into} into
 */
export async function importFiles(app, files, into) {
  const { image } = app.doc.value;
  const masks = files.filter((file) => MASKS.test(file.name));
  if (!image || files.length === 0) return;
  try {
    if (into === "all") return await importAll(app, masks);
    // Of several files the one that is named after the image.
    const file = files.length === 1 ? files[0] : masks.find((each) => stemOf(each.name) === stemOf(image.name));
    if (!file)
      return app.status.fail(
        `None of these ${files.length} files is a label map of ${image.name}; its name must be the same.`,
      );
    await send(
      `api/images/${image.index}/masks?page=${app.connection.page}&name=${encodeURIComponent(file.name)}`,
      file,
    );
    app.status.say(`Imported ${file.name}`);
  } catch (error) {
    app.status.fail(
      error instanceof TypeError
        ? "The masks could not be sent. Try again when the server is back."
        : String(/** @type {Error} */ (error).message),
    );
  }
}

/**
 * @param {import("./app.js").App} app
 * @param {File[]} files
 */
async function importAll(app, files) {
  const sum = { imported: 0, annotated: 0, strangers: 0 };
  for (const [place, file] of files.entries()) {
    app.status.say(`Importing ${place + 1} of ${files.length}`);
    /** @type {Outcome} */
    const outcome = JSON.parse(await send(`api/masks?name=${encodeURIComponent(file.name)}`, file));
    sum.imported += outcome.imported;
    sum.annotated += outcome.annotated;
    if (outcome.imported + outcome.annotated + outcome.failures.length === 0) sum.strangers += 1;
    for (const failure of outcome.failures) app.status.fail(failure);
  }
  const left = [
    sum.annotated ? `${sum.annotated} annotated already` : "",
    sum.strangers ? `${sum.strangers} ${sum.strangers === 1 ? "file is" : "files are"} of no image here` : "",
  ].filter(Boolean);
  app.status.say([`Masks for ${sum.imported} ${sum.imported === 1 ? "image" : "images"}`, ...left].join(", "));
}

/**
 * @param {string} address
 * @param {File} file
 * @returns {Promise<string>} what the server says
 */
async function send(address, file) {
  const answer = await fetch(address, { method: "POST", body: file });
  const told = await answer.text();
  if (!answer.ok) throw new Error(told);
  return told;
}

/** @param {string} name of a file */
function stemOf(name) {
  return name.replace(/\.[^.]*$/, "");
}
