/** Lines between the pixels of the image, once they are large on the screen. */

/** @import { Viewport } from "./viewport.js" */

const FROM_SCALE = 12;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Viewport} viewport
 * @param {number} pixelRatio
 */
export function drawPixelGrid(context, viewport, pixelRatio) {
  if (viewport.scale < FROM_SCALE) return;
  const { left, top, right, bottom } = viewport.visible;
  context.beginPath();
  for (let x = Math.ceil(left); x <= right; x += 1) {
    const at = Math.round((viewport.left + x * viewport.scale) * pixelRatio) + 0.5;
    context.moveTo(at, (viewport.top + top * viewport.scale) * pixelRatio);
    context.lineTo(at, (viewport.top + bottom * viewport.scale) * pixelRatio);
  }
  for (let y = Math.ceil(top); y <= bottom; y += 1) {
    const at = Math.round((viewport.top + y * viewport.scale) * pixelRatio) + 0.5;
    context.moveTo((viewport.left + left * viewport.scale) * pixelRatio, at);
    context.lineTo((viewport.left + right * viewport.scale) * pixelRatio, at);
  }
  context.strokeStyle = "rgba(128, 128, 128, 0.45)";
  context.lineWidth = 1;
  context.stroke();
}
