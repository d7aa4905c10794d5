"""Per-object logits in; smooth outlines of the exclusive masks out, rings of (x, y) in image pixels.

Outlines are where an object's aggregated logit meets the largest of the others, placed between the
pixels by linear interpolation, so that the contour in the page is smooth at any zoom.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.aggregation import aggregate_logits
from s2m.types import BoolArray, FloatArray

_SIMPLIFY_PX = 0.18
_STEP_LIMIT_PX = 0.75
_DECIDED = 20.0
_LEAST_MARGIN = np.float32(1e-3)

Ring = NDArray[np.float64]


def object_margins(logits: FloatArray) -> FloatArray:
    """How far each object leads: its aggregated logit less the largest of the others.

    Args:
        logits: (N, h, w) float32, before aggregation.

    Returns:
        (N, h, w) float32; positive where the label map has the object.
    """
    joined = aggregate_logits(logits)
    if len(logits) < 2:
        return joined[1:] - joined[:1]
    highest_two = np.partition(joined, -2, axis=0)[-2:]
    largest_other = np.where(joined == highest_two[1], highest_two[0], highest_two[1])
    return np.asarray((joined - largest_other)[1:], dtype=np.float32)


def settle_margins(margin: FloatArray, mask: BoolArray) -> FloatArray:
    """A margin whose sign is that of a mask: where drawn pixels and locks overrule the network, they hold.

    Args:
        margin: (H, W) float32.
        mask: (H, W), what the object really has.
    """
    lead = np.maximum(np.abs(margin), _LEAST_MARGIN)
    return np.asarray(np.where(mask, lead, -lead), dtype=np.float32)


def trace_outlines(
    margin: FloatArray, scale_xy: tuple[float, float], origin_xy: tuple[int, int], image_size_hw: tuple[int, int]
) -> tuple[Ring, ...]:
    """The closed outlines of one object, outer ones and holes alike (fill with the even-odd rule).

    Args:
        margin: (h, w) float32, positive inside; cells of a part of the image, outside of which the object is not.
        scale_xy: image pixels to a cell.
        origin_xy: left and top of the part, in cells.
        image_size_hw: (H, W) of the image, which outlines do not leave.

    Returns:
        rings (P, 2) float64 of image pixels, P >= 3.
    """
    # A rim of "outside" closes outlines that meet the edge of the image.
    padded = np.pad(np.clip(margin, -_DECIDED, _DECIDED), 1, mode="edge")
    inside = np.zeros(padded.shape, dtype=np.uint8)
    inside[1:-1, 1:-1] = margin > 0
    contours, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    rings = []
    for contour in contours:
        if len(contour) < 3:
            centre = contour[:, 0].mean(axis=0)
            points = centre + np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
        else:
            points = _between_pixels(contour[:, 0].astype(np.float64), padded)
            simple = cv2.approxPolyDP(points.astype(np.float32)[:, None], _SIMPLIFY_PX, True)[:, 0]
            points = simple.astype(np.float64)
        if len(points) >= 3:
            # Less the rim, and from centres counted from 0 to centres at +0.5.
            in_image = np.clip((points + origin_xy - 1 + 0.5) * scale_xy, 0, [image_size_hw[1], image_size_hw[0]])
            rings.append(in_image)
    return tuple(rings)


def trace_pixel_edges(mask: BoolArray, origin_xy: tuple[int, int]) -> tuple[NDArray[np.int64], ...]:
    """The closed outlines of a mask along the edges of its pixels; filled with the even-odd rule they are the mask.

    Args:
        mask: (h, w), a part of an image.
        origin_xy: left and top of the part, in image pixels.

    Returns:
        rings (P, 2) int64 of corners of image pixels, P >= 4.
    """
    # Outlines run through pixel centres.  With 3 x 3 of them in a pixel, each lies a third beside its corner.
    threefold = np.repeat(np.repeat(mask.astype(np.uint8), 3, axis=0), 3, axis=1)
    contours, _ = cv2.findContours(threefold, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    rings = []
    for contour in contours:
        corners = (contour[:, 0].astype(np.int64) + 1) // 3
        moved = (corners != np.roll(corners, 1, axis=0)).any(axis=1)
        rings.append(corners[moved] + origin_xy)
    return tuple(rings)


def _between_pixels(points_xy: Ring, margin: FloatArray) -> Ring:
    """Points on pixel centres moved along the slope to where the margin is zero (one Newton step)."""
    columns, rows = points_xy[:, 0].astype(int), points_xy[:, 1].astype(int)
    left, right = np.maximum(columns - 1, 0), np.minimum(columns + 1, margin.shape[1] - 1)
    above, below = np.maximum(rows - 1, 0), np.minimum(rows + 1, margin.shape[0] - 1)
    here = margin[rows, columns]
    slope_x = _steeper(margin[rows, right] - here, here - margin[rows, left])
    slope_y = _steeper(margin[below, columns] - here, here - margin[above, columns])
    steepness = np.maximum(np.hypot(slope_x, slope_y), 1e-6)
    distance = np.clip(here / steepness, -_STEP_LIMIT_PX, _STEP_LIMIT_PX)
    step = np.stack([slope_x, slope_y], axis=1) / steepness[:, None] * distance[:, None]
    return np.asarray(points_xy - step, dtype=np.float64)


def _steeper(first: FloatArray, second: FloatArray) -> FloatArray:
    """Of two one-sided slopes the larger: it is the one across the edge of the mask."""
    return np.where(np.abs(first) > np.abs(second), first, second)
