/** The cursor that says it all: the stroke's real width, the object's colour, the sign, and whether an answer is due. */

/**
 * @import { Sign } from "../state/ui_store.js"
 * @import { Point } from "./viewport.js"
 *
 * @typedef {object} Cursor
 * @property {Point} at screen pixels
 * @property {number} width of the stroke, screen pixels
 * @property {boolean} isExact whether every pixel counts
 * @property {Sign} sign
 * @property {string} colour
 * @property {boolean} isBusy whether an answer is due
 */

const LEAST_RADIUS = 5;
const LEAST_EXACT_RADIUS = 1.5;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} pixelRatio
 * @param {Cursor} cursor
 */
export function drawCursor(context, pixelRatio, { at, width, isExact, sign, colour, isBusy }) {
  context.save();
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  const radius = Math.max(isExact ? LEAST_EXACT_RADIUS : LEAST_RADIUS, width / 2);
  ring(context, at, radius, "rgba(0, 0, 0, 0.65)", 3.5);
  ring(context, at, radius, colour, 1.75, sign === "negative" ? [4, 3] : []);
  drawSign(context, radius < 7 ? { x: at.x + radius + 7, y: at.y - radius - 5 } : at, sign);
  if (isBusy) {
    const turn = (performance.now() / 900) * 2 * Math.PI;
    context.beginPath();
    context.arc(at.x, at.y, radius + 5, turn, turn + 1.7);
    context.strokeStyle = "#ffffff";
    context.lineWidth = 2;
    context.stroke();
  }
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point} at
 * @param {number} radius
 * @param {string} colour
 * @param {number} width
 * @param {number[]} dash
 */
function ring(context, at, radius, colour, width, dash = []) {
  context.beginPath();
  context.setLineDash(dash);
  context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
  context.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point} at
 * @param {Sign} sign
 */
function drawSign(context, at, sign) {
  for (const [colour, width] of /** @type {[string, number][]} */ ([
    ["rgba(0, 0, 0, 0.75)", 4],
    ["#ffffff", 1.75],
  ])) {
    context.beginPath();
    context.moveTo(at.x - 3.5, at.y);
    context.lineTo(at.x + 3.5, at.y);
    if (sign === "positive") {
      context.moveTo(at.x, at.y - 3.5);
      context.lineTo(at.x, at.y + 3.5);
    }
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineCap = "round";
    context.stroke();
  }
}

/**
 * A word beside the pen that says why it does not draw.
 * @param {CanvasRenderingContext2D} context
 * @param {number} pixelRatio
 * @param {Point} at screen pixels
 * @param {string} note
 */
export function drawNote(context, pixelRatio, at, note) {
  context.save();
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.font = "12px system-ui, sans-serif";
  const { width } = context.measureText(note);
  context.fillStyle = "rgba(20, 20, 20, 0.86)";
  context.fillRect(at.x + 12, at.y + 12, width + 12, 20);
  context.fillStyle = "#f4f4f4";
  context.fillText(note, at.x + 18, at.y + 26);
  context.restore();
}
