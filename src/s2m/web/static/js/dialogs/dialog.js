/** The one dialog of the page, with a title and a button that closes it. */

import { elementOf, icon, make, makeButton } from "../elements.js";

/** @returns {HTMLDialogElement} */
export function dialogElement() {
  return elementOf("dialog", HTMLDialogElement);
}

/**
 * @param {string} title
 * @param {Node[]} children
 */
export function openDialog(title, children) {
  const dialog = dialogElement();
  dialog.className = "dialog";
  const onclick = () => dialog.close();
  const close = makeButton({ class: "icon-button", "aria-label": "Close", title: "Close (Esc)", onclick }, [
    icon("close"),
  ]);
  dialog.replaceChildren(
    make("div", { class: "dialog-head" }, [make("h2", { id: "dialog-title", text: title }), close]),
    make("div", { class: "dialog-body", tabindex: 0 }, children),
  );
  if (!dialog.open) dialog.showModal();
}

/**
 * @param {string} title
 * @param {Node} value
 */
export function lineOf(title, value) {
  return make("div", { class: "key-line" }, [make("span", { text: title }), value]);
}
