/** The list of objects: colour, name, area, eye, lock and a menu for each. */

import { ACTIONS, isEnabled } from "./actions.js";
import { OBJECT_COLOURS, colourOf } from "./colours.js";
import { byId, icon, make } from "./elements.js";

const MENU = [
  "object-rename",
  "classes",
  "object-copy",
  "",
  "fill-holes",
  "drop-specks",
  "smooth",
  "object-split",
  "object-merge",
  "",
  "object-delete",
];

export class ObjectsPanel {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.list = byId("objects");
    /** @type {number | null} the object whose name is being typed */
    this.renaming = null;
    app.doc.watch(["objects", "editor", "image", "classes"], () => this.draw());
    app.doc.watch(["areas"], () => this.#showAreas());
    app.ui.watch(["object", "colours"], () => this.draw());
    this.list.addEventListener("keydown", (event) => this.#walk(event));
  }

  draw() {
    if (this.renaming !== null) return;
    const { objects } = this.app.doc.value;
    const chosen = this.app.ui.value.object;
    const rows = objects.map((object) => this.#row(object));
    if (chosen !== 0 && !objects.some((object) => object.id === chosen) && !this.app.doc.readOnly)
      rows.push(this.#coming(chosen));
    rows.push(this.#background());
    const focused = this.list.contains(document.activeElement);
    this.list.replaceChildren(...rows);
    this.#showAreas();
    if (focused) /** @type {HTMLElement | null} */ (this.list.querySelector("[aria-selected=true]"))?.focus();
  }

  /** @param {import("./document.js").AnnotatedObject} object */
  #row(object) {
    const key = object.id <= 9 ? String(object.id) : "";
    const given = this.app.doc.classOf(object);
    const shown = given && given !== object.name ? [make("span", { class: "class quiet", text: given })] : [];
    const name = make("span", { class: "name", title: shown.length ? `${object.name}, class ${given}` : object.name }, [
      object.name,
      ...shown,
    ]);
    const row = this.#frame(
      object.id,
      colourOf(object),
      `${object.name}${object.locked ? ", locked" : ""}${object.visible ? "" : ", hidden"}`,
      [
        make("span", { class: "swatch" }),
        make("span", { class: "digit", text: key }),
        name,
        make("span", { class: "area", "data-area": object.id }),
        this.#mini(object.visible ? "eye" : "eye-off", object.visible ? "Hide" : "Show", !object.visible, () =>
          this.app.changeObject(object.id, { visible: !object.visible }),
        ),
        this.#mini(
          object.locked ? "lock" : "unlock",
          object.locked ? "Unlock" : "Lock: later strokes leave it alone",
          object.locked,
          () => this.app.changeObject(object.id, { locked: !object.locked }),
        ),
        this.#mini("more", "More", false, (event) => this.#openMenu(object, event)),
      ],
    );
    row.addEventListener("dblclick", () => this.rename(object.id));
    row.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      this.#openMenu(object, event);
    });
    return row;
  }

  /** @param {number} id of an object that exists as soon as it is drawn */
  #coming(id) {
    const name = make("span", { class: "name quiet", text: "draw to add it" });
    const row = this.#frame(id, colourOf({ id }), `object ${id}, draw to add it`, [
      make("span", { class: "swatch" }),
      make("span", { class: "digit", text: id <= 9 ? String(id) : "" }),
      name,
    ]);
    row.classList.add("coming");
    return row;
  }

  #background() {
    const row = this.#frame(0, "#e6e6e6", "background", [
      make("span", { class: "swatch" }),
      make("span", { class: "digit", text: "0" }),
      make("span", { class: "name", text: "background", title: "Strokes on what belongs to no object" }),
    ]);
    row.classList.add("background");
    return row;
  }

  /**
   * @param {number} id
   * @param {string} colour
   * @param {string} label
   * @param {Node[]} parts
   */
  #frame(id, colour, label, parts) {
    const chosen = this.app.ui.value.object === id;
    const row = make(
      "li",
      {
        class: "object",
        role: "option",
        tabindex: chosen ? 0 : -1,
        "aria-selected": String(chosen),
        "aria-label": label,
        "data-id": id,
        onclick: () => this.app.chooseObject(id),
      },
      parts,
    );
    row.style.setProperty("--swatch", colour);
    return row;
  }

  /**
   * @param {string} name
   * @param {string} title
   * @param {boolean} set
   * @param {(event: MouseEvent) => void} run
   */
  #mini(name, title, set, run) {
    const onclick = (/** @type {MouseEvent} */ event) => {
      event.stopPropagation();
      run(event);
    };
    return make(
      "button",
      {
        type: "button",
        class: `mini${set ? " set" : ""}${name === "more" ? " always" : ""}`,
        title,
        "aria-label": title,
        disabled: !this.app.doc.value.editor,
        onclick,
      },
      [icon(name)],
    );
  }

  #showAreas() {
    for (const cell of this.list.querySelectorAll("[data-area]")) {
      const share = this.app.doc.value.areas.get(Number(cell.getAttribute("data-area"))) ?? 0;
      cell.textContent =
        share === 0 ? "" : share < 0.001 ? "<0.1 %" : `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`;
    }
  }

  /** @param {number} id type another name for an object */
  rename(id) {
    const object = this.app.doc.object(id);
    const cell = this.list.querySelector(`[data-id="${id}"] .name`);
    if (!object || !cell || !this.app.doc.value.editor) return;
    this.renaming = id;
    const classes = this.app.doc.value.classes.map((each) => each.name);
    const field = /** @type {HTMLInputElement} */ (
      make("input", {
        type: "text",
        value: object.name,
        maxlength: 80,
        "aria-label": "Name of the object",
        list: classes.length ? "class-names" : null,
      })
    );
    const finish = (/** @type {boolean} */ keep) => {
      if (this.renaming === null) return;
      this.renaming = null;
      const name = field.value.trim();
      if (keep && name && name !== object.name) {
        this.app.changeObject(id, classes.includes(name) ? { name, class_name: name } : { name });
      }
      this.draw();
      byId("stage").focus();
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") finish(true);
      if (event.key === "Escape") finish(false);
    });
    field.addEventListener("blur", () => finish(true));
    field.addEventListener("click", (event) => event.stopPropagation());
    const names = make(
      "datalist",
      { id: "class-names" },
      classes.map((name) => make("option", { value: name })),
    );
    cell.replaceChildren(field, names);
    field.select();
    field.focus();
  }

  /** @param {KeyboardEvent} event arrows walk through the list */
  #walk(event) {
    if (event.target !== event.currentTarget && !(/** @type {HTMLElement} */ (event.target).matches(".object"))) return;
    const rows = [...this.list.querySelectorAll(".object")];
    const at = rows.indexOf(/** @type {Element} */ (document.activeElement));
    const next = event.key === "ArrowDown" ? at + 1 : event.key === "ArrowUp" ? at - 1 : -1;
    if (next < 0 || next >= rows.length) return;
    event.preventDefault();
    event.stopPropagation();
    this.app.chooseObject(Number(rows[next].getAttribute("data-id")));
  }

  /**
   * @param {import("./document.js").AnnotatedObject} object
   * @param {MouseEvent} event
   */
  #openMenu(object, event) {
    const { app } = this;
    app.chooseObject(object.id);
    const close = () => {
      menu.remove();
      removeEventListener("pointerdown", outside, true);
    };
    const outside = (/** @type {Event} */ other) => menu.contains(/** @type {Node} */ (other.target)) || close();
    const run = (/** @type {() => void} */ work) => () => {
      close();
      work();
    };
    const colours = make(
      "div",
      { class: "colours", role: "group", "aria-label": "Colour" },
      OBJECT_COLOURS.map((colour, i) => {
        const button = make("button", {
          type: "button",
          "aria-label": `Colour ${i + 1}`,
          onclick: run(() => app.changeObject(object.id, { colour })),
        });
        button.style.setProperty("--swatch", colour);
        return button;
      }),
    );
    const items = MENU.map((name) =>
      name === ""
        ? make("hr")
        : make(
            "button",
            {
              type: "button",
              role: "menuitem",
              disabled: !isEnabled(name, app),
              onclick: run(() => ACTIONS[name].run(app)),
            },
            [
              make("span", { text: ACTIONS[name].title }),
              make("kbd", { text: app.keyOf(name), hidden: !app.keyOf(name) }),
            ],
          ),
    );
    const menu = make("div", { class: "menu", role: "menu" }, [colours, ...items]);
    menu.addEventListener("keydown", (key) => {
      key.stopPropagation();
      if (key.key === "Escape") close();
    });
    document.body.append(menu);
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.min(event.clientX, innerWidth - width - 8)}px`;
    menu.style.top = `${Math.min(event.clientY, innerHeight - height - 8)}px`;
    addEventListener("pointerdown", outside, true);
    /** @type {HTMLElement} */ (menu.querySelector("[role=menuitem]:not(:disabled)"))?.focus();
  }
}
