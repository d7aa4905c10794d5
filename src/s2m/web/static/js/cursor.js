/** The cursor that says it all: the stroke's real width, the object's colour, the sign, and whether an answer is due. */

import { colourOf } from "./colours.js";

const LEAST_RADIUS = 5;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} pixelRatio
 * @param {{at: import("./viewport.js").Point, width: number, sign: "positive" | "negative", tool: string,
 *   object: {id: number, colour?: string | null}, busy: boolean, idle: boolean}} look width in screen pixels;
 *   idle where the image cannot be changed
 */
export function drawCursor(context, pixelRatio, look) {
  const { at } = look;
  context.save();
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  const exact = look.tool === "brush" || look.tool === "eraser";
  const radius = Math.max(exact ? 1.5 : LEAST_RADIUS, look.width / 2);
  const colour = look.idle ? "#bdbdbd" : colourOf(look.object);
  ring(context, at, radius, "rgba(0, 0, 0, 0.65)", 3.5);
  ring(context, at, radius, colour, 1.75, look.sign === "negative" ? [4, 3] : []);
  drawSign(context, radius < 7 ? { x: at.x + radius + 7, y: at.y - radius - 5 } : at, look.sign);
  if (look.busy) {
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
 * @param {import("./viewport.js").Point} at
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
 * @param {import("./viewport.js").Point} at
 * @param {"positive" | "negative"} sign
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
