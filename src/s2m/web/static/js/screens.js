/** What stands in the place of the photograph, or over it, when something is the matter: one sentence, one action. */

import { byId, make } from "./elements.js";

/**
 * @typedef {{text: string, run: () => void}} Choice
 */

/**
 * @param {{title: string, text: string, busy?: boolean, actions?: Choice[]} | null} card
 */
export function showScreen(card) {
  const screen = byId("screen");
  screen.hidden = card === null;
  if (!card) return screen.replaceChildren();
  const actions = (card.actions ?? []).map((choice, i) =>
    make("button", {
      type: "button",
      class: i === 0 ? "small-button primary" : "small-button",
      text: choice.text,
      onclick: choice.run,
    }),
  );
  screen.replaceChildren(
    make("div", { class: "card", role: "status" }, [
      ...(card.busy ? [make("div", { class: "spinner", "aria-hidden": "true" })] : []),
      make("h2", { text: card.title }),
      make("p", { text: card.text }),
      ...(actions.length ? [make("div", { class: "actions" }, actions)] : []),
    ]),
  );
}

/**
 * @param {{text: string, action?: Choice} | null} banner
 */
export function showBanner(banner) {
  const element = byId("banner");
  element.hidden = banner === null;
  if (!banner) return element.replaceChildren();
  element.replaceChildren(
    make("span", { class: "text", text: banner.text }),
    ...(banner.action
      ? [
          make("button", {
            type: "button",
            class: "small-button",
            text: banner.action.text,
            onclick: banner.action.run,
          }),
        ]
      : []),
  );
}
