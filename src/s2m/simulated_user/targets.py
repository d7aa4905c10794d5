"""What a simulated user wants cut out: labels (H, W) of the one target of a session."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.types import BoolArray, ByteArray

SIBLING = 2
"""In a target: background that belongs to the same whole, such as the skirt beside the shirt that is wanted."""

UNKNOWN = 255
"""In a target: pixels of which nobody knows what they are."""

LARGE_PIECE = 0.15
"""Pieces of at least this share of the largest one's area are objects of their own."""


@dataclass(frozen=True)
class Target:
    """What one session is about.

    Attributes:
        label: (H, W) uint8: 0 background, 1 the target, ``SIBLING``, ``UNKNOWN``.
        is_several: whether it is more than one thing: two objects, or all that is around objects.  Nobody asks for
            those by one stroke.
        members: (H, W) uint8, 0 or the number of the thing, where the target is many things that make up one; marks on
            several of them ask for all.  None for everything else.
    """

    label: ByteArray
    is_several: bool = False
    members: ByteArray | None = None

    def warp(self, matrix: NDArray[np.float64], size: int) -> Target:
        """The target in a crop of ``size`` pixels a side; what lies beyond the image's edge is unknown."""
        label = _warp(self.label, matrix, size, UNKNOWN)
        members = None if self.members is None else _warp(self.members, matrix, size, 0)
        return Target(label, self.is_several, members)


def _warp(label: ByteArray, matrix: NDArray[np.float64], size: int, beyond: int) -> ByteArray:
    warped = cv2.warpAffine(label, matrix, (size, size), flags=cv2.INTER_NEAREST, borderValue=beyond)
    return np.asarray(warped, dtype=np.uint8)


def large_pieces(mask: BoolArray) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """The connected components of a mask (H, W) in (H, W) int32, from 1 on, and the numbers of the large ones."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    return np.asarray(pieces, dtype=np.int32), 1 + np.flatnonzero(areas >= LARGE_PIECE * areas.max(initial=0))
