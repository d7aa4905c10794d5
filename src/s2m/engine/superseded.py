"""Strokes in the order they were drawn in; what each of them still says about one object out.

People take a mask back by scribbling over it.  They do not hit the strokes that made it: they run along them or cross
them a few times, and a network that sees the old strokes beside the new ones keeps what is around the old ones.  So a
positive stroke that is run over along most of its way no longer counts (docs/decisions, number 15).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.geometry import SUBPIXEL_BITS, Frame, fixed_point
from s2m.types import BACKGROUND_ID, BoolArray, ByteArray, Sign, Stroke

REACH = 0.2
"""How far along a stroke, from where it is run over, it counts as run over, as a share of its length."""

SUPERSEDED_SHARE = 0.65
"""A stroke is superseded once this share of its length counts as run over: crossed twice, or followed for a while."""

_THICKNESS_PX = 3
"""What lies within half of this of a stroke, in network pixels, is run over: crossed, or followed."""


def signs_in_force(strokes: Sequence[Stroke], object_id: int, frame: Frame) -> list[Sign | None]:
    """What each stroke says about an object.

    An object's own strokes count with their sign; positive strokes of every other object are negative for it, and
    strokes of the background are negative for all.  A positive stroke is superseded when later negative ones run over
    most of it.  Negative strokes are not: they lie close to outlines, where many strokes meet.  Nor are dots: what is
    drawn over one hides it.

    Args:
        strokes: of all objects, in the order they were drawn.
        object_id: the object.
        frame: what the network looks at; the closer, the finer strokes are told from each other.

    Returns:
        For each stroke its sign, or None where it says nothing about the object or is superseded.
    """
    signs = [sign_for(stroke, object_id) for stroke in strokes]
    if not {"positive", "negative"} <= set(signs):
        return signs
    negative, limit = np.zeros(frame.size_hw, dtype=np.uint8), 4 * max(frame.size_hw)
    for index in range(len(strokes) - 1, -1, -1):
        points_xy = np.clip(frame.to_network(strokes[index].points_xy), -limit, limit)
        if signs[index] == "negative":
            _draw(points_xy, negative)
        elif signs[index] == "positive" and _share_run_over(points_xy, negative) >= SUPERSEDED_SHARE:
            signs[index] = None
    return signs


def sign_for(stroke: Stroke, object_id: int) -> Sign | None:
    """What one stroke says about an object, whatever is drawn later; None where it says nothing about it."""
    if stroke.object_id == object_id:
        return stroke.sign
    return "negative" if stroke.object_id == BACKGROUND_ID or stroke.sign == "positive" else None


def _share_run_over(points_xy: NDArray[np.float64], drawn: ByteArray) -> float:
    """The share of a stroke's length that lies within reach, along the stroke, of where it meets what is drawn."""
    corners = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points_xy, axis=0).T))])
    length = float(corners[-1])
    if length < 1:
        return 0.0
    positions = np.linspace(0, length, int(length) + 2)
    x, y = (np.interp(positions, corners, points_xy[:, axis]) for axis in (0, 1))
    meets = positions[_is_drawn(x, y, drawn)]
    if not len(meets):
        return 0.0
    following = np.searchsorted(meets, positions)
    before, after = meets[np.maximum(following - 1, 0)], meets[np.minimum(following, len(meets) - 1)]
    gaps = np.minimum(np.abs(positions - before), np.abs(positions - after))
    return float((gaps <= REACH * length).mean())


def _is_drawn(x: NDArray[np.float64], y: NDArray[np.float64], drawn: ByteArray) -> BoolArray:
    """Whether something is drawn at points of a canvas (h, w); nothing is beyond its edges."""
    columns, rows = np.floor(x).astype(int), np.floor(y).astype(int)
    inside = (columns >= 0) & (rows >= 0) & (columns < drawn.shape[1]) & (rows < drawn.shape[0])
    found = np.zeros(len(x), dtype=np.bool_)
    found[inside] = drawn[rows[inside], columns[inside]] > 0
    return found


def _draw(points_xy: NDArray[np.float64], canvas: ByteArray) -> None:
    # A line from a point to itself is a dot.
    cv2.polylines(canvas, [fixed_point(points_xy)[:, None]], False, 1, _THICKNESS_PX, cv2.LINE_8, SUBPIXEL_BITS)
