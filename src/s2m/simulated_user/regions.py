"""Masks (S/2, S/2) of a session in; the regions of them that a stroke goes into out."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from s2m.types import BoolArray, Stroke

ANSWER_STRIDE = 2
"""Network pixels to a pixel of the network's answer."""


def halve(mask: BoolArray) -> BoolArray:
    """Pixels (S/2, S/2) of whose four at least two are set."""
    count = mask.view(np.uint8)
    upper, lower = count[0::2], count[1::2]
    return np.asarray(upper[:, 0::2] + upper[:, 1::2] + lower[:, 0::2] + lower[:, 1::2] >= 2, dtype=np.bool_)


def one_piece(region: BoolArray, rng: np.random.Generator) -> BoolArray:
    """One connected piece, the larger the likelier."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=4)
    if count <= 2:
        return region
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.float64)
    return np.asarray(pieces == 1 + int(rng.choice(count - 1, p=areas / areas.sum())), dtype=np.bool_)


def far_from(strokes: tuple[Stroke, ...], mask: BoolArray) -> BoolArray:
    """Pixels (S/2, S/2) farther from all strokes than about a third of the width of a mask."""
    free = (~drawn_over(strokes, mask.shape)).astype(np.uint8)
    width = max(6.0, 0.35 * float(np.sqrt(mask.sum())))
    return np.asarray(cv2.distanceTransform(free, cv2.DIST_L2, 5) > width, dtype=np.bool_)


def near_one_point(mask: BoolArray, rng: np.random.Generator) -> BoolArray:
    """The pixels of a mask (S/2, S/2) that lie round one of them, within a fifth to a half of the mask's size."""
    rows, columns = np.nonzero(mask)
    index = int(rng.integers(len(rows)))
    radius = max(3.0, float(rng.uniform(0.2, 0.5)) * float(np.sqrt(len(rows))))
    near = np.zeros(mask.shape, dtype=np.uint8)
    cv2.circle(near, (int(columns[index]), int(rows[index])), round(radius), 1, -1)
    return mask & near.astype(np.bool_)


def drawn_over(strokes: Sequence[Stroke], size_hw: tuple[int, ...]) -> BoolArray:
    """The pixels (S/2, S/2) that strokes run over, one pixel thin."""
    drawn = np.zeros(size_hw, dtype=np.uint8)
    for stroke in strokes:
        points = np.round(stroke.points_xy / ANSWER_STRIDE - 0.5).astype(np.int32)
        cv2.polylines(drawn, [np.repeat(points, 2, axis=0)[:, None]], False, 1, 1)
    return drawn.astype(np.bool_)
