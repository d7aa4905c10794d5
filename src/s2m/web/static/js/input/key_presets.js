/** Which keys belong to which actions at first, and in the presets that follow other tools. */

/** @typedef {Record<string, string[]>} KeyMap action name to keys, such as "Ctrl+Shift+Z" */

/** @type {KeyMap} */
const DEFAULT_KEYS = {
  undo: ["Ctrl+Z"],
  redo: ["Ctrl+Shift+Z", "Ctrl+Y"],
  commit: ["F"],
  clear: ["R"],
  save: ["S", "Ctrl+S"],
  "switch-sign": ["X"],
  "object-1": ["1"],
  "object-2": ["2"],
  "object-3": ["3"],
  "object-4": ["4"],
  "object-5": ["5"],
  "object-6": ["6"],
  "object-7": ["7"],
  "object-8": ["8"],
  "object-9": ["9"],
  "object-background": ["0"],
  "object-new": ["N"],
  classes: ["C"],
  "import-masks": ["I"],
  narrower: ["["],
  wider: ["]"],
  "view-mask": ["V"],
  "view-next": ["Shift+V"],
  "opacity-less": ["Shift+["],
  "opacity-more": ["Shift+]"],
  fit: ["Shift+F"],
  "zoom-in": ["+", "="],
  "zoom-out": ["-"],
  "zoom-100": ["Z"],
  "previous-image": ["A"],
  "next-image": ["D"],
  "next-unfinished": ["Shift+D"],
  "mark-done": ["Enter"],
  "mark-flagged": ["Shift+Enter"],
  "tool-stroke": ["P"],
  "tool-box": ["B"],
  "tool-lasso": ["L"],
  "tool-brush": ["U"],
  "tool-eraser": ["E"],
  "tool-select": ["T"],
  "tool-hand": ["H"],
  "stroke-delete": ["Delete", "Backspace"],
  "stroke-flip": ["Shift+X"],
  magnifier: ["M"],
  "limits-tight": ["W"],
  "limits-usual": ["Shift+W"],
  panels: ["\\"],
  "folder-panel": ["G"],
  theme: ["Shift+T"],
  "keys-sheet": ["?", "F1"],
  "command-list": ["Ctrl+K"],
  settings: ["Ctrl+,"],
};

/** @type {Record<string, {title: string, keys: KeyMap}>} what differs from the default */
export const PRESETS = {
  s2m: { title: "S2M", keys: {} },
  labelme: {
    title: "labelme",
    keys: { "zoom-in": ["Ctrl++", "Ctrl+=", "+"], "zoom-out": ["Ctrl+-", "-"], fit: ["Ctrl+F", "Shift+F"] },
  },
  cvat: {
    title: "CVAT",
    keys: {
      "next-image": ["F"],
      "previous-image": ["D"],
      commit: ["Ctrl+Enter"],
      "object-new": ["N"],
      "next-unfinished": ["Shift+F"],
      fit: ["Ctrl+Shift+F"],
    },
  },
  napari: {
    title: "napari",
    keys: {
      "object-new": ["M"],
      magnifier: ["Shift+M"],
      "tool-brush": ["P"],
      "tool-stroke": ["Q"],
      "tool-eraser": ["E"],
      fit: ["Ctrl+R", "Shift+F"],
      "view-mask": ["V"],
    },
  },
};

/**
 * @param {string} preset
 * @param {KeyMap} own changes of the user's own
 * @returns {KeyMap}
 */
export function keyMap(preset, own) {
  return { ...DEFAULT_KEYS, ...(PRESETS[preset]?.keys ?? {}), ...own };
}
