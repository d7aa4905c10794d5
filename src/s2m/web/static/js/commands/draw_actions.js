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
  select: "Select",
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
  const ids = () => annotation.value.objects.map((object) => object.id);
  const hasObjects = () => annotation.value.objects.length > 0;
  /** @type {(title: string, by: number) => Action} */
  const step = (title, by) => ({
    group: "Objects",
    title,
    run: () => ui.choose(stepIn(ids(), ui.value.object, by)),
    enabled: hasObjects,
  });
  const hasWidth = () => ui.hasWidth;
  const width = { repeats: true, otherwise: "Only the exact brush and eraser have a width; strokes are lines" };
  const tools = /** @type {[Tool, string][]} */ (Object.entries(TOOLS));

  return {
    "switch-sign": draw("Switch between belongs and does not belong", () => ui.switchSign()),
    ...Object.fromEntries(tools.map(([tool, title]) => [`tool-${tool}`, draw(title, () => ui.set({ tool }))])),
    narrower: { ...draw("Narrower brush or eraser", () => ui.changeWidth(-1), hasWidth), ...width },
    wider: { ...draw("Wider brush or eraser", () => ui.changeWidth(1), hasWidth), ...width },
    delete: {
      group: "Edit",
      title: "Delete the selected stroke, or the chosen objects",
      run: () => (hasStroke() ? editor.deleteStroke() : editor.deleteObjects()),
      enabled: () => canEdit() && (hasStroke() || editor.chosen.length > 0),
      changes: true,
      otherwise: "Nothing is chosen that could be deleted",
    },
    "stroke-delete": draw("Delete the selected stroke", () => editor.deleteStroke(), hasStroke),
    "stroke-flip": draw("Flip the sign of the selected stroke", () => editor.flipStroke(), hasStroke),
    "stroke-give": draw("Move the selected stroke to the chosen object", () => editor.giveStroke(), hasStroke),
    "pen-down": {
      ...draw("Pen down or up at the cursor of the keyboard", () => keyPen.toggle(), canEdit),
      changes: true,
    },
    ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`object-${i + 1}`, choose(`Object ${i + 1}`, i + 1)])),
    "object-background": choose("Background strokes", 0),
    "object-next": { ...step("Next object", 1), repeats: true },
    "object-previous": { ...step("Previous object", -1), repeats: true },
    "object-all": {
      ...choose("Choose all objects", 0),
      run: () => ui.chooseAll(ids()),
      enabled: hasObjects,
      otherwise: "There is no object yet",
    },
  };
}

/**
 * @param {number[]} ids at least one
 * @param {number} now
 * @param {number} by one further, or back
 * @returns {number} after the last comes the first
 */
function stepIn(ids, now, by) {
  const place = ids.indexOf(now);
  if (place < 0) return by > 0 ? ids[0] : ids[ids.length - 1];
  return ids[(place + by + ids.length) % ids.length];
}
