/** Short words for making and finding parts of the page. */

/** Whether the page is worked with fingers, and words must not speak of buttons of a mouse. */
export const FINGERS = matchMedia("(pointer: coarse)").matches;

/** @typedef {string | number | boolean | null | undefined | ((event: never) => void)} Attribute */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, Attribute>} [attributes] "text", listeners as "onclick", anything else an attribute
 * @param {(Node | string)[]} [children]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value === true) element.setAttribute(name, "");
    else if (value === false || value === null || value === undefined) continue;
    else if (name === "text") element.textContent = String(value);
    else element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/**
 * @param {Record<string, Attribute>} attributes
 * @param {(Node | string)[]} [children]
 */
export function makeButton(attributes, children = []) {
  return make("button", { type: "button", ...attributes }, children);
}

/**
 * @param {string} name of a symbol in the page
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * An element that the page has.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  return elementOf(id, HTMLElement);
}

/**
 * An element of a kind that the page has.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function elementOf(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} called "${id}"`);
  return element;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 * @returns {CanvasRenderingContext2D}
 */
export function contextOf(canvas, settings) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("this browser does not draw on canvases");
  return context;
}
