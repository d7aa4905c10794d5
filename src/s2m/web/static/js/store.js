/** A record of values that tells its listeners what changed. */

/**
 * @template {Record<string, unknown>} T
 */
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
    const changed = Object.keys(patch).filter((key) => !Object.is(this.value[key], patch[key]));
    if (changed.length === 0) return;
    this.value = { ...this.value, ...patch };
    for (const { keys, listener } of this.listeners) {
      if (keys.some((key) => changed.includes(/** @type {string} */ (key)))) listener(this.value);
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
 * Keep some keys of a store in the browser, so that the page looks tomorrow as it was left today.
 * @param {Store<any>} store
 * @param {string[]} keys
 * @param {string} name of the entry in the browser's storage
 */
export function remember(store, keys, name) {
  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? "{}");
    store.set(Object.fromEntries(keys.filter((key) => key in kept).map((key) => [key, kept[key]])));
  } catch {
    localStorage.removeItem(name);
  }
  store.watch(keys, (value) => {
    localStorage.setItem(name, JSON.stringify(Object.fromEntries(keys.map((key) => [key, value[key]]))));
  });
}
