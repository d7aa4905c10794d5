"""Strokes and previous masks in; prompt maps (N, 3, h / s, w / s) for the network out.

Every stroke is drawn at the one thickness that the network was trained with, whatever the brush and
the zoom, so neither changes the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from s2m.engine.geometry import SUBPIXEL_BITS, Frame, fixed_point, resize_maps
from s2m.engine.superseded import signs_in_force
from s2m.types import FloatArray, ObjectMasks, Stroke


def draw_strokes(
    strokes: Sequence[Stroke], object_ids: Sequence[int], frame: Frame, stride: int, diameter_px: float
) -> FloatArray:
    """The positive and negative map of every object.

    What each stroke says about an object: ``s2m.engine.superseded.signs_in_force``.  Where strokes of both signs
    cross, the later one holds.

    Args:
        strokes: in the order they were drawn.
        object_ids: the objects, one for each row of the result.
        frame: what the network looks at.
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
    previous: ObjectMasks | None,
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
        frame: what the network looks at.
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
            mask = previous.of(object_id)
            if mask is not None:
                masks[row] = resize_maps(crop_to_frame(mask, frame)[None], cells_hw)
    return np.concatenate([drawn, masks], axis=1)


def crop_to_frame(mask: FloatArray, frame: Frame) -> FloatArray:
    """The part of a mask (h, w) of the whole image, at any resolution, that a frame shows."""
    if frame.is_whole_image:
        return mask
    rows, columns = mask.shape[0] / frame.image_size_hw[0], mask.shape[1] / frame.image_size_hw[1]
    left, top, right, bottom = frame.box_xyxy
    y0, x0 = int(top * rows), int(left * columns)
    y1, x1 = max(y0 + 1, round(bottom * rows)), max(x0 + 1, round(right * columns))
    return mask[y0:y1, x0:x1]
