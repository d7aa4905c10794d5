"""Strokes and previous masks in; prompt maps (N, 3, h / s, w / s) for the network out.

Every stroke is drawn at the one thickness that the network was trained with, whatever the brush and
the zoom, so neither changes the answer.

People take a mask back by scribbling over it.  They do not hit the strokes that made it: they run along them or cross
them a few times, and a network that sees the old strokes beside the new ones keeps what is around the old ones.  So a
positive stroke that later negative ones run over along most of its way is superseded: it no longer counts
(docs/decisions, number 9).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.aggregation import sigmoid
from s2m.engine.geometry import SUBPIXEL_BITS, Frame, fixed_point, resize_maps
from s2m.types import BACKGROUND_ID, BoolArray, ByteArray, FloatArray, ObjectLogits, Sign, Stroke

REACH = 0.2
"""How far along a stroke, from where it is run over, it counts as run over, as a share of its length."""

SUPERSEDED_SHARE = 0.65
"""A stroke is superseded once this share of its length counts as run over: crossed twice, or followed for a while."""

_THICKNESS_PX = 3
"""What lies within half of this of a stroke, in network pixels, is run over: crossed, or followed."""


def draw_strokes(
    strokes: Sequence[Stroke], object_ids: Sequence[int], frame: Frame, stride: int, diameter_px: float
) -> FloatArray:
    """The positive and negative map of every object.

    What each stroke says about an object: ``signs_in_force``.  Where strokes of both signs
    cross, the later one holds.

    Args:
        strokes: in the order they were drawn.
        object_ids: the objects, one for each row of the result.
        frame: what the view shows.
        stride: network pixels to a side of one cell of the maps.
        diameter_px: thickness of a drawn stroke in network pixels.

    Returns:
        (N, 2, h / stride, w / stride) float32 in 0..1, the share of each cell under positive and
        negative strokes.
    """
    cells_hw = (frame.size_hw[0] // stride, frame.size_hw[1] // stride)
    maps = np.zeros((len(object_ids), 2, *cells_hw), dtype=np.float32)
    signs = [signs_in_force(strokes, object_id, frame) for object_id in object_ids]
    for index, stroke in enumerate(strokes):
        coverage = _draw_stroke(stroke, frame, cells_hw, diameter_px)
        for row in range(len(object_ids)):
            sign = signs[row][index]
            if sign is None:
                continue
            channel = 0 if sign == "positive" else 1
            np.maximum(maps[row, channel], coverage, out=maps[row, channel])
            maps[row, 1 - channel] *= 1 - coverage
    return maps


def _draw_stroke(stroke: Stroke, frame: Frame, cells_hw: tuple[int, int], diameter_px: float) -> FloatArray:
    """The share of each cell under one stroke, (h / s, w / s) float32, from a drawing twice as fine."""
    fine_hw = (cells_hw[0] * 2, cells_hw[1] * 2)
    fine_per_network = fine_hw[1] / frame.size_hw[1], fine_hw[0] / frame.size_hw[0]
    limit = 4 * max(fine_hw)
    points = frame.to_network(stroke.points_xy) * fine_per_network
    fixed = fixed_point(np.clip(points, 0.5 - limit, 0.5 + limit))
    thickness = max(1, round(diameter_px * fine_per_network[0]))
    canvas = np.zeros(fine_hw, dtype=np.uint8)
    if len(fixed) > 1:
        cv2.polylines(canvas, [fixed[:, None]], False, 255, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
    else:
        radius = round(thickness / 2 * (1 << SUBPIXEL_BITS))
        centre = (int(fixed[0, 0]), int(fixed[0, 1]))
        cv2.circle(canvas, centre, radius, 255, -1, cv2.LINE_AA, SUBPIXEL_BITS)
    # By exactly two, the area average is the mean of four pixels.
    halved = cv2.resize(canvas.astype(np.float32), (cells_hw[1], cells_hw[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(halved / np.float32(255), dtype=np.float32)


def prompt_maps(
    strokes: Sequence[Stroke],
    previous: ObjectLogits | None,
    object_ids: Sequence[int],
    frame: Frame,
    stride: int,
    diameter_px: float,
) -> FloatArray:
    """Everything the decoder is told: positive, negative and previous mask of each object.

    Args:
        strokes: in the order they were drawn.
        previous: the masks to start from; objects that are not among them start from nothing.
        object_ids: the objects, one for each row of the result.
        frame: what the view shows.
        stride: network pixels to a side of one cell of the maps.
        diameter_px: thickness of a drawn stroke in network pixels.

    Returns:
        (N, 3, h / stride, w / stride) float32 in 0..1.
    """
    drawn = draw_strokes(strokes, object_ids, frame, stride, diameter_px)
    cells_hw = (drawn.shape[2], drawn.shape[3])
    masks = np.zeros((len(object_ids), 1, *cells_hw), dtype=np.float32)
    if previous is not None:
        for row, object_id in enumerate(object_ids):
            before = previous.of(object_id)
            if before is not None:
                masks[row] = resize_maps(sigmoid(before[frame.place(before.shape)])[None], cells_hw)
    return np.concatenate([drawn, masks], axis=1)


def signs_in_force(strokes: Sequence[Stroke], object_id: int, frame: Frame) -> list[Sign | None]:
    """What each stroke says about an object.

    An object's own strokes count with their sign; positive strokes of every other object are negative for it, and
    strokes of the background are negative for all.  A positive stroke is superseded when later negative ones run over
    most of it.  Negative strokes are not: they lie close to outlines, where many strokes meet.  Nor are dots: what is
    drawn over one hides it.

    Args:
        strokes: of all objects, in the order they were drawn.
        object_id: the object.
        frame: what the view shows; a crop tells strokes from each other that the whole image does not.

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
            _mark(points_xy, negative)
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


def _mark(points_xy: NDArray[np.float64], canvas: ByteArray) -> None:
    # A line from a point to itself is a dot.
    cv2.polylines(canvas, [fixed_point(points_xy)[:, None]], False, 1, _THICKNESS_PX, cv2.LINE_8, SUBPIXEL_BITS)
