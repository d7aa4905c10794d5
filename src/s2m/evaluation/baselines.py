"""Strokes in, answers out, without any learning: OpenCV's GrabCut and scikit-image's random walker.

Both take strokes as painted, at the width they were drawn with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Literal

import cv2
import numpy as np
from skimage.segmentation import random_walker

from s2m.engine.prompts import sign_for
from s2m.evaluation.method import Answer, Encode
from s2m.types import BoolArray, ByteArray, LabelMap, ObjectLogits, Stroke

BaselineName = Literal["grabcut", "random-walker"]

GRABCUT_ROUNDS = 5
WALKER_BETA = 130.0

Segment = Callable[[ByteArray, "Seeds", "BoolArray | None"], BoolArray]
"""An image, the seeds of one object and its mask so far in, its mask (H, W) bool out."""


@dataclass(frozen=True)
class Seeds:
    """What strokes say about one object: (H, W) bool, never both."""

    inside: BoolArray
    outside: BoolArray


@dataclass(frozen=True)
class BaselineImage:
    """An image; nothing is computed before the first stroke."""

    image_rgb: ByteArray
    segment: Segment
    seconds: float = 0.0

    def answer(
        self,
        strokes: Sequence[Stroke],
        previous: ObjectLogits | None,
        object_ids: Sequence[int],
        new: int = 1,  # noqa: ARG002
    ) -> Answer:
        """See ``EncodedImage.answer``; objects are found one by one, and later ones lie over earlier ones."""
        started = time.perf_counter()
        size_hw = (self.image_rgb.shape[0], self.image_rgb.shape[1])
        label_map: LabelMap = np.zeros(size_hw, dtype=np.int32)
        for object_id in object_ids:
            seeds = seeds_of(strokes, object_id, size_hw)
            so_far = None if previous is None else previous.of(object_id)
            if seeds.inside.any() or so_far is not None:
                mask = self.segment(self.image_rgb, seeds, None if so_far is None else so_far > 0)
                label_map[mask] = object_id
        masks = ObjectLogits.of_masks(object_ids, [label_map == object_id for object_id in object_ids])
        return Answer(label_map, masks, time.perf_counter() - started)


@dataclass(frozen=True)
class BaselineMethod:
    """A baseline by its name on the command line."""

    name: BaselineName

    @property
    def fingerprint(self) -> str:
        """The versions of this product and of OpenCV."""
        return f"s2m {version('s2m')}, OpenCV {cv2.__version__}"

    def open(self, threads: int) -> Encode:
        """See ``Method.open``."""
        cv2.setNumThreads(threads)
        return partial(BaselineImage, segment={"grabcut": grabcut, "random-walker": walk}[self.name])


def seeds_of(strokes: Sequence[Stroke], object_id: int, size_hw: tuple[int, int]) -> Seeds:
    """The pixels that strokes mark as inside and outside of one object; where they cross, the later one holds."""
    marks = np.zeros(size_hw, dtype=np.uint8)
    for stroke in strokes:
        sign = sign_for(stroke, object_id)
        if sign is None:
            continue
        value = 1 if sign == "positive" else 2
        points = np.floor(stroke.points_xy).astype(np.int32)
        width = max(1, round(stroke.width_px))
        cv2.polylines(marks, [points[:, None]], False, value, width)
        cv2.circle(marks, (int(points[0, 0]), int(points[0, 1])), width // 2, value, -1)
    return Seeds(marks == 1, marks == 2)


def grabcut(image_rgb: ByteArray, seeds: Seeds, so_far: BoolArray | None) -> BoolArray:
    """GrabCut (Rother et al., 2004) from seeds; what the mask so far covers is probably inside, the rest outside."""
    probable = np.zeros(seeds.inside.shape, bool) if so_far is None else so_far
    mask = np.where(probable, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[seeds.inside] = cv2.GC_FGD
    mask[seeds.outside] = cv2.GC_BGD
    inside = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    if not inside.any() or inside.all():
        return np.asarray(inside, dtype=np.bool_)
    cv2.setRNGSeed(0)
    outside_model, inside_model = np.zeros((1, 65)), np.zeros((1, 65))
    image_bgr = np.ascontiguousarray(image_rgb[..., ::-1])
    no_box = (0, 0, 0, 0)
    cv2.grabCut(image_bgr, mask, no_box, outside_model, inside_model, GRABCUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.asarray((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), dtype=np.bool_)


def walk(image_rgb: ByteArray, seeds: Seeds, so_far: BoolArray | None) -> BoolArray:
    """The random walker (Grady, 2006) from seeds; without one outside, the picture's edge is outside.

    It has no notion of a mask so far; where no stroke is inside, the mask so far stays, less what strokes exclude.
    """
    if not seeds.inside.any():
        return np.asarray((so_far if so_far is not None else seeds.inside) & ~seeds.outside, dtype=np.bool_)
    labels = np.where(seeds.inside, 1, np.where(seeds.outside, 2, 0))
    if not seeds.outside.any():
        edge = np.ones_like(seeds.inside)
        edge[1:-1, 1:-1] = False
        labels[edge & ~seeds.inside] = 2
    if (labels > 0).all():
        return seeds.inside
    # "bf" solves the equations directly; the iterative modes are slower here, and stop short of the solution.
    found = random_walker(image_rgb, labels, beta=WALKER_BETA, mode="bf", channel_axis=-1)
    return np.asarray(found == 1, dtype=np.bool_)
