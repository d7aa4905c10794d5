"""The page where the steps stand in order: image -> features (slow, once), strokes -> masks (fast, every stroke).

The segmenter has no memory: what ``encode`` gives goes into ``predict``, and the answer of one ``predict``
goes as ``previous`` into the next.

An object without a mask is a guess from its strokes alone.  A model whose card says so guesses twice, from the image
and from a smaller, mirrored look at it, and the logits are averaged (docs/decisions, number 10).  An object with a
mask takes one pass of the decoder.  Such a model may also mean too much, all sheep of a flock for the one that was
stroked: of its masks only the parts are kept that a positive stroke, or the mask before, touches (number 11).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import cv2
import numpy as np

from s2m.engine.aggregation import aggregate_probs, label_map_from_logits
from s2m.engine.geometry import Frame, frame_of_box, frame_of_image, mirror, resize_image, resize_maps, resize_rows
from s2m.engine.local_edits import untouched_parts
from s2m.engine.models import Model
from s2m.engine.prompts import prompt_maps
from s2m.errors import ImageError, StrokeError
from s2m.types import BACKGROUND_ID, ByteArray, FloatArray, LabelMap, ObjectMasks, Stroke

_OBJECTS_AT_ONCE = 8
"""Objects that go through the decoder together; more would cost memory and save no time."""

_VALUES_AT_ONCE = 500_000
"""Logits at the image's size that are held at once, over all objects: what fits into a cache."""

ABSENT_LOGIT = -10.0
"""Logit of a pixel that the network did not see and no previous mask speaks of."""


@dataclass(frozen=True)
class View:
    """One look at an image.

    Attributes:
        frame: what the network looked at.
        maps: the encoder's outputs, in its order.
    """

    frame: Frame
    maps: tuple[FloatArray, ...]


@dataclass(frozen=True)
class Features(View):
    """What the network remembers of an image.

    Attributes:
        seconds: how long encoding took.
        mirrored: the same frame left to right and smaller, for objects without a mask; None for a box, and for models
            that do without.
    """

    seconds: float
    mirrored: View | None = None

    @property
    def nbytes(self) -> int:
        """Memory that the features take, in bytes."""
        views: tuple[View, ...] = (self,) if self.mirrored is None else (self, self.mirrored)
        return sum(array.nbytes for view in views for array in view.maps)


@dataclass(frozen=True)
class Prediction:
    """The answer to some strokes.

    Attributes:
        object_ids: the object of each channel.
        logits: (N, h', w') float32, each object as if it were alone, covering ``frame``.
        frame: what the network looked at.
        previous: the masks that the prediction started from; they hold outside the frame.
        seconds: time of each step: "prompts" and "decode", which includes the mirrored look and what follows.
    """

    object_ids: tuple[int, ...]
    logits: FloatArray
    frame: Frame
    previous: ObjectMasks | None
    seconds: Mapping[str, float]

    @property
    def masks(self) -> ObjectMasks:
        """Each object's soft mask as if it were alone: the ``previous`` of the next prediction."""
        if self.frame.is_whole_image:
            return ObjectMasks(self.object_ids, _sigmoid(self.logits))
        size_hw = self._mask_size_hw()
        return ObjectMasks(self.object_ids, _sigmoid(self._logit_rows(size_hw, slice(0, size_hw[0]))))

    def probs(self, size_hw: tuple[int, int] | None = None) -> FloatArray:
        """Probabilities (N + 1, H, W) float32 that sum to 1, background first, at the image's size by default."""
        size_hw = size_hw or self.frame.image_size_hw
        probs = np.empty((len(self.object_ids) + 1, *size_hw), dtype=np.float32)
        for rows in self._bands(size_hw):
            probs[:, rows] = aggregate_probs(self._logit_rows(size_hw, rows))
        return probs

    def label_map(self, size_hw: tuple[int, int] | None = None) -> LabelMap:
        """The most probable object of each pixel, (H, W) int32, at the image's size by default; 0 background."""
        size_hw = size_hw or self.frame.image_size_hw
        label_map = np.empty(size_hw, dtype=np.int32)
        for rows in self._bands(size_hw):
            label_map[rows] = label_map_from_logits(self._logit_rows(size_hw, rows), self.object_ids)
        return label_map

    def _bands(self, size_hw: tuple[int, int]) -> list[slice]:
        """Rows of the image that are joined at once, so that memory stays bounded however large it is."""
        height, width = size_hw
        count = max(1, _VALUES_AT_ONCE // (width * len(self.object_ids)))
        return [slice(top, min(top + count, height)) for top in range(0, height, count)]

    def _logit_rows(self, size_hw: tuple[int, int], rows: slice) -> FloatArray:
        """Logits (N, rows, W) of the whole image: resized first, so that edges are sharp, and aggregated later."""
        if self.frame.is_whole_image:
            return resize_rows(self.logits, size_hw, rows)
        left, top, right, bottom = _scaled_box(self.frame, size_hw)
        logits = np.stack([self._logit_rows_outside(object_id, size_hw, rows) for object_id in self.object_ids])
        inside = slice(max(top, rows.start), min(bottom, rows.stop))
        if inside.start < inside.stop:
            box_rows = slice(inside.start - top, inside.stop - top)
            answer = resize_rows(self.logits, (bottom - top, right - left), box_rows)
            logits[:, inside.start - rows.start : inside.stop - rows.start, left:right] = answer
        return logits

    def _logit_rows_outside(self, object_id: int, size_hw: tuple[int, int], rows: slice) -> FloatArray:
        """Logits (rows, W) of what the network did not see: the previous mask, or nothing."""
        mask = None if self.previous is None else self.previous.of(object_id)
        if mask is None:
            return np.full((rows.stop - rows.start, size_hw[1]), ABSENT_LOGIT, dtype=np.float32)
        return logits_of(resize_rows(mask[None], size_hw, rows)[0])

    def _mask_size_hw(self) -> tuple[int, int]:
        """A size for the whole image at which the box has about the resolution of its logits."""
        height, width = self.frame.image_size_hw
        left, top, right, bottom = self.frame.box_xyxy
        scale = min(1.0, max(self.logits.shape[1] / (bottom - top), self.logits.shape[2] / (right - left)))
        return max(1, round(height * scale)), max(1, round(width * scale))


class Segmenter:
    """Strokes on a photograph become masks of its objects.

    Args:
        model: the network.

    Example::

        segmenter = Segmenter(load_model())
        features = segmenter.encode(read_image(Path("photo.jpg")))
        strokes = [Stroke(np.array([[40.0, 50.0], [80.0, 60.0]]), object_id=1)]
        label_map = segmenter.predict(features, strokes).label_map()
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def encode(
        self, image_rgb: ByteArray, box_xyxy: tuple[int, int, int, int] | None = None, detail: float = 1.0
    ) -> Features:
        """Look at an image, once.

        Args:
            image_rgb: (H, W, 3) uint8, upright, sRGB.
            box_xyxy: the part to look at, left, top, right, bottom in image pixels, right and bottom
                exclusive; by default everything.
            detail: of a part: its long side as the network sees it, as a multiple of the model's working size.

        Raises:
            ImageError: the array is no RGB image, or the box does not lie in it.
        """
        _check_image(image_rgb)
        started = time.perf_counter()
        card, size_hw = self.model.card, (image_rgb.shape[0], image_rgb.shape[1])
        mirrored = None
        if box_xyxy is None:
            frame = frame_of_image(size_hw, card.working_size, card.size_multiple)
            if card.mirrored_size:
                smaller = frame_of_image(size_hw, card.mirrored_size, card.size_multiple)
                mirrored = View(smaller, self.model.encode(mirror(resize_image(image_rgb, smaller))))
        else:
            _check_box(box_xyxy, size_hw)
            frame = frame_of_box(size_hw, box_xyxy, round(detail * card.working_size), card.size_multiple)
        maps = self.model.encode(resize_image(image_rgb, frame))
        return Features(frame, maps, time.perf_counter() - started, mirrored)

    def predict(
        self,
        features: Features,
        strokes: Sequence[Stroke],
        previous: ObjectMasks | None = None,
        object_ids: Sequence[int] | None = None,
    ) -> Prediction:
        """Answer strokes.

        Args:
            features: from ``encode``.
            strokes: all that hold, in the order they were drawn.
            previous: the soft masks to start from, such as ``Prediction.masks`` of the answer before.
            object_ids: the objects wanted; by default those of the strokes and of ``previous``, ascending.

        Raises:
            StrokeError: there is no object to look for, or an id is not positive or occurs twice.
        """
        wanted = objects_wanted(strokes, previous) if object_ids is None else tuple(object_ids)
        _check_objects(wanted)
        started = time.perf_counter()
        prompts = self._prompts(strokes, previous, wanted, features.frame)
        drawn = time.perf_counter()
        logits = self._decode(features, prompts)
        if features.mirrored is not None:
            self._average_with_mirrored(logits, features.mirrored, strokes, previous, wanted)
        if self.model.card.touched_parts_only:
            _leave_out_untouched(logits, prompts)
        seconds = {"prompts": drawn - started, "decode": time.perf_counter() - drawn}
        return Prediction(wanted, logits, features.frame, previous, seconds)

    def _average_with_mirrored(
        self,
        logits: FloatArray,
        mirrored: View,
        strokes: Sequence[Stroke],
        previous: ObjectMasks | None,
        object_ids: Sequence[int],
    ) -> None:
        """Change the logits (N, h', w') of objects without a mask to the mean of both looks."""
        guessed = objects_without_mask(object_ids, previous)
        if not guessed:
            return
        rows = [object_ids.index(object_id) for object_id in guessed]
        prompts = mirror(self._prompts(strokes, previous, guessed, mirrored.frame))
        guesses = mirror(self._decode(mirrored, prompts))
        logits[rows] = (logits[rows] + resize_maps(guesses, (logits.shape[1], logits.shape[2]))) / 2

    def _prompts(
        self, strokes: Sequence[Stroke], previous: ObjectMasks | None, object_ids: Sequence[int], frame: Frame
    ) -> FloatArray:
        card = self.model.card
        return prompt_maps(strokes, previous, object_ids, frame, card.prompt_stride, float(card.prompt_diameter_px))

    def _decode(self, view: View, prompts: FloatArray) -> FloatArray:
        """Logits (N, h', w') float32, some objects at a time."""
        starts = range(0, len(prompts), _OBJECTS_AT_ONCE)
        return np.concatenate(
            [self.model.decode(view.maps, prompts[first : first + _OBJECTS_AT_ONCE]) for first in starts]
        )


class HasBytes(Protocol):
    """Features that say how much memory they take."""

    @property
    def nbytes(self) -> int:
        """In bytes."""


FeaturesKept = TypeVar("FeaturesKept", bound=HasBytes)


class FeatureCache(Generic[FeaturesKept]):
    """The features of the images looked at last, as many as fit into ``limit_bytes``; safe to use from threads.

    The newest features are always kept, even when they alone are over the limit.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._features: OrderedDict[Hashable, FeaturesKept] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory that the features take, in bytes."""
        with self._lock:
            return self._nbytes()

    def get(self, key: Hashable) -> FeaturesKept | None:
        """The features under ``key``, which thereby count as just used, or None."""
        with self._lock:
            if key in self._features:
                self._features.move_to_end(key)
            return self._features.get(key)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._features.clear()

    def put(self, key: Hashable, features: FeaturesKept) -> None:
        """Keep features, and forget those unused for longest while the limit is passed."""
        with self._lock:
            self._features[key] = features
            self._features.move_to_end(key)
            while self._nbytes() > self.limit_bytes and len(self._features) > 1:
                self._features.popitem(last=False)

    def _nbytes(self) -> int:
        return sum(features.nbytes for features in self._features.values())


def objects_wanted(strokes: Sequence[Stroke], previous: ObjectMasks | None) -> tuple[int, ...]:
    """The objects of some strokes and masks, ascending."""
    drawn = {stroke.object_id for stroke in strokes} - {BACKGROUND_ID}
    return tuple(sorted(drawn | set(previous.object_ids if previous is not None else ())))


def objects_without_mask(object_ids: Sequence[int], masks: ObjectMasks | None) -> list[int]:
    """Those of some objects that no mask shows."""
    return [object_id for object_id in object_ids if masks is None or not masks.shows(object_id)]


def _leave_out_untouched(logits: FloatArray, prompts: FloatArray) -> None:
    """Change the logits (N, h', w') of parts that neither a positive stroke nor the mask before touches to negative."""
    for scores, (positive, _, before) in zip(logits, prompts, strict=True):
        touched = ((positive > 0) | (before > 0.5)).astype(np.uint8)
        cells = cv2.resize(touched, scores.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
        untouched = untouched_parts(scores > 0, cells)
        scores[untouched] *= -1


def _check_objects(object_ids: tuple[int, ...]) -> None:
    if not object_ids:
        raise StrokeError("there is no object to look for; draw at least one stroke on an object")
    if min(object_ids) <= BACKGROUND_ID or len(set(object_ids)) != len(object_ids):
        raise StrokeError(f"object ids must be positive and different, got {object_ids}")


def _check_image(image_rgb: ByteArray) -> None:
    if image_rgb.ndim != 3 or image_rgb.shape[2] != 3 or image_rgb.dtype != np.uint8 or image_rgb.size == 0:
        raise ImageError(
            f"an image is an array (H, W, 3) of uint8, got {image_rgb.shape} of {image_rgb.dtype}; "
            "read files with s2m.files.images.read_image"
        )


def _check_box(box_xyxy: tuple[int, int, int, int], size_hw: tuple[int, int]) -> None:
    left, top, right, bottom = box_xyxy
    if not (0 <= left < right <= size_hw[1] and 0 <= top < bottom <= size_hw[0]):
        raise ImageError(f"the box {box_xyxy} does not lie in the image of {size_hw[1]} x {size_hw[0]} pixels")


def _scaled_box(frame: Frame, size_hw: tuple[int, int]) -> tuple[int, int, int, int]:
    """The frame's box in an image brought to ``size_hw``, at least one pixel large."""
    rows, columns = size_hw[0] / frame.image_size_hw[0], size_hw[1] / frame.image_size_hw[1]
    left, top = int(frame.box_xyxy[0] * columns), int(frame.box_xyxy[1] * rows)
    right, bottom = round(frame.box_xyxy[2] * columns), round(frame.box_xyxy[3] * rows)
    return left, top, max(left + 1, right), max(top + 1, bottom)


def _sigmoid(logits: FloatArray) -> FloatArray:
    # By way of tanh there is nothing to overflow.
    return np.asarray(0.5 * np.tanh(0.5 * logits) + 0.5, dtype=np.float32)


def logits_of(probs: FloatArray) -> FloatArray:
    """The logits of soft masks, kept within the logit of an absent object on both sides."""
    bound = 1 / (1 + np.exp(ABSENT_LOGIT))
    inside = np.clip(probs, 1 - bound, bound)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float32)
