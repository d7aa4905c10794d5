/** What a key press is called, by its meaning and by its place, and whom it belongs to. */

/** What the places of the US keyboard give, by code: without Shift, with Shift. */
const PLACES = /** @type {Record<string, [string, string]>} */ ({
  Minus: ["-", "_"],
  Equal: ["=", "+"],
  BracketLeft: ["[", "{"],
  BracketRight: ["]", "}"],
  Backslash: ["\\", "|"],
  IntlYen: ["\\", "|"],
  IntlRo: ["\\", "|"],
  Semicolon: [";", ":"],
  Quote: ["'", '"'],
  Backquote: ["`", "~"],
  Comma: [",", "<"],
  Period: [".", ">"],
  Slash: ["/", "?"],
});
const NAMED = /^[A-Z][A-Za-z]+[0-9]*$|^F[0-9]+$/;

/**
 * The names of a pressed key, such as "Ctrl+Shift+Z": first by what it types, then by where it lies.
 * So a command is reached on every layout, also where the layout has another letter, or none, at its place.
 * @param {KeyboardEvent} event
 * @returns {string[]}
 */
export function namesOfKey(event) {
  if (NAMED.test(event.key) && event.key !== "Dead") return [named(event, event.key, event.shiftKey)];
  const names = namesByMeaning(event);
  return [...new Set(isComposed(event) ? names : [...names, ...namesByPlace(event)])];
}

/**
 * The name under which a pressed key is kept: one that can be read on a US keyboard, where there is one.
 * @param {KeyboardEvent} event
 */
export function nameOfKey(event) {
  const names = namesOfKey(event);
  return names.find((name) => /^[\x20-\x7e]+$/.test(name)) ?? names[0];
}

/**
 * @param {KeyboardEvent} event
 * @returns {string[]}
 */
function namesByMeaning(event) {
  if ([...event.key].length !== 1) return [];
  const key = capital(event.key);
  // "?" and "+" are what the eye reads on the key; their Shift is not said again, nor the AltGr of "[".
  if (isComposed(event)) return [key];
  if (/^\p{Lu}$/u.test(key)) return [named(event, key, event.shiftKey)];
  const names = [named(event, key, false)];
  // A Shift that does not change what the key types counts.
  if (event.shiftKey && namesByPlace(event)[0] === named(event, key, true)) names.unshift(named(event, key, true));
  return names;
}

/**
 * @param {KeyboardEvent} event
 * @returns {string[]}
 */
function namesByPlace(event) {
  const { code, shiftKey } = event;
  if (/^(Digit|Key)[A-Z0-9]$/.test(code)) return [named(event, code.slice(-1), shiftKey)];
  if (!(code in PLACES)) return [];
  const [plain, shifted] = PLACES[code];
  return shiftKey ? [named(event, plain, true), named(event, shifted, false)] : [named(event, plain, false)];
}

/**
 * Whether AltGr, or Option on a Mac, made the character: "[" of AltGr+8, which is no key with Ctrl and Alt.
 * @param {KeyboardEvent} event
 */
function isComposed(event) {
  if ([...event.key].length !== 1) return false;
  if (event.getModifierState("AltGraph")) return true;
  return event.altKey && !namesByPlace(event).some((name) => name.endsWith(capital(event.key)));
}

/**
 * @param {KeyboardEvent} event
 * @param {string} key
 * @param {boolean} shifted
 */
function named(event, key, shifted) {
  const names = [];
  if (event.ctrlKey || event.metaKey) names.push("Ctrl");
  if (event.altKey) names.push("Alt");
  if (shifted) names.push("Shift");
  return [...names, key].join("+");
}

/** @param {string} key the letters of Turkish have dots of their own */
function capital(key) {
  return key === "İ" || key === "ı" ? "I" : key.toUpperCase();
}

/**
 * @param {KeyboardEvent} event
 * @returns {boolean} whether an input method takes the key, to compose a character of several presses
 */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229 || event.key === "Process";
}

/**
 * @param {EventTarget | null} target
 * @returns {boolean} whether keys belong to a field in which somebody types
 */
export function isTyping(target) {
  return (
    target instanceof HTMLElement && target.matches("input:not([type=range]):not([type=checkbox]), textarea, select")
  );
}
