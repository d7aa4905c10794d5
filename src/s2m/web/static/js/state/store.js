/** A record of values that tells its listeners what changed. */

import { forget, keep, readKept } from "./browser_storage.js";

/** @template {object} T */
export class Store {
  /** @param {T} initial */
  constructor(initial) {
    /** @type {T} */
    this.value = { ...initial };
    /** @type {{keys: (keyof T)[], listener: (value: T) => void}[]} */
    this.listeners = [];
  }

  /**
   * Replace some of the values; listeners of those that differ are called once each.
   * @param {Partial<T>} patch
   */
  set(patch) {
    const keys = /** @type {(keyof T)[]} */ (Object.keys(patch));
    const changed = keys.filter((key) => !Object.is(this.value[key], patch[key]));
    if (changed.length === 0) return;
    this.value = { ...this.value, ...patch };
    for (const { keys: watched, listener } of this.listeners) {
      if (watched.some((key) => changed.includes(key))) listener(this.value);
    }
  }

  /**
   * Call a listener now and whenever one of the keys changes.
   * @param {(keyof T)[]} keys
   * @param {(value: T) => void} listener
   */
  watch(keys, listener) {
    this.listeners.push({ keys, listener });
    listener(this.value);
  }
}

/**
 * Keep some keys of a store in the browser, so that the page is tomorrow as it was left today.
 * @template {object} T
 * @param {Store<T>} store
 * @param {(keyof T & string)[]} keys
 * @param {string} name of the entry in the browser's storage
 */
export function remember(store, keys, name) {
  try {
    const kept = JSON.parse(readKept(name) ?? "{}");
    const known = keys.filter((key) => key in kept).map((key) => [key, kept[key]]);
    store.set(/** @type {Partial<T>} */ (Object.fromEntries(known)));
  } catch {
    forget(name);
  }
  store.watch(keys, (value) => {
    keep(name, JSON.stringify(Object.fromEntries(keys.map((key) => [key, value[key]]))));
  });
}
