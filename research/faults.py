"""A truth and an answer (H, W) in; where the wrong pixels lie, and what kind of object it is, out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.morphology import skeletonize

from s2m.evaluation.scene import Truth, inner_boundary
from s2m.types import BoolArray, ByteArray

OUTLINE_SHARE = 0.005
"""What lies nearer to the true outline than this share of the image's diagonal (4 pixels of 640 x 480) is at it."""

_SMALLEST_PART = 0.01
"""Connected pieces below this share of the object are specks, and no parts."""


@dataclass(frozen=True)
class Faults:
    """Where an answer is wrong: the first is a share of the union with the truth, the others are shares of the first.

    Attributes:
        wrong: wrong pixels over the union of truth and answer, which is 1 - IoU.
        thin: in parts of the object, or in gaps of it, that are no wider than twice the width of the outline.
        outline: elsewhere at the true outline.
        missed: elsewhere inside the object.
        neighbour: covered pixels of other objects.
        background: covered pixels of the background.
    """

    wrong: float
    thin: float
    outline: float
    missed: float
    neighbour: float
    background: float


@dataclass(frozen=True)
class ObjectFacts:
    """What makes an object easy or hard.

    Attributes:
        area_px: in pixels.
        area_share: of the image.
        parts: connected pieces (8 neighbours), specks left out.
        thickness_px: area over the length of the skeleton; thin things have little.
        contrast: distance in CIELAB between the mean colours along the outline inside and outside; None
            where there is nothing outside.
    """

    area_px: int
    area_share: float
    parts: int
    thickness_px: float
    contrast: float | None


def faults_of(truth: Truth, others: BoolArray, answer: BoolArray) -> Faults:
    """Sort the wrong pixels of an answer; unknown pixels are not wrong.

    Args:
        truth: of the object.
        others: (H, W) bool, the other objects of the image.
        answer: (H, W) bool.
    """
    width_px = outline_width_px((answer.shape[0], answer.shape[1]))
    missed, covered = truth.mask & ~answer & truth.valid, answer & ~truth.mask & truth.valid
    thin = (missed & _narrow(truth.mask, width_px)) | (covered & _narrow(~truth.mask, width_px))
    known_outside = ~truth.mask & truth.valid
    near = (_depth(truth.mask) <= width_px) & (_depth(known_outside) <= width_px)
    outline = (missed | covered) & near & ~thin
    rest_covered = covered & ~thin & ~outline
    kinds = (thin, outline, missed & ~thin & ~outline, rest_covered & others, rest_covered & ~others)
    counts = np.array([np.count_nonzero(kind) for kind in kinds], dtype=np.float64)
    total = float(counts.sum())
    shares = counts / max(1.0, total)
    union = int(np.count_nonzero((truth.mask | answer) & truth.valid))
    return Faults(*(round(float(value), 6) for value in (total / max(1, union), *shares)))


def facts_of(image_rgb: ByteArray, truth: Truth) -> ObjectFacts:
    """Metric an object (H, W) of an image (H, W, 3)."""
    area = int(truth.mask.sum())
    _, _, stats, _ = cv2.connectedComponentsWithStats(truth.mask.astype(np.uint8), connectivity=8)
    parts = int((stats[1:, cv2.CC_STAT_AREA] >= _SMALLEST_PART * area).sum())
    left, top, width, height = cv2.boundingRect(truth.mask.astype(np.uint8))
    skeleton = skeletonize(np.pad(truth.mask[top : top + height, left : left + width], 1))
    contrast = _contrast(image_rgb, truth)
    return ObjectFacts(
        area,
        round(float(truth.mask.mean()), 6),
        parts,
        round(area / max(1, int(skeleton.sum())), 2),
        None if contrast is None else round(contrast, 2),
    )


def outline_width_px(size_hw: tuple[int, int]) -> int:
    """How near the outline counts as at the outline, in pixels; at least 2."""
    return max(2, round(OUTLINE_SHARE * math.hypot(*size_hw)))


def _narrow(region: BoolArray, width_px: int) -> BoolArray:
    """The parts of a region that no disc of the radius ``width_px`` fits into; rounded corners are not narrow."""
    opened = cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, _disc(width_px))
    return np.asarray(region & (cv2.dilate(opened, _disc((width_px + 1) // 2)) == 0))


def _disc(radius_px: int) -> ByteArray:
    side = 2 * radius_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)


def _depth(region: BoolArray) -> NDArray[np.float32]:
    """Distance to the nearest pixel outside a region; 0 outside; the picture's edge is no outside."""
    return np.asarray(cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5), dtype=np.float32)


def _contrast(image_rgb: ByteArray, truth: Truth) -> float | None:
    inside = inner_boundary(truth.mask, truth.width_px)
    outside = inner_boundary(~truth.mask, truth.width_px, picture_ends=False) & truth.valid
    if not inside.any() or not outside.any():
        return None
    lab = cv2.cvtColor(image_rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return float(np.linalg.norm(lab[inside].mean(axis=0) - lab[outside].mean(axis=0)))
