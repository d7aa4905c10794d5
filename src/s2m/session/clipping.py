"""Strokes in, however far and long they run; what of them lies in the image or close to it, out."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from s2m.types import Stroke

_MARGIN_SHARE = 0.25
"""How far outside of the image lines still count, as a share of its longer side: their thickness reaches into it."""
_MOST_LENGTHS = 2000
"""Times the longer side that a line runs back and forth; of a longer one only every few points are taken."""


def clipped(stroke: Stroke, size_hw: tuple[int, int]) -> tuple[Stroke, ...]:
    """A stroke cut where it leaves the image (H, W) and its surroundings; itself where it does not."""
    points, side = stroke.points_xy, max(size_hw)
    lowest = np.full(2, -_MARGIN_SHARE * side)
    highest = np.array(size_hw[::-1]) + _MARGIN_SHARE * side
    pieces = [points]
    if ((points < lowest) | (points > highest)).any():
        pieces = _pieces(points, lowest, highest) or [np.clip(points[:1], lowest, highest)]
    lengths = [float(np.hypot(*np.diff(piece, axis=0).T).sum()) / side for piece in pieces]
    step = max(1, math.ceil(sum(lengths) / _MOST_LENGTHS))
    if len(pieces) > 1:
        pieces = pieces[::step]
    elif step > 1:
        pieces = [points[::step]]
    if len(pieces) == 1 and pieces[0] is points:
        return (stroke,)
    return tuple(replace(stroke, points_xy=piece) for piece in pieces)


def _pieces(
    points: NDArray[np.float64], lowest: NDArray[np.float64], highest: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """The parts of a line (P, 2) inside a box, each (P', 2); after Liang and Barsky (ACM TOG, 1984)."""
    start, along = points[:-1], np.diff(points, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_lowest, to_highest = (lowest - start) / along, (highest - start) / along
    outside = (along == 0) & ((start < lowest) | (start > highest))
    # A step that does not move along an axis never leaves the box by it.
    enters = np.where(along == 0, 0, np.minimum(to_lowest, to_highest)).max(axis=1).clip(0)
    leaves = np.where(along == 0, 1, np.maximum(to_lowest, to_highest)).min(axis=1).clip(max=1)
    seen = np.flatnonzero((enters <= leaves) & ~outside.any(axis=1))
    runs = np.split(seen, np.flatnonzero((np.diff(seen) > 1) | (leaves[seen[:-1]] < 1) | (enters[seen[1:]] > 0)) + 1)
    return [
        np.vstack(
            [start[run] + enters[run, None] * along[run], start[run[-1:]] + leaves[run[-1:], None] * along[run[-1:]]]
        )
        for run in runs
        if len(run)
    ]
