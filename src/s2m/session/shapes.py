"""What was drawn in; strokes for the network, or exact pixels, out.

The network knows one kind of prompt, the stroke, so every tool is put into strokes here.
"""

from __future__ import annotations

import math
import threading
from contextlib import suppress

import cv2
import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from s2m.session.clipping import clipped
from s2m.session.commands import Brush, DrawnStroke, Erase
from s2m.session.packed_masks import PackedMask
from s2m.types import BACKGROUND_ID, BoolArray, Sign, Stroke

_LINES_ACROSS = 64
"""Lines that fill the long side of an image: about the canonical thickness of a stroke apart."""

_KNOWN_BYTES = 32_000_000
_PARTS_AT_FIRST = 64
_ROWS_AT_ONCE = 200_000
_MOST_ROWS = 2_000_000
"""Parts of a brush stroke painted before what they cover is left out; rows painted at once; and in all, about."""


_known: LRUCache[tuple[int, tuple[int, int]], tuple[DrawnStroke, tuple[Stroke, ...]]] = LRUCache(
    _KNOWN_BYTES, getsizeof=lambda known: 500 + sum(200 + stroke.points_xy.nbytes for stroke in known[1])
)
_known_lock = threading.Lock()


def network_strokes(drawn: DrawnStroke, size_hw: tuple[int, int]) -> tuple[Stroke, ...]:
    """The strokes that a drawn one is for the network; kept for a while, as all since masks were kept are asked again.

    A box says that nothing of the object lies on its outline or beyond and that its centre belongs to it; a negative
    box, that nothing of the object lies inside; one of the background, that no object does.  Those and a lasso are
    filled with lines.  What lies far outside of the image is cut off.
    """
    place = (id(drawn), size_hw)
    with _known_lock:
        known = _known.get(place)
    if known is not None and known[0] is drawn:
        return known[1]
    strokes = tuple(part for stroke in _network_strokes(drawn, size_hw) for part in clipped(stroke, size_hw))
    with _known_lock, suppress(ValueError):  # Some are larger than all that is kept.
        _known[place] = (drawn, strokes)
    return strokes


def _network_strokes(drawn: DrawnStroke, size_hw: tuple[int, int]) -> tuple[Stroke, ...]:
    spacing = max(2.0, max(size_hw) / _LINES_ACROSS)
    if drawn.tool == "box":
        outline = _box_outline(drawn)
        if drawn.sign == "negative" or drawn.object_id == BACKGROUND_ID:
            return _fill(drawn, outline, spacing, size_hw)
        return (
            _stroke(drawn, outline, "negative"),
            _stroke(drawn, outline[:4].mean(axis=0, keepdims=True), "positive"),
        )
    points = drawn.points_xy
    if drawn.tool == "lasso":
        return _fill(drawn, points, spacing, size_hw)
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
    left, top = np.clip(np.floor(points.min(axis=0) - radii.max()), 0, size_hw[::-1]).astype(int)
    right, bottom = np.clip(np.ceil(points.max(axis=0) + radii.max()), 0, size_hw[::-1]).astype(int)
    crop_hw = max(0, int(bottom - top)), max(0, int(right - left))
    return PackedMask.of_crop(_swept(points - (left, top), radii, crop_hw), int(left), int(top))


def _swept(points: NDArray[np.float64], radii: NDArray[np.float64], size_hw: tuple[int, int]) -> BoolArray:
    """The pixels (H, W) that a disc covers on its way along points (P, 2), its radius changing evenly between them.

    Discs and what lies between two of them are convex: each covers one span of a row.  The work is the rows that they
    meet.  Parts in what is covered already are left out, and of those that are still too many only some are taken.
    """
    changes = np.zeros((size_hw[0], size_hw[1] + 1), dtype=np.int32)
    corners = _sides(points, radii)
    # A part is a disc and what lies between it and the next one.
    box_top_left = np.minimum(points - radii[:, None], np.append(corners.min(axis=1), points[-1:], axis=0))
    box_bottom_right = np.maximum(points + radii[:, None], np.append(corners.max(axis=1), points[-1:], axis=0))
    first = np.clip(np.floor(box_top_left), 0, size_hw[::-1]).astype(np.int64)
    behind = np.clip(np.ceil(box_bottom_right), 0, size_hw[::-1]).astype(np.int64)
    left_over = np.flatnonzero((behind > first).all(axis=1))
    rows, at_once, covered = behind[:, 1] - first[:, 1], _PARTS_AT_FIRST, changes[:, :-1] > 0
    while len(left_over):
        parts = left_over[:: max(1, len(left_over) // at_once)]
        left_over = np.setdiff1d(left_over, parts, assume_unique=True)
        for some in _batches(parts, rows):
            _add_discs(changes, points[some], radii[some])
            _add_convex(changes, corners[some[some < len(corners)]])
        covered = np.cumsum(changes, axis=1, dtype=np.int32)[:, :-1] > 0
        if len(left_over):
            bare = cv2.integral((~covered).view(np.uint8))
            (x0, y0), (x1, y1) = first[left_over].T, behind[left_over].T
            left_over = left_over[bare[y1, x1] - bare[y0, x1] - bare[y1, x0] + bare[y0, x0] > 0]
            left_over = left_over[:: math.ceil(rows[left_over].sum() / _MOST_ROWS) or 1]
        at_once *= 8
    return np.asarray(covered)


def _batches(parts: NDArray[np.int64], rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Parts, as many at a time as have some hundred thousand rows together."""
    totals = np.cumsum(rows[parts])
    return np.split(parts, np.unique(np.searchsorted(totals, np.arange(_ROWS_AT_ONCE, totals[-1], _ROWS_AT_ONCE))))


def _sides(points: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners (P - 1, 4, 2) of what lies between each disc and the next one."""
    along = np.diff(points, axis=0)
    length = np.hypot(along[:, 0], along[:, 1])
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(length, 1e-12)[:, None]
    start, end = across * radii[:-1, None], across * radii[1:, None]
    return np.stack([points[:-1] + start, points[1:] + end, points[1:] - end, points[:-1] - start], axis=1)


def _add_discs(changes: NDArray[np.int32], points: NDArray[np.float64], radii: NDArray[np.float64]) -> None:
    which, row = _rows_of(points[:, 1] - radii, points[:, 1] + radii, len(changes))
    half = np.sqrt(np.maximum(radii[which] ** 2 - (row + 0.5 - points[which, 1]) ** 2, 0))
    _add_spans(changes, row, points[which, 0] - half, points[which, 0] + half)


def _add_convex(changes: NDArray[np.int32], corners: NDArray[np.float64]) -> None:
    which, row = _rows_of(corners[..., 1].min(axis=1), corners[..., 1].max(axis=1), len(changes))
    _add_spans(changes, row, *_ends_of_row(corners[which], row.astype(np.float64) + 0.5))


def _rows_of(
    top: NDArray[np.float64], bottom: NDArray[np.float64], height: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of an image whose centres lie between two heights of shapes: which shape and which row."""
    first = np.clip(np.ceil(top - 0.5), 0, height).astype(np.int64)
    last = np.clip(np.floor(bottom - 0.5), -1, height - 1).astype(np.int64)
    counts = np.maximum(last - first + 1, 0)
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) + np.repeat(first - np.cumsum(counts) + counts, counts)


def _ends_of_row(
    corners: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From where to where rows at heights ``y`` (R,) run inside convex shapes with corners (R, 4, 2)."""
    left, right = np.full(len(y), np.inf), np.full(len(y), -np.inf)
    for side in range(4):
        (x0, y0), (x1, y1) = corners[:, side].T, corners[:, (side + 1) % 4].T
        meets = (np.minimum(y0, y1) <= y) & (y <= np.maximum(y0, y1))
        share = np.clip((y - y0) / np.where(y1 == y0, 1, y1 - y0), 0, 1)
        x = x0 + share * (x1 - x0)
        left, right = np.where(meets, np.minimum(left, x), left), np.where(meets, np.maximum(right, x), right)
    return left, right


def _add_spans(
    changes: NDArray[np.int32], row: NDArray[np.int64], left: NDArray[np.float64], right: NDArray[np.float64]
) -> None:
    """Count up where the pixels begin whose centres lie between two places of a row, and down behind them."""
    width = changes.shape[1] - 1
    first = np.clip(np.ceil(left - 0.5), 0, width).astype(np.int64)
    behind = np.clip(np.floor(right - 0.5) + 1, 0, width).astype(np.int64)
    seen = behind > first
    flat, row_starts = changes.reshape(-1), row[seen] * (width + 1)
    np.add.at(flat, row_starts + first[seen], 1)
    np.add.at(flat, row_starts + behind[seen], -1)


def _stroke(drawn: DrawnStroke, points: NDArray[np.float64], sign: Sign) -> Stroke:
    return Stroke(points, drawn.object_id, sign, drawn.width_px)


def _box_outline(drawn: DrawnStroke) -> NDArray[np.float64]:
    (left, top), (right, bottom) = drawn.points_xy.min(axis=0), drawn.points_xy.max(axis=0)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]], dtype=np.float64)


def _fill(
    drawn: DrawnStroke, outline: NDArray[np.float64], spacing: float, size_hw: tuple[int, int]
) -> tuple[Stroke, ...]:
    """Horizontal lines that fill a closed outline (even-odd) in the image, or the outline where none fits."""
    top, bottom = np.clip([outline[:, 1].min(), outline[:, 1].max()], 0, size_hw[0]).tolist()
    count = max(1, math.floor((bottom - top) / spacing))
    lines: list[Stroke] = []
    for row in range(count):
        y = top + (bottom - top) * (row + 0.5) / count
        for left, right in _spans(outline, y, size_hw[1], spacing / 4):
            inset = min(spacing / 2, (right - left) / 2)
            ends = np.array([[left + inset, y], [right - inset, y]])
            lines.append(_stroke(drawn, ends, drawn.sign))
    return tuple(lines) or (_stroke(drawn, outline, drawn.sign),)


def _spans(outline: NDArray[np.float64], y: float, width: int, least_gap: float) -> list[tuple[float, float]]:
    """Where a horizontal line of the image runs inside a closed outline (P, 2), even-odd, as pairs of x, ascending."""
    starts, ends = outline, np.roll(outline, -1, axis=0)
    crosses = (starts[:, 1] <= y) != (ends[:, 1] <= y)
    starts, ends = starts[crosses], ends[crosses]
    xs = np.sort(starts[:, 0] + (y - starts[:, 1]) / (ends[:, 1] - starts[:, 1]) * (ends[:, 0] - starts[:, 0]))
    left, right = xs[::2], xs[1::2]
    seen = (right >= 0) & (left <= width)
    left, right = np.clip(left[seen], 0, width), np.clip(right[seen], 0, width)
    apart = left[1:] - right[:-1] >= least_gap
    if len(left) == 0:
        return []
    return list(zip(left[[True, *apart]].tolist(), right[[*apart, True]].tolist(), strict=True))
