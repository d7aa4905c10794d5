/** The classes of the project: give one to the chosen object, add, rename, recolour, take from the list. */

import { OBJECT_COLOURS } from "./colours.js";
import { openDialog } from "./dialogs.js";
import { byId, icon, make } from "./elements.js";

/** @type {import("./app.js").App | null} the page whose dialog is open */
let watched = null;

/** @param {import("./app.js").App} app */
export function showClasses(app) {
  if (!watched) app.doc.watch(["classes", "objects", "editor"], () => byId("classes") && draw(app));
  watched = app;
  openDialog("Classes", [make("div", { id: "classes" })]);
  draw(app);
  const rows = app.doc.value.classes;
  byId(rows.length ? "class-give-0" : "class-new").focus();
}

/** @param {import("./app.js").App} app */
function draw(app) {
  const list = byId("classes");
  const focused = document.activeElement?.id;
  const { object } = app.ui.value;
  const to =
    object === 0
      ? "Choose an object to give it a class."
      : `Give ${app.doc.nameOf(object)} a class, or change the classes of the whole project.`;
  list.replaceChildren(
    make("p", { class: "help", text: to }),
    ...app.doc.value.classes.map((given, place) => row(app, given, place)),
    newRow(app),
  );
  if (focused) byId(focused)?.focus();
}

/**
 * @param {import("./app.js").App} app
 * @param {import("./document.js").ObjectClass} given
 * @param {number} place in the list
 */
function row(app, given, place) {
  const { doc } = app;
  const chosen = doc.object(app.ui.value.object);
  const has = chosen !== undefined && doc.classOf(chosen) === given.name;
  const count = doc.value.objects.filter((object) => doc.classOf(object) === given.name).length;
  const name = /** @type {HTMLInputElement} */ (
    make("input", {
      type: "text",
      id: `class-name-${place}`,
      value: given.name,
      maxlength: 80,
      "aria-label": `Name of the class ${given.name}`,
    })
  );
  name.addEventListener("change", () => {
    const wanted = name.value.trim();
    if (wanted && wanted !== given.name) app.changeClass(given, { new_name: wanted });
    else name.value = given.name;
  });
  name.addEventListener("keydown", (event) => {
    if (event.key === "Enter") name.blur();
  });
  const colour = make("input", {
    type: "color",
    id: `class-colour-${place}`,
    value: given.colour || colourOfPlace(place),
    title: `Colour of ${given.name}`,
    "aria-label": `Colour of ${given.name}`,
  });
  colour.addEventListener("change", () =>
    app.changeClass(given, { colour: /** @type {HTMLInputElement} */ (colour).value }),
  );
  return make("div", { class: "class-line" }, [
    colour,
    name,
    make("span", { class: "quiet", text: count ? `${count} ${count === 1 ? "object" : "objects"}` : "" }),
    make("button", {
      type: "button",
      id: `class-give-${place}`,
      class: "small-button",
      "aria-pressed": String(has),
      "aria-label": `Give ${given.name}`,
      text: has ? "Given" : "Give",
      disabled: app.ui.value.object === 0 || !doc.value.editor,
      onclick: () => app.giveClass(given),
    }),
    make(
      "button",
      {
        type: "button",
        class: "icon-button",
        title: `Offer ${given.name} no longer`,
        "aria-label": `Offer ${given.name} no longer`,
        onclick: () => app.connection.command({ type: "remove_class", name: given.name }),
      },
      [icon("close")],
    ),
  ]);
}

/** @param {import("./app.js").App} app */
function newRow(app) {
  const place = app.doc.value.classes.length;
  const colour = /** @type {HTMLInputElement} */ (
    make("input", {
      type: "color",
      value: colourOfPlace(place),
      "aria-label": "Colour of the new class",
      title: "Colour of the new class",
    })
  );
  const name = /** @type {HTMLInputElement} */ (
    make("input", {
      type: "text",
      id: "class-new",
      maxlength: 80,
      placeholder: "New class",
      "aria-label": "Name of a new class",
    })
  );
  const add = () => {
    if (!name.value.trim()) return name.focus();
    app.connection.command({ type: "add_class", name: name.value.trim(), colour: colour.value });
    name.value = "";
    name.focus();
  };
  name.addEventListener("keydown", (event) => {
    if (event.key === "Enter") add();
  });
  return make("div", { class: "class-line new" }, [
    colour,
    name,
    make("button", { type: "button", class: "small-button", text: "Add", onclick: add }),
  ]);
}

/** @param {number} place */
function colourOfPlace(place) {
  return OBJECT_COLOURS[place % OBJECT_COLOURS.length];
}
