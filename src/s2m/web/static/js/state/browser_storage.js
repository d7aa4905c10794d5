/** What the browser keeps for this page; where it keeps nothing, or is full, this page alone remembers. */

/** @type {Map<string, string>} what could not be kept */
const here = new Map();
/** Why nothing is kept, for the status line. */
export const trouble = { text: "" };

const BLOCKED =
  "This browser keeps nothing for this page (storage is blocked or full): settings are gone with the page.";

/** @returns {Storage | null} */
function storage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @returns {string | null}
 */
export function readKept(name) {
  const kept = storage();
  if (!kept) trouble.text = BLOCKED;
  return here.get(name) ?? kept?.getItem(name) ?? null;
}

/**
 * @param {string} name
 * @param {string} text
 */
export function keep(name, text) {
  try {
    const kept = storage();
    if (!kept) throw new Error("blocked");
    kept.setItem(name, text);
    here.delete(name);
  } catch {
    here.set(name, text);
    trouble.text = BLOCKED;
  }
}

/** @param {string} name */
export function forget(name) {
  here.delete(name);
  storage()?.removeItem(name);
}

/** @returns {string[]} */
export function keptNames() {
  return [...new Set([...here.keys(), ...Object.keys(storage() ?? {})])];
}
