"""Looks closer: strokes -> box of a small object, or of the part that is wrong -> its features (cached) -> masks.

A network that sees the whole image at its working size has few pixels for a small object.  Zooming in on
the object is worth more than a larger working size (RITM, Sofiiuk et al., ICIP 2022; FocalClick, Chen et
al., CVPR 2022).  Here the crop is encoded once and kept, so that further strokes on the same object stay
as fast as strokes on the whole image.

An object without a mask is guessed from the whole image; a small guess is made again from the box around it, and the
mean of both is the answer.  Further strokes on a small object are answered from its box alone; on one of medium size
from its third stroke on, when its place is known.  An object too large for a box of its own is seen closer from its
eleventh stroke on, in the half of the image around the newest one: by then strokes mend details that the whole did not
show.  An object with a mask always takes one pass of the decoder.

Small objects are shown in less detail until their third stroke: the first ones say what is meant, which shows better
from afar, later ones where it ends.

A look is a function of the strokes and of the masks before them, and of nothing else: the same
history gives the same answer, whatever is in the cache.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np

from s2m.engine.geometry import Frame, resize_maps
from s2m.engine.models import Model
from s2m.engine.segmenter import (
    ABSENT_LOGIT,
    FeatureCache,
    Features,
    Prediction,
    Segmenter,
    logits_of,
    objects_wanted,
    objects_without_mask,
)
from s2m.types import ByteArray, FloatArray, ObjectMasks, Stroke

Box = tuple[int, int, int, int]
"""left, top, right, bottom in image pixels, right and bottom exclusive."""

CROPS_BYTES = 192 * 1024 * 1024
"""Memory for the features of closer looks, of all images together."""


@dataclass(frozen=True)
class BoxSettings:
    """How close to look at an object, and up to which size.

    Attributes:
        margin: share of the object's size that is added on every side.
        largest_share: the box is used while its long side is at most this share of the image's.
        smallest_side_px: boxes are at least this large, in image pixels.
        detail: long side of a box as the network sees it, as a multiple of the model's working size.
    """

    margin: float = 0.35
    largest_share: float = 0.75
    smallest_side_px: int = 96
    detail: float = 1.0


@dataclass(frozen=True)
class FocusSettings:
    """When to look closer, and how close.

    Attributes:
        guess: the box of an object without a mask, around what is guessed from the whole image.
        early: the box of an object with a mask and few strokes.
        later: the box of an object with more strokes than that.
        early_strokes: as many strokes are few.
        whole_strokes: strokes on an object too large for a box that are answered from the whole image, before parts of
            it are looked at.
        part_share: side of such a part, as a share of the image's long side.
        canvas_side_px: long side of the joined answer, at most; smaller images are answered at their own size.
    """

    guess: BoxSettings = BoxSettings(margin=0.2, largest_share=0.35, detail=0.75)
    early: BoxSettings = BoxSettings(largest_share=0.35, detail=0.75)
    later: BoxSettings = BoxSettings()
    early_strokes: int = 2
    whole_strokes: int = 10
    part_share: float = 0.5
    canvas_side_px: int = 1024


class Look(NamedTuple):
    """A closer look at an image: which part of it, and in how much detail, as for ``Segmenter.encode``."""

    box: Box
    detail: float


@dataclass(frozen=True)
class FocusedFeatures:
    """What the network remembers of an image.

    Attributes:
        image_rgb: (H, W, 3) uint8, for further boxes.
        whole: features of the whole image.
        key: of this image in the segmenter's cache of closer looks.
    """

    image_rgb: ByteArray
    whole: Features
    key: object = field(default_factory=object)

    @property
    def nbytes(self) -> int:
        """Memory that the features and the image take, in bytes; boxes are the segmenter's."""
        return self.whole.nbytes + self.image_rgb.nbytes

    @property
    def seconds(self) -> float:
        """How long encoding the whole image took."""
        return self.whole.seconds


class FocusedSegmenter:
    """A segmenter that looks closer at objects; used like ``Segmenter``.

    Args:
        model: the network.
        settings: when to look closer.

    Attributes:
        crops: the features of the closer looks taken last, of all images.
    """

    def __init__(self, model: Model, settings: FocusSettings | None = None) -> None:
        self.segmenter = Segmenter(model)
        self.settings = settings or FocusSettings()
        self.crops: FeatureCache[Features] = FeatureCache(CROPS_BYTES)

    @property
    def model(self) -> Model:
        """The network."""
        return self.segmenter.model

    def encode(self, image_rgb: ByteArray) -> FocusedFeatures:
        """Look at the whole of an image (H, W, 3) uint8; see ``Segmenter.encode``."""
        return FocusedFeatures(image_rgb, self.segmenter.encode(image_rgb))

    def predict(
        self,
        features: FocusedFeatures,
        strokes: Sequence[Stroke],
        previous: ObjectMasks | None = None,
        object_ids: Sequence[int] | None = None,
    ) -> Prediction:
        """Answer strokes; see ``Segmenter.predict``.

        Without an object to look closer at, this is the answer of ``Segmenter``.  Otherwise the logits cover the
        whole image at the size of ``canvas_size_hw``: inside the box of an object with a mask they come from the closer
        look and outside from the masks before; those of an object without a mask come from the whole image, and inside
        its box they are the mean of both looks.
        """
        image_size_hw = features.whole.frame.image_size_hw
        wanted = objects_wanted(strokes, previous) if object_ids is None else tuple(object_ids)
        closer = {object_id: self._closer(previous, strokes, object_id, image_size_hw) for object_id in wanted}
        looks = {look: [object_id for object_id in wanted if closer[object_id] == look] for look in closer.values()}
        answers = [self._answer(features, look, strokes, previous, ids) for look, ids in looks.items()]
        guesses = [
            self._answer(features, look, strokes, previous, [object_id])
            for answer in answers
            for object_id, look in self._guess_again(answer, strokes).items()
        ]
        if len(answers) == 1 and answers[0].frame.is_whole_image and not guesses:
            return answers[0]
        canvas = _start(previous, wanted, canvas_size_hw(image_size_hw, self.settings))
        seconds: defaultdict[str, float] = defaultdict(float)
        for answer, weight in [(answer, 1.0) for answer in answers] + [(guess, 0.5) for guess in guesses]:
            _paste(canvas, answer, [wanted.index(object_id) for object_id in answer.object_ids], weight)
            for step, duration in answer.seconds.items():
                seconds[step] += duration
        return Prediction(wanted, canvas, features.whole.frame, previous, seconds)

    def _closer(
        self, masks: ObjectMasks | None, strokes: Sequence[Stroke], object_id: int, image_size_hw: tuple[int, int]
    ) -> Look | None:
        """How to look at an object that has a mask, None for the features of the whole image."""
        if masks is None or not masks.shows(object_id):
            return None
        settings, own = self.settings, _strokes_on(object_id, strokes)
        rule = settings.early if len(own) <= settings.early_strokes else settings.later
        box = focus_box(masks.of(object_id), own, image_size_hw, rule)
        if box is not None:
            return Look(box, rule.detail)
        part = part_box(own[-1], image_size_hw, settings) if len(own) > settings.whole_strokes else None
        return None if part is None else Look(part, 1.0)

    def _guess_again(self, answer: Prediction, strokes: Sequence[Stroke]) -> dict[int, Look]:
        """Looks at the small ones among the objects that an answer shows and that had no mask before."""
        guessed = objects_without_mask(answer.object_ids, answer.previous)
        if not guessed:
            return {}
        masks, image_size_hw, rule = answer.masks, answer.frame.image_size_hw, self.settings.guess
        shown = [object_id for object_id in guessed if masks.shows(object_id)]
        boxes = {
            object_id: focus_box(masks.of(object_id), _strokes_on(object_id, strokes), image_size_hw, rule)
            for object_id in shown
        }
        return {object_id: Look(box, rule.detail) for object_id, box in boxes.items() if box is not None}

    def _answer(
        self,
        features: FocusedFeatures,
        look: Look | None,
        strokes: Sequence[Stroke],
        previous: ObjectMasks | None,
        object_ids: Sequence[int],
    ) -> Prediction:
        """Answer strokes from a closer look, or from the features of the whole image."""
        seen = features.whole if look is None else self._crop(features, look)
        return self.segmenter.predict(seen, strokes, previous, object_ids)

    def _crop(self, features: FocusedFeatures, look: Look) -> Features:
        crop = self.crops.get((features.key, look))
        if crop is None:
            crop = self.segmenter.encode(features.image_rgb, look.box, look.detail)
            self.crops.put((features.key, look), crop)
        return crop


def canvas_size_hw(image_size_hw: tuple[int, int], settings: FocusSettings) -> tuple[int, int]:
    """The size of a joined answer: the image's own, or smaller for large images."""
    scale = min(1.0, settings.canvas_side_px / max(image_size_hw))
    return max(1, round(image_size_hw[0] * scale)), max(1, round(image_size_hw[1] * scale))


def focus_box(
    mask: FloatArray | None, strokes: Sequence[Stroke], image_size_hw: tuple[int, int], settings: BoxSettings
) -> Box | None:
    """The box to look closer at, or None where the whole image does as well.

    Args:
        mask: (h, w) float in 0..1 of the object, covering the whole image, or None.
        strokes: those of the object, both signs.
        image_size_hw: (H, W).
        settings: margins and limits.

    Returns:
        A box around the parts of the mask that positive strokes touch and around the strokes, with
        margins, its edges on a coarse grid so that it stays the same while the object changes little.
    """
    spans = [stroke.points_xy for stroke in strokes]
    corners = None if mask is None else _mask_corners(mask, strokes, image_size_hw)
    if corners is not None:
        spans.append(corners)
    if not spans:
        return None
    points = np.concatenate(spans)
    low, high = points.min(axis=0), points.max(axis=0)
    height, width = image_size_hw
    low, high = np.clip(low, 0, (width, height)), np.clip(high, 0, (width, height))
    size = np.maximum(high - low, 1) * (1 + 2 * settings.margin)
    size = np.maximum(size, max(float(size.max()) / 2, settings.smallest_side_px))
    centre = (low + high) / 2
    grid = 2 ** math.floor(math.log2(float(size.max()) / 6))
    start = np.floor((centre - size / 2) / grid) * grid
    end = np.ceil((centre + size / 2) / grid) * grid
    left, top = (int(value) for value in np.clip(start, 0, (width, height)))
    right, bottom = (int(value) for value in np.clip(end, 0, (width, height)))
    if right <= left or bottom <= top or max(right - left, bottom - top) > settings.largest_share * max(image_size_hw):
        return None
    return left, top, right, bottom


def part_box(stroke: Stroke, image_size_hw: tuple[int, int], settings: FocusSettings) -> Box | None:
    """The part of an image around a stroke, or None where the stroke is too long, or the image too small, for one.

    Args:
        stroke: of an object that fills most of the image.
        image_size_hw: (H, W).
        settings: the size of a part.

    Returns:
        A box within the image, its corner on a coarse grid so that strokes beside each other share it.
    """
    size = np.array(image_size_hw[::-1])
    side = settings.part_share * size.max()
    extent = np.ceil(np.minimum(side, size)).astype(int)
    low, high = stroke.points_xy.min(axis=0), stroke.points_xy.max(axis=0)
    if side < settings.later.smallest_side_px or (high - low).max() > 0.8 * side:
        return None
    grid = side / 8
    corner = np.round(((low + high - extent) / 2) / grid) * grid
    left, top = (int(value) for value in np.clip(np.round(corner), 0, size - extent))
    return left, top, left + int(extent[0]), top + int(extent[1])


def _mask_corners(
    mask: FloatArray, strokes: Sequence[Stroke], image_size_hw: tuple[int, int]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]] | None:
    """Two corners (x, y) in image pixels around the parts of a mask that positive strokes touch, or all parts."""
    scale_xy = np.array([image_size_hw[1] / mask.shape[1], image_size_hw[0] / mask.shape[0]])
    count, parts, stats, _ = cv2.connectedComponentsWithStats((mask > 0.5).astype(np.uint8))
    if count < 2:
        return None
    touched = set[int]()
    for stroke in strokes:
        if stroke.sign == "positive":
            cells = np.floor(stroke.points_xy / scale_xy).astype(int)
            columns = np.clip(cells[:, 0], 0, mask.shape[1] - 1)
            rows = np.clip(cells[:, 1], 0, mask.shape[0] - 1)
            touched |= {int(part) for part in np.unique(parts[rows, columns])}
    chosen = stats[sorted(touched - {0}) or list(range(1, count))]
    low = chosen[:, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP]].min(axis=0)
    high = (chosen[:, :2] + chosen[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]).max(axis=0)
    return np.stack([low * scale_xy, high * scale_xy])


def _strokes_on(object_id: int, strokes: Sequence[Stroke]) -> list[Stroke]:
    """The strokes of one object, both signs, in the order they were drawn."""
    return [stroke for stroke in strokes if stroke.object_id == object_id]


def _start(previous: ObjectMasks | None, object_ids: Sequence[int], size_hw: tuple[int, int]) -> FloatArray:
    """Logits (N, H, W) of the masks before, and of nothing for objects that had none."""
    canvas = np.full((len(object_ids), *size_hw), ABSENT_LOGIT, dtype=np.float32)
    for row, object_id in enumerate(object_ids):
        mask = None if previous is None else previous.of(object_id)
        if mask is not None:
            canvas[row] = resize_maps(logits_of(mask)[None], size_hw)[0]
    return canvas


def _paste(canvas: FloatArray, answer: Prediction, rows: Sequence[int], weight: float) -> None:
    """Put the logits of a box, or of the whole, into their place in the canvas (N, H, W), as this share of the sum."""
    frame: Frame = answer.frame
    scale_y, scale_x = canvas.shape[1] / frame.image_size_hw[0], canvas.shape[2] / frame.image_size_hw[1]
    left, top, right, bottom = frame.box_xyxy
    y0, x0 = round(top * scale_y), round(left * scale_x)
    y1, x1 = max(y0 + 1, round(bottom * scale_y)), max(x0 + 1, round(right * scale_x))
    place = (list(rows), slice(y0, y1), slice(x0, x1))
    canvas[place] = (1 - weight) * canvas[place] + weight * resize_maps(answer.logits, (y1 - y0, x1 - x0))
