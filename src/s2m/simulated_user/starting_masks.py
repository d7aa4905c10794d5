"""A true mask (H, W) in; a flawed one, which a session starts from, out."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.types import BoolArray, ByteArray, FloatArray

MOST_CHANGES = 500
"""Boxes changed at most to bring a mask to its IoU."""

IOU_TOLERANCE = 0.05
"""How far the IoU may fall below its target."""


def flawed_mask(truth: BoolArray, rng: np.random.Generator) -> BoolArray:
    """A mask of the truth with holes, bites, bulges, a shift or a foreign piece."""
    flawed = truth.astype(np.uint8)
    side = truth.shape[0]
    extent = max(4.0, float(np.sqrt(truth.sum())))
    for _ in range(int(rng.integers(1, 5))):
        size = max(3, int(extent * rng.uniform(0.1, 0.5)))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size | 1, size | 1))
        rows, columns = np.nonzero(cv2.dilate(flawed, np.ones((5, 5), np.uint8)))
        if len(rows) == 0:
            break
        index = int(rng.integers(len(rows)))
        half = int(extent * rng.uniform(0.2, 0.8)) + 2
        y, x = int(rows[index]), int(columns[index])
        window = np.s_[max(0, y - half) : min(side, y + half), max(0, x - half) : min(side, x + half)]
        change = cv2.dilate if rng.random() < 0.5 else cv2.erode
        flawed[window] = change(flawed, kernel)[window]
    if rng.random() < 0.2:
        centre = (int(rng.integers(side)), int(rng.integers(side)))
        cv2.circle(flawed, centre, int(extent * rng.uniform(0.1, 0.4)) + 1, 1, -1)
    return flawed.astype(bool)


def soften(mask: BoolArray, rng: np.random.Generator) -> FloatArray:
    """A mask as a network would give it: soft edges; half of them stay hard, as files are."""
    soft = mask.astype(np.float32)
    return soft if rng.random() < 0.5 else np.asarray(cv2.GaussianBlur(soft, (0, 0), 1.0), dtype=np.float32)


def perturb_mask(
    truth: BoolArray, target_iou: float, iou_range: tuple[float, float], rng: np.random.Generator
) -> BoolArray:
    """A mask whose IoU with the truth has fallen to a target, by dilation and erosion in random boxes.

    Of a change that goes too far, or the wrong way, a part is tried, down to one pixel; so the result ends at most
    ``IOU_TOLERANCE`` below the target and less than a pixel's worth above it.  Objects of a few pixels, and now and
    then large ones in a corner, end elsewhere in the range.  One that fills its array has no outline to move and stays
    as it is.

    Args:
        truth: (H, W) bool, at least one pixel.
        target_iou: in the range.
        iou_range: the least and the most that is allowed.
        rng: the source of every choice.
    """
    mask = truth.astype(np.uint8)
    true = mask.copy()
    iou, least = 1.0, max(iou_range[0], target_iou - IOU_TOLERANCE)
    for change in range(MOST_CHANGES):
        if iou <= target_iou:
            break
        # Where boxes around the object do not get there, as along the array's edges, the whole array is the box.
        window = mask[_random_box(truth, rng)] if change < MOST_CHANGES // 2 else mask
        for part in _ever_fewer(np.argwhere(_morphed(window, rng) != window), rng):
            _flip(window, part)
            changed_iou = _iou(mask, true)
            has_outline = cv2.countNonZero(mask) < mask.size
            if has_outline and (least if len(part) > 1 else iou_range[0]) <= changed_iou < iou:
                iou = changed_iou
                break
            _flip(window, part)
    return mask.astype(np.bool_)


def _ever_fewer(places: NDArray[np.intp], rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """The places (P, 2), a random half of them, a half of that and so on, each in one piece, to a single one."""
    while len(places):
        yield places
        half = len(places) // 2
        places = places[:half] if rng.random() < 0.5 else places[len(places) - half :]


def _flip(window: ByteArray, places: NDArray[np.intp]) -> None:
    """Turn pixels, (P, 2) rows and columns, from 0 to 1 and back."""
    window[places[:, 0], places[:, 1]] ^= 1


def _random_box(truth: BoolArray, rng: np.random.Generator) -> tuple[slice, slice]:
    """A box around a random pixel of the object, a quarter to all of its extent wide."""
    rows, columns = np.flatnonzero(truth.any(axis=1)), np.flatnonzero(truth.any(axis=0))
    sides = []
    for ends, limit in ((rows, truth.shape[0]), (columns, truth.shape[1])):
        extent = int(ends[-1] - ends[0]) + 1
        centre = int(rng.integers(ends[0], ends[-1] + 1))
        half = max(2, round(extent * float(rng.uniform(0.125, 0.5))))
        sides.append(slice(max(0, centre - half), min(limit, centre + half)))
    return sides[0], sides[1]


def _morphed(window: ByteArray, rng: np.random.Generator) -> ByteArray:
    """A window dilated or eroded by a random ellipse of at most a third of it."""
    largest = max(3, min(window.shape) // 3)
    size = (int(rng.integers(2, largest + 1)), int(rng.integers(2, largest + 1)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)
    change = cv2.dilate if rng.random() < 0.5 else cv2.erode
    return np.asarray(change(window, kernel), dtype=np.uint8)


def _iou(first: ByteArray, second: ByteArray) -> float:
    return cv2.countNonZero(first & second) / max(1, cv2.countNonZero(first | second))
