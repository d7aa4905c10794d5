"""A truth in; a mask with one kind of flaw and an IoU of 0.75 to 0.85 out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.evaluation.metrics import Truth, iou
from s2m.types import BoolArray

Flaw = Literal["boundary", "outside", "inside"]
"""boundary: the outline wanders off to both sides.  outside: a round leak at the edge.  inside: a round hole."""

IOU_RANGE = (0.75, 0.85)

_HALVINGS = 24


def flawed_mask(truth: Truth, flaw: Flaw, rng: np.random.Generator) -> BoolArray | None:
    """A mask (H, W) bool whose IoU with the truth was drawn from ``IOU_RANGE``.

    The flaw's size is found by halving an interval.

    Args:
        truth: the object.
        flaw: what is wrong with the mask.
        rng: the source of the place and of the IoU.

    Returns:
        The mask, or None where no size of this flaw gives such an IoU (an object of a few pixels, or one
        that leaves little open_image around it).
    """
    makers = {"boundary": _wandering_outline, "outside": _leak, "inside": _hole}
    if not truth.mask.any() or truth.mask.all():
        return None
    wanted = float(rng.uniform(*IOU_RANGE))
    draw = makers[flaw](truth, rng)
    for size in _sizes_around(truth, draw, wanted):
        mask = draw(size)
        if IOU_RANGE[0] <= iou(truth.mask, mask, truth.valid) <= IOU_RANGE[1]:
            return mask
    return None


def _sizes_around(truth: Truth, draw: Callable[[float], BoolArray], wanted: float) -> tuple[float, float]:
    """The sizes of a flaw just after and just before its IoU falls to ``wanted``; pixels make it fall in steps."""
    low, high = 0.0, float(np.hypot(*truth.mask.shape))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if iou(truth.mask, draw(middle), truth.valid) > wanted:
            low = middle
        else:
            high = middle
    return high, low


def _wandering_outline(truth: Truth, rng: np.random.Generator) -> Callable[[float], BoolArray]:
    """The outline, moved in and out by a smooth random field of the given height in pixels."""
    signed = _depth(truth.mask) - _depth(~truth.mask)
    wave = max(2.0, 0.15 * float(np.sqrt(truth.mask.sum())))
    height, width = truth.mask.shape
    cells = (max(2, round(height / wave / 2)), max(2, round(width / wave / 2)))
    field = cv2.resize(rng.uniform(-1, 1, cells).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return lambda size: np.asarray(signed + size * field > 0, dtype=np.bool_)


def _leak(truth: Truth, rng: np.random.Generator) -> Callable[[float], BoolArray]:
    """The object and a disc around a point of its outline, of the given radius in pixels."""
    distance = _distance_to_point(truth, truth.mask & (_depth(truth.mask) <= 1), rng)
    return lambda size: np.asarray(truth.mask | (distance < size), dtype=np.bool_)


def _hole(truth: Truth, rng: np.random.Generator) -> Callable[[float], BoolArray]:
    """The object without a disc around one of its inner points, of the given radius in pixels."""
    depth = _depth(truth.mask)
    distance = _distance_to_point(truth, depth >= 0.5 * depth.max(), rng)
    return lambda size: np.asarray(truth.mask & (distance >= size), dtype=np.bool_)


def _distance_to_point(truth: Truth, choices: BoolArray, rng: np.random.Generator) -> NDArray[np.float64]:
    """Distance of every pixel (H, W) to one random pixel of ``choices``."""
    rows, columns = np.nonzero(choices)
    index = int(rng.integers(len(rows)))
    y, x = np.ogrid[: truth.mask.shape[0], : truth.mask.shape[1]]
    return np.asarray(np.hypot(y - rows[index], x - columns[index]))


def _depth(mask: BoolArray) -> NDArray[np.float32]:
    """Distance to the nearest pixel outside a mask; the picture's edge is no outside."""
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5), dtype=np.float32)
