/** Strokes as they are drawn on the screen: positive full with a light edge, negative hollow and dashed. */

/**
 * @import { Sign } from "../state/ui_store.js"
 * @import { Point, Viewport } from "./viewport.js"
 *
 * @typedef {object} ShownStroke
 * @property {string} key
 * @property {number} object_id
 * @property {Sign} sign
 * @property {number} width_px image pixels
 * @property {"stroke" | "dot" | "box" | "lasso" | "brush" | "eraser"} tool
 * @property {boolean} past
 * @property {number[]} points x, y, x, y... in image pixels
 */

/** Strokes look like this on the screen; the network sees their middle alone. */
export const STROKE_WIDTH_PX = 6;
const LEAST_WIDTH_PX = 2.5;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Viewport} viewport
 * @param {number} pixelRatio
 * @param {ShownStroke} stroke
 * @param {{alpha: number, selected: boolean, colour: string}} style
 */
export function drawStroke(context, viewport, pixelRatio, stroke, style) {
  if (stroke.points.length === 0) return;
  const { colour } = style;
  const isExact = stroke.tool === "brush" || stroke.tool === "eraser";
  const width = isExact ? Math.max(LEAST_WIDTH_PX, stroke.width_px * viewport.scale) : STROKE_WIDTH_PX;
  context.save();
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.globalAlpha = style.alpha;
  context.lineCap = "round";
  context.lineJoin = "round";
  const path = pathOnScreen(outlineOf(stroke), viewport);
  if (style.selected) {
    context.strokeStyle = "#ffffff";
    context.lineWidth = width + 7;
    context.stroke(path);
    context.strokeStyle = "#1473e6";
    context.lineWidth = width + 4;
    context.stroke(path);
  }
  if (stroke.tool === "box" || stroke.tool === "lasso") {
    drawOutline(context, path, colour, stroke.sign);
  } else if (isExact) {
    context.globalAlpha = style.alpha * 0.55;
    context.strokeStyle = stroke.sign === "negative" ? "#1a1a1a" : colour;
    context.lineWidth = stroke.width_px * viewport.scale;
    context.stroke(path);
  } else if (stroke.sign === "positive") {
    context.strokeStyle = "rgba(255, 255, 255, 0.9)";
    context.lineWidth = width + 2;
    context.stroke(path);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(path);
  } else {
    context.strokeStyle = "rgba(255, 255, 255, 0.75)";
    context.lineWidth = width + 2;
    context.stroke(path);
    context.strokeStyle = "#161616";
    context.lineWidth = width;
    context.stroke(path);
    context.strokeStyle = colour;
    context.lineCap = "butt";
    context.setLineDash([Math.max(4, width), Math.max(4, width * 0.8)]);
    context.lineWidth = Math.max(1.5, width - 2);
    context.stroke(path);
  }
  context.restore();
}

/**
 * A stroke to trace: a faint row of dots, a ring where it begins and an arrow where it ends.
 * @param {CanvasRenderingContext2D} context
 * @param {Viewport} viewport
 * @param {number} pixelRatio
 * @param {number[]} points
 */
export function drawExample(context, viewport, pixelRatio, points) {
  const at = (/** @type {number} */ i) => viewport.toScreen({ x: points[i], y: points[i + 1] });
  const [first, before, last] = [at(0), at(points.length - 4), at(points.length - 2)];
  const heading = Math.atan2(last.y - before.y, last.x - before.x);
  const tip = { x: last.x + 10 * Math.cos(heading), y: last.y + 10 * Math.sin(heading) };
  const ends = new Path2D();
  ends.arc(first.x, first.y, 9, 0, Math.PI * 2);
  for (const turn of [-2.5, 2.5]) {
    ends.moveTo(tip.x, tip.y);
    ends.lineTo(tip.x + 13 * Math.cos(heading + turn), tip.y + 13 * Math.sin(heading + turn));
  }
  const path = pathOnScreen(
    { key: "", object_id: 1, sign: "positive", width_px: 1, tool: "stroke", past: false, points },
    viewport,
  );
  context.save();
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const [colour, more] of /** @type {[string, number][]} */ ([
    ["rgba(0, 0, 0, 0.4)", 2.5],
    ["rgba(255, 255, 255, 0.8)", 0],
  ])) {
    context.strokeStyle = colour;
    context.setLineDash([0.01, 11]);
    context.lineWidth = 5 + more;
    context.stroke(path);
    context.setLineDash([]);
    context.lineWidth = 2 + more;
    context.stroke(ends);
  }
  context.restore();
}

/**
 * A box or lasso: a closed thin line, dashed where it is negative.
 * @param {CanvasRenderingContext2D} context
 * @param {Path2D} path
 * @param {string} colour
 * @param {Sign} sign
 */
function drawOutline(context, path, colour, sign) {
  context.strokeStyle = "rgba(0, 0, 0, 0.6)";
  context.lineWidth = 4;
  context.stroke(path);
  context.strokeStyle = sign === "positive" ? colour : "#ffffff";
  context.lineWidth = 2;
  if (sign === "negative") context.setLineDash([6, 5]);
  context.stroke(path);
}

/**
 * @param {ShownStroke} stroke
 * @param {Viewport} viewport
 */
function pathOnScreen(stroke, viewport) {
  const { points } = stroke;
  const path = new Path2D();
  const x = (/** @type {number} */ i) => viewport.left + points[i] * viewport.scale;
  const y = (/** @type {number} */ i) => viewport.top + points[i + 1] * viewport.scale;
  path.moveTo(x(0), y(0));
  if (points.length === 2) path.lineTo(x(0) + 0.01, y(0));
  if (stroke.tool === "box" || stroke.tool === "lasso" || points.length < 6) {
    for (let i = 2; i < points.length; i += 2) path.lineTo(x(i), y(i));
    if (stroke.tool === "box" || stroke.tool === "lasso") path.closePath();
    return path;
  }
  // Quadratic curves through the middles: smooth where the pen was fast.
  for (let i = 2; i < points.length - 2; i += 2) {
    path.quadraticCurveTo(x(i), y(i), (x(i) + x(i + 2)) / 2, (y(i) + y(i + 2)) / 2);
  }
  path.lineTo(x(points.length - 2), y(points.length - 2));
  return path;
}

/**
 * The distance from a point to a stroke, both in image pixels.
 * @param {ShownStroke} stroke
 * @param {Point} point
 */
export function distanceToStroke(stroke, point) {
  const { points } = stroke;
  let nearest = Math.hypot(points[0] - point.x, points[1] - point.y);
  for (let i = 2; i < points.length; i += 2) {
    const [x0, y0, x1, y1] = [points[i - 2], points[i - 1], points[i], points[i + 1]];
    const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    const along = length
      ? Math.min(1, Math.max(0, ((point.x - x0) * (x1 - x0) + (point.y - y0) * (y1 - y0)) / length))
      : 0;
    nearest = Math.min(nearest, Math.hypot(x0 + along * (x1 - x0) - point.x, y0 + along * (y1 - y0) - point.y));
  }
  return nearest;
}

/**
 * What is seen of a stroke: a box is kept by two corners.
 * @param {ShownStroke} stroke
 * @returns {ShownStroke}
 */
export function outlineOf(stroke) {
  if (stroke.tool !== "box" || stroke.points.length !== 4) return stroke;
  return { ...stroke, points: boxFrom(stroke.points, { x: stroke.points[2], y: stroke.points[3] }) };
}

/**
 * The four corners of a box.
 * @param {number[]} points whose first is a corner
 * @param {Point} opposite
 */
export function boxFrom([x, y], opposite) {
  return [x, y, opposite.x, y, opposite.x, opposite.y, x, opposite.y];
}
