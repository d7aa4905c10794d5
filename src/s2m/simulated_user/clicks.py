"""Truth and answer (H, W) in; the next click of the accepted click rule out.

The rule of the interactive-segmentation benchmarks (Xu et al., CVPR 2016; as fixed by Sofiiuk et al.,
"Reviving Iterative Training with Mask Guidance for Interactive Segmentation", 2021, called RITM): the
click goes to the farthest point of the larger of the two distance maps of missed and of wrongly covered
pixels, the picture's edge counting as an edge, and never twice to the same pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2m.engine.distances import exact_distances
from s2m.types import BoolArray, Sign, Stroke


@dataclass(frozen=True)
class Click:
    """A clicked pixel, by its column and row, and what it says."""

    column: int
    row: int
    sign: Sign

    def stroke(self, object_id: int) -> Stroke:
        """The click as a dot in the middle of its pixel."""
        return Stroke(np.array([[self.column + 0.5, self.row + 0.5]]), object_id, self.sign)


def next_click(truth: BoolArray, answer: BoolArray, valid: BoolArray, unclicked: BoolArray) -> Click | None:
    """The next click, or None where no wrong pixel is left to click.

    Args:
        truth: (H, W) bool.
        answer: (H, W) bool.
        valid: (H, W) bool, false where the truth is unknown; never clicked.
        unclicked: (H, W) bool, false where a click was.
    """
    missed = _depth(truth & ~answer & valid) * unclicked
    covered = _depth(answer & ~truth & valid) * unclicked
    sign: Sign = "positive" if missed.max() > covered.max() else "negative"
    depth = missed if sign == "positive" else covered
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return Click(int(column), int(row), sign) if depth[row, column] > 0 else None


def _depth(region: BoolArray) -> NDArray[np.float32]:
    """Exact Euclidean distance to the nearest pixel outside a region, or beyond the picture."""
    return exact_distances(np.pad(region, 1))[1:-1, 1:-1]
