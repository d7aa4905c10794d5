"""A label (H, W) in; objects or regions of it that touch out, as a person means them who marks several."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.data.labelled_images import IGNORE, object_ids
from s2m.types import ByteArray

SLACK = 0.2
"""Objects touch that are no farther apart than this share of their usual width."""

MOST_REGIONS = 6
"""Most regions of a divided image that are one target together."""


def draw_touching(
    label: ByteArray, ids: tuple[int, ...], *, is_divided: bool, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Numbers of objects that touch, directly or by way of others; of one object where it touches none.

    Args:
        label: (H, W) uint8.
        ids: its objects, at least one.
        is_divided: whether the objects divide the whole image.  All of them touch then, so a few neighbours of a
            region are drawn; else it is the whole bunch.
        rng: the source of every choice.
    """
    pairs = _touching_pairs(label, ids)
    chosen = [int(rng.choice(ids))]
    if not is_divided:
        return np.array(_grow(chosen, pairs))
    most = int(rng.integers(2, MOST_REGIONS + 1))
    while len(chosen) < most and (edge := _neighbours(pairs, chosen)):
        chosen.append(int(rng.choice(edge)))
    return np.array(chosen)


def _grow(chosen: list[int], pairs: set[tuple[int, int]]) -> list[int]:
    """Some objects and all that touch them, directly or by others."""
    while edge := _neighbours(pairs, chosen):
        chosen = [*chosen, *edge]
    return chosen


def _neighbours(pairs: set[tuple[int, int]], chosen: list[int]) -> list[int]:
    near = {second for first, second in pairs if first in chosen} | {
        first for first, second in pairs if second in chosen
    }
    return sorted(near - set(chosen))


def _touching_pairs(label: ByteArray, ids: tuple[int, ...]) -> set[tuple[int, int]]:
    free = ((label == 0) | (label == IGNORE)).astype(np.uint8)
    far, nearest = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    number = np.zeros(int(nearest.max()) + 1, dtype=np.uint8)
    number[nearest[free == 0]] = label[free == 0]
    width = float(np.sqrt(np.median([np.count_nonzero(label == i) for i in ids])))
    grown = np.where(far <= max(2.0, SLACK * width / 2), number[nearest], np.uint8(0))
    pairs: set[tuple[int, int]] = set()
    for first, second in ((grown[:, 1:], grown[:, :-1]), (grown[1:], grown[:-1])):
        differ = (first != second) & (first > 0) & (second > 0)
        both = np.unique(np.stack([first[differ], second[differ]], axis=1), axis=0)
        pairs.update((int(a), int(b)) for a, b in both)
    return pairs


def divides_image(label: ByteArray) -> bool:
    """Whether objects and unknown pixels leave no background."""
    return bool(object_ids(label)) and bool((label != 0).all())


def bunches(label: ByteArray, least: int) -> list[NDArray[np.int64]]:
    """The numbers of the objects of each bunch of a label (H, W) uint8: all that touch, directly or by others.

    Args:
        label: (H, W) uint8.
        least: bunches of fewer objects are left out.
    """
    ids = object_ids(label)
    pairs = _touching_pairs(label, ids) if ids else set()
    left, found = set(ids), []
    while left:
        bunch = _grow([min(left)], pairs)
        left -= set(bunch)
        if len(bunch) >= least:
            found.append(np.array(sorted(bunch)))
    return found
