"""A truth and an answer (H, W) in; scores in 0..1 out.  Pixels that are not valid never count."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from s2m.types import BoolArray

BOUNDARY_SHARE = 0.02
"""Width of the band of boundary IoU and trimap IoU, as a share of the image's diagonal (Cheng et al., 2021)."""


@dataclass(frozen=True)
class Scores:
    """How good a mask is, each in 0..1."""

    iou: float
    boundary_iou: float
    trimap_iou: float


class Truth:
    """One object's true mask, ready to score answers.

    Args:
        mask: (H, W) bool, the truth.
        valid: (H, W) bool, false where the truth is unknown.
    """

    def __init__(self, mask: BoolArray, valid: BoolArray) -> None:
        self.mask = mask & valid
        self.valid = valid
        self.width_px = boundary_width_px((mask.shape[0], mask.shape[1]))
        self._band = inner_boundary(self.mask, self.width_px)
        self._trimap = (self._band | inner_boundary(~self.mask, self.width_px, picture_ends=False)) & valid

    def scores(self, answer: BoolArray) -> Scores:
        """All scores of an answer (H, W) bool."""
        band = inner_boundary(answer & self.valid, self.width_px)
        return Scores(
            iou(self.mask, answer, self.valid),
            iou(self._band, band, self.valid),
            iou(self.mask, answer, self._trimap),
        )


def iou(truth: BoolArray, answer: BoolArray, valid: BoolArray) -> float:
    """Intersection over union of two masks (H, W) among the valid pixels; 1 where both are empty."""
    union = int(np.count_nonzero((truth | answer) & valid))
    return 1.0 if union == 0 else int(np.count_nonzero(truth & answer & valid)) / union


def boundary_width_px(size_hw: tuple[int, int]) -> int:
    """Width of the boundary band in pixels: ``BOUNDARY_SHARE`` of the diagonal, at least 1."""
    return max(1, round(BOUNDARY_SHARE * math.hypot(*size_hw)))


def inner_boundary(mask: BoolArray, width_px: int, picture_ends: bool = True) -> BoolArray:
    """The pixels of a mask (H, W) within ``width_px`` (chessboard distance) of a pixel outside it.

    Cheng et al., "Boundary IoU: Improving Object-Centric Image Segmentation Evaluation", CVPR 2021.

    Args:
        mask: (H, W) bool.
        width_px: how wide the band is.
        picture_ends: whether what lies beyond the picture counts as outside.
    """
    outside = 0 if picture_ends else 1
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=outside)
    kernel = np.ones((3, 3), np.uint8)
    inner = cv2.erode(padded, kernel, iterations=width_px, borderType=cv2.BORDER_CONSTANT, borderValue=outside)[
        1:-1, 1:-1
    ]
    return np.asarray(mask & (inner == 0), dtype=np.bool_)


def interactions_to(curve: Sequence[float], threshold: float, most: int) -> tuple[int, bool]:
    """How many interactions a curve of IoU after 1, 2, ... needs to reach a threshold.

    Returns:
        The number, ``most`` where it is never reached (as published click counts do), and whether it was.
    """
    for count, value in enumerate(curve[:most], start=1):
        if value >= threshold:
            return count, True
    return most, False
