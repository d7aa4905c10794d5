/** What a key press is called, and whom it belongs to. */

/**
 * The name of a pressed key, such as "Ctrl+Shift+Z"; the same on every keyboard that can type it.
 * @param {KeyboardEvent} event
 */
export function nameOfKey(event) {
  let key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  // Digits and letters by their place where the layout gives something else (Shift+1, AZERTY digits, Cyrillic).
  if (/^Digit\d$/.test(event.code)) key = event.code.slice(5);
  else if (event.code.startsWith("Key") && !/^[A-Z]$/.test(key)) key = event.code.slice(3);
  else if (event.code === "BracketLeft" && (key === "{" || key === "[")) key = "[";
  else if (event.code === "BracketRight" && (key === "}" || key === "]")) key = "]";
  const typed = key.length === 1 && !/^[A-Z0-9[\]]$/.test(key);
  const names = [];
  if (event.ctrlKey || event.metaKey) names.push("Ctrl");
  if (event.altKey) names.push("Alt");
  // "?" and "+" are what the eye reads on the key; their Shift is not said again.
  if (event.shiftKey && !typed) names.push("Shift");
  return [...names, key].join("+");
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
