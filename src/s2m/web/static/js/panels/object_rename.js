/** The field in which an object gets another name, as wide as its row. */

import { byId, make } from "../elements.js";

/**
 * @import { Editor } from "../commands/editor.js"
 * @import { ObjectEntry } from "../messages.js"
 * @import { UiStore } from "../state/ui_store.js"
 */

/**
 * @param {Element} row
 * @param {ObjectEntry} object
 * @param {{ui: UiStore, editor: Editor, classes: string[]}} parts
 */
export function renameIn(row, object, { ui, editor, classes }) {
  const field = make("input", {
    type: "text",
    value: object.name,
    maxlength: 80,
    "aria-label": "Name of the object",
    list: classes.length ? "class-names" : null,
  });
  const finish = (/** @type {boolean} */ keep) => {
    if (ui.value.renaming === null) return;
    const name = field.value.trim();
    ui.set({ renaming: null });
    if (keep && name && name !== object.name) {
      editor.changeObjects([object.id], classes.includes(name) ? { name, class_name: name } : { name });
    }
    byId("stage").focus();
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") finish(true);
    if (event.key === "Escape") finish(false);
  });
  field.addEventListener("blur", () => finish(true));
  field.addEventListener("click", (event) => event.stopPropagation());
  const options = classes.map((name) => make("option", { value: name }));
  row.classList.add("renaming");
  row.querySelector(".name")?.replaceChildren(field, make("datalist", { id: "class-names" }, options));
  field.select();
  field.focus();
}
