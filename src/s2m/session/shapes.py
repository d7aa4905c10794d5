"""What was drawn in; strokes for the network, or exact pixels, out.

The network knows one kind of prompt, the stroke, so every tool is put into strokes here.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from s2m.session.commands import Brush, DrawnStroke, Erase
from s2m.session.packed_masks import PackedMask
from s2m.types import BACKGROUND_ID, Sign, Stroke

_LINES_ACROSS = 64
"""Lines that fill the long side of an image: about the canonical thickness of a stroke apart."""


def network_strokes(drawn: DrawnStroke, size_hw: tuple[int, int]) -> tuple[Stroke, ...]:
    """The strokes that a drawn one is for the network.

    A box says that nothing of the object lies on its outline or beyond and that its centre belongs to it; a negative
    box, that nothing of the object lies inside; one of the background, that no object does.  Those and a lasso are
    filled with lines.
    """
    spacing = max(2.0, max(size_hw) / _LINES_ACROSS)
    if drawn.tool == "box":
        outline = _box_outline(drawn)
        if drawn.sign == "negative" or drawn.object_id == BACKGROUND_ID:
            return _fill(drawn, outline, spacing)
        return (
            _stroke(drawn, outline, "negative"),
            _stroke(drawn, outline[:4].mean(axis=0, keepdims=True), "positive"),
        )
    points = drawn.points_xy
    if drawn.tool == "lasso":
        return _fill(drawn, points, spacing)
    return (_stroke(drawn, points[:1] if drawn.tool == "dot" else points, drawn.sign),)


def painted_pixels(command: Brush | Erase, size_hw: tuple[int, int]) -> PackedMask:
    """The pixels whose centre lies under the brush: within half a width (times the pressure) of the line."""
    points = command.points_xy
    pressures = np.ones(len(points))
    if command.pressures:
        pressures = np.interp(
            np.linspace(0, 1, len(points)), np.linspace(0, 1, len(command.pressures)), command.pressures
        )
    radii = np.maximum(command.width_px / 2 * pressures, 0.5)
    left, top = np.maximum(np.floor(points.min(axis=0) - radii.max()), 0).astype(int)
    right, bottom = np.minimum(np.ceil(points.max(axis=0) + radii.max()), size_hw[::-1]).astype(int)
    crop = np.zeros((max(0, bottom - top), max(0, right - left)), dtype=bool)
    for start in range(max(1, len(points) - 1)):
        end = min(start + 1, len(points) - 1)
        _paint_segment(crop, points[[start, end]] - (left, top), radii[[start, end]])
    return PackedMask.of_crop(crop, int(left), int(top))


def _paint_segment(canvas: NDArray[np.bool_], ends: NDArray[np.float64], radii: NDArray[np.float64]) -> None:
    """Set the pixels of ``canvas`` near a segment whose thickness goes from one radius to the other."""
    radius = float(radii.max())
    x0, y0 = np.maximum(np.floor(ends.min(axis=0) - radius), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(ends.max(axis=0) + radius), canvas.shape[::-1]).astype(int)
    if x1 <= x0 or y1 <= y0:
        return
    y, x = np.mgrid[y0:y1, x0:x1] + 0.5
    along = ends[1] - ends[0]
    length = float(along @ along)
    share = np.zeros(x.shape)
    if length > 0:
        share = np.clip(((x - ends[0, 0]) * along[0] + (y - ends[0, 1]) * along[1]) / length, 0, 1)
    distance = np.hypot(x - ends[0, 0] - share * along[0], y - ends[0, 1] - share * along[1])
    canvas[y0:y1, x0:x1] |= distance <= radii[0] + share * (radii[1] - radii[0])


def _stroke(drawn: DrawnStroke, points: NDArray[np.float64], sign: Sign) -> Stroke:
    return Stroke(points, drawn.object_id, sign, drawn.width_px)


def _box_outline(drawn: DrawnStroke) -> NDArray[np.float64]:
    (left, top), (right, bottom) = drawn.points_xy.min(axis=0), drawn.points_xy.max(axis=0)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]], dtype=np.float64)


def _fill(drawn: DrawnStroke, outline: NDArray[np.float64], spacing: float) -> tuple[Stroke, ...]:
    """Horizontal lines that fill a closed outline (even-odd), or the outline itself where none fits."""
    top, bottom = float(outline[:, 1].min()), float(outline[:, 1].max())
    count = max(1, math.floor((bottom - top) / spacing))
    lines: list[Stroke] = []
    for row in range(count):
        y = top + (bottom - top) * (row + 0.5) / count
        for left, right in _spans(outline, y):
            inset = min(spacing / 2, (right - left) / 2)
            ends = np.array([[left + inset, y], [right - inset, y]])
            lines.append(_stroke(drawn, ends, drawn.sign))
    return tuple(lines) or (_stroke(drawn, outline, drawn.sign),)


def _spans(outline: NDArray[np.float64], y: float) -> list[tuple[float, float]]:
    """Where a horizontal line runs inside a closed outline (P, 2), even-odd, as pairs of x, ascending."""
    starts, ends = outline, np.roll(outline, -1, axis=0)
    crosses = (starts[:, 1] <= y) != (ends[:, 1] <= y)
    starts, ends = starts[crosses], ends[crosses]
    xs = np.sort(starts[:, 0] + (y - starts[:, 1]) / (ends[:, 1] - starts[:, 1]) * (ends[:, 0] - starts[:, 0]))
    return [(float(left), float(right)) for left, right in zip(xs[::2], xs[1::2], strict=True)]
