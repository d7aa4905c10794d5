/** Which keys belong to which actions at first, and in the presets that follow other tools. */

/** @typedef {Record<string, string[]>} KeyMap action name to keys, such as "Ctrl+Shift+Z" */

/** @type {KeyMap} */
const DEFAULT_KEYS = {
  undo: ["Ctrl+Z"],
  redo: ["Ctrl+Shift+Z", "Ctrl+Y"],
  keep: ["F"],
  clear: ["R"],
  save: ["S", "Ctrl+S"],
  "switch-sign": ["X"],
  "pen-down": ["."],
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
  "object-all": ["Ctrl+A"],
  "object-next": ["Tab"],
  "object-previous": ["Shift+Tab"],
  "object-new": ["N"],
  "choose-class": ["C"],
  classes: ["Shift+C"],
  "object-rename": ["F2"],
  "object-show": ["O"],
  "object-lock": ["K"],
  "objects-copy": ["Ctrl+C"],
  "objects-paste": ["Ctrl+V"],
  "objects-duplicate": ["Ctrl+D"],
  "import-masks": ["I"],
  export: ["Shift+E"],
  narrower: ["["],
  wider: ["]"],
  "view-mask": ["V"],
  "view-next": ["Shift+V"],
  bare: ["Q"],
  "strokes-shown": ["Y"],
  "opacity-less": ["Shift+[", "{"],
  "opacity-more": ["Shift+]", "}"],
  fit: ["Shift+F"],
  "zoom-in": ["+", "="],
  "zoom-out": ["-"],
  "zoom-100": ["Z"],
  "previous-image": ["A"],
  "next-image": ["D"],
  "next-unfinished": ["Shift+D"],
  "mark-done": ["Enter"],
  "done-next": ["J"],
  "mark-flagged": ["Shift+Enter"],
  "tool-stroke": ["P"],
  "tool-box": ["B"],
  "tool-lasso": ["L"],
  "tool-brush": ["U"],
  "tool-eraser": ["E"],
  "tool-select": ["T"],
  "tool-hand": ["H"],
  delete: ["Delete", "Backspace"],
  "stroke-flip": ["Shift+X"],
  magnifier: ["M"],
  "limits-tight": ["W"],
  "limits-usual": ["Shift+W"],
  panels: ["\\"],
  "focus-on": ["F6"],
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
      keep: ["Ctrl+Enter"],
      "object-new": ["N"],
      "next-unfinished": ["Shift+F"],
      fit: ["Ctrl+Shift+F"],
      "object-show": ["H"],
      "object-lock": ["L"],
      "tool-hand": ["O"],
      "tool-lasso": ["K"],
    },
  },
  napari: {
    title: "napari",
    keys: {
      "object-new": ["M"],
      magnifier: ["Shift+M"],
      "tool-brush": ["P"],
      "tool-stroke": ["Q"],
      bare: ["N"],
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
