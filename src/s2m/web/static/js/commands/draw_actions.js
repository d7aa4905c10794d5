/** Actions of drawing: tools, the sign and the width of strokes, the chosen object, the selected stroke. */

/**
 * @import { KeyPen } from "../input/key_pen.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { InkStore } from "../state/ink_store.js"
 * @import { Tool, UiStore } from "../state/ui_store.js"
 * @import { Action } from "./actions.js"
 * @import { Editor } from "./editor.js"
 *
 * @typedef {object} Parts
 * @property {Editor} editor
 * @property {KeyPen} keyPen
 * @property {AnnotationStore} annotation
 * @property {UiStore} ui
 * @property {InkStore} ink
 */

/** @type {Record<Tool, string>} */
const TOOLS = {
  stroke: "Stroke",
  box: "Box",
  lasso: "Lasso",
  brush: "Exact brush",
  eraser: "Exact eraser",
  select: "Select a stroke",
  hand: "Move the photograph",
};

/**
 * @param {Parts} parts
 * @returns {Record<string, Action>}
 */
export function drawActions({ editor, keyPen, annotation, ui, ink }) {
  const hasImage = () => annotation.value.image !== null;
  const canEdit = () => annotation.value.editor && hasImage();
  const hasStroke = () => canEdit() && ink.value.selected !== null;

  /** @type {(title: string, run: () => void, enabled?: () => boolean) => Action} */
  const draw = (title, run, enabled) => ({ group: "Draw", title, run, ...(enabled && { enabled }) });
  /** @type {(title: string, id: number) => Action} */
  const choose = (title, id) => ({
    group: "Objects",
    title,
    run: () => ui.set({ object: id }),
    enabled: hasImage,
    changes: true,
  });
  const tools = /** @type {[Tool, string][]} */ (Object.entries(TOOLS));

  return {
    "switch-sign": draw("Switch between belongs and does not belong", () => ui.switchSign()),
    ...Object.fromEntries(tools.map(([tool, title]) => [`tool-${tool}`, draw(title, () => ui.set({ tool }))])),
    narrower: { ...draw("Narrower stroke", () => ui.changeWidth(-1)), repeats: true },
    wider: { ...draw("Wider stroke", () => ui.changeWidth(1)), repeats: true },
    "stroke-delete": draw("Delete the selected stroke", () => editor.deleteStroke(), hasStroke),
    "stroke-flip": draw("Flip the sign of the selected stroke", () => editor.flipStroke(), hasStroke),
    "stroke-give": draw("Give the selected stroke to the chosen object", () => editor.giveStroke(), hasStroke),
    "pen-down": {
      ...draw("Pen down or up at the cursor of the keyboard", () => keyPen.toggle(), canEdit),
      changes: true,
    },
    ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`object-${i + 1}`, choose(`Object ${i + 1}`, i + 1)])),
    "object-background": choose("Background strokes", 0),
  };
}
