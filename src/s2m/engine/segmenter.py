"""The page where the steps stand in order: image -> embedding (slow, once), strokes -> masks (fast, every stroke).

Each object is found in one or more views of the image: the whole, its flip, a crop (``s2m.engine.views``).  A view is
encoded once and kept; the logits of an object's views are averaged.  What goes into an answer is the image, the
strokes and the masks before them, and nothing else: the answer of one ``predict`` goes as ``previous`` into the next.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from cachetools import LRUCache

from s2m.engine.aggregation import aggregate_probs, label_map_from_logits
from s2m.engine.components import untouched_components
from s2m.engine.geometry import Frame, flip, resize_image, resize_maps, resize_window
from s2m.engine.models import Model, OnnxModel
from s2m.engine.prompts import prompt_maps
from s2m.engine.views import View, views_of_guess, views_of_image, views_of_object
from s2m.errors import ImageError, StrokeError
from s2m.types import ABSENT_LOGIT, BACKGROUND_ID, Box, ByteArray, FloatArray, LabelMap, ObjectLogits, Stroke

EMBEDDING_BYTES = 512 * 1024 * 1024
"""Memory for the encoded views of all images together."""

LONGEST_ANSWER = 1024
"""Long side of the logits of an answer; smaller images are answered at their own size."""

_OBJECTS_AT_ONCE = 8
"""Objects that go through the decoder together; more would cost memory and save no time."""

_VALUES_AT_ONCE = 500_000
"""Logits at the image's size that are held at once, over all objects: what fits into a cache."""

EncodedView = tuple[FloatArray, ...]
"""The encoder's outputs, in its order."""


@dataclass(frozen=True)
class Embedding:
    """An image whose views a segmenter has encoded, or encodes when an answer needs them.

    Attributes:
        image_rgb: (H, W, 3) uint8.
        key: of this image among the views that the segmenter keeps.
    """

    image_rgb: ByteArray
    key: object = field(default_factory=object)

    @property
    def size_hw(self) -> tuple[int, int]:
        """(H, W) of the image."""
        return self.image_rgb.shape[0], self.image_rgb.shape[1]


@dataclass(frozen=True)
class Prediction:
    """The answer to some strokes.

    Attributes:
        masks: the logits of each object as if it were alone: the ``previous`` of the next prediction.
        image_size_hw: (H, W).
    """

    masks: ObjectLogits
    image_size_hw: tuple[int, int]

    @property
    def object_ids(self) -> tuple[int, ...]:
        """The object of each channel."""
        return self.masks.object_ids

    @property
    def logits(self) -> FloatArray:
        """(N, h, w) float32, each object as if it were alone, of the whole image."""
        return self.masks.logits

    def probs(self, size_hw: tuple[int, int] | None = None) -> FloatArray:
        """Probabilities (N + 1, H, W) float32 that sum to 1, background first, at the image's size by default."""
        size_hw = size_hw or self.image_size_hw
        probs = np.empty((len(self.object_ids) + 1, *size_hw), dtype=np.float32)
        for rows in self._bands(size_hw):
            probs[:, rows] = aggregate_probs(self._logit_rows(size_hw, rows))
        return probs

    def label_map(self, size_hw: tuple[int, int] | None = None) -> LabelMap:
        """The most probable object of each pixel, (H, W) int32, at the image's size by default; 0 background."""
        size_hw = size_hw or self.image_size_hw
        label_map = np.empty(size_hw, dtype=np.int32)
        for rows in self._bands(size_hw):
            label_map[rows] = label_map_from_logits(self._logit_rows(size_hw, rows), self.object_ids)
        return label_map

    def _bands(self, size_hw: tuple[int, int]) -> list[slice]:
        """Rows of the image that are joined at once, so that memory stays bounded however large it is."""
        height, width = size_hw
        count = max(1, _VALUES_AT_ONCE // (width * max(1, len(self.object_ids))))
        return [slice(top, min(top + count, height)) for top in range(0, height, count)]

    def _logit_rows(self, size_hw: tuple[int, int], rows: slice) -> FloatArray:
        """Logits (N, rows, W): resized first, so that edges are sharp, and aggregated later."""
        return resize_window(self.logits, size_hw, rows, slice(0, size_hw[1]))


class Segmenter:
    """Strokes on a photograph become masks of its objects.  Safe to use from threads.

    Args:
        model: the network; by default the shipped one.
        limit_bytes: memory for encoded views; those unused for longest are forgotten, and encoded again when needed.

    Example::

        segmenter = Segmenter()
        embedding = segmenter.encode(read_image(Path("photo.jpg")))
        strokes = [Stroke(np.array([[40.0, 50.0], [80.0, 60.0]]), object_id=1)]
        label_map = segmenter.predict(embedding, strokes).label_map()
    """

    def __init__(self, model: Model | None = None, limit_bytes: int = EMBEDDING_BYTES) -> None:
        self.model = OnnxModel() if model is None else model
        self.limit_bytes = limit_bytes
        self._lock, self._encoding = threading.Lock(), threading.Lock()
        # A view larger than the limit is kept as well, alone.
        self._encoded: LRUCache[tuple[object, Frame, bool], EncodedView] = LRUCache(
            limit_bytes, getsizeof=lambda maps: min(limit_bytes, sum(array.nbytes for array in maps))
        )

    @property
    def nbytes(self) -> int:
        """Memory that the encoded views take, in bytes."""
        with self._lock:
            return int(self._encoded.currsize)

    def forget(self) -> None:
        """Give back the memory of all encoded views."""
        with self._lock:
            self._encoded.clear()

    def encode(self, image_rgb: ByteArray) -> Embedding:
        """Encode the views of an image that a first answer needs.

        Args:
            image_rgb: (H, W, 3) uint8, upright, sRGB.

        Raises:
            ImageError: the array is no RGB image.
        """
        _check_image(image_rgb)
        embedding = Embedding(image_rgb)
        for view in views_of_image(embedding.size_hw, self.model.card):
            self._maps(embedding, view)
        return embedding

    def predict(
        self,
        embedding: Embedding,
        prompts: Sequence[Stroke | Box],
        previous: ObjectLogits | None = None,
        object_ids: Sequence[int] | None = None,
        *,
        quick: bool = False,
    ) -> Prediction:
        """Answer strokes and boxes.

        Args:
            embedding: from ``encode``.
            prompts: all strokes and boxes that hold, in the order they were drawn.
            previous: the masks to start from, such as ``Prediction.masks`` of the answer before.
            object_ids: the objects wanted; by default those of the strokes and of ``previous``, ascending.
            quick: for a stroke that is still being drawn: one pass for each object, on a view that is encoded already.

        Returns:
            Logits of the whole image at its size, at most ``LONGEST_ANSWER`` long.  Outside the views of an object the
            mask before holds.

        Raises:
            StrokeError: an id is not positive or occurs twice.
        """
        strokes = [one for prompt in prompts for one in (prompt.strokes() if isinstance(prompt, Box) else (prompt,))]
        wanted = _objects_of(strokes, previous) if object_ids is None else tuple(object_ids)
        _check_objects(wanted)
        size_hw, card = embedding.size_hw, self.model.card
        answer = _Answer(wanted, previous, answer_size_hw(size_hw))
        own = {object_id: [stroke for stroke in strokes if stroke.object_id == object_id] for object_id in wanted}
        known = {object_id: previous.of(object_id) for object_id in wanted} if previous is not None else {}
        masks = {object_id: mask for object_id, mask in known.items() if mask is not None and (mask > 0).any()}

        first = {
            object_id: views_of_object(masks[object_id], own[object_id], size_hw, card)
            if object_id in masks
            else views_of_image(size_hw, card)
            for object_id in wanted
        }
        if quick:
            first = {object_id: (self._quick_view(embedding, views),) for object_id, views in first.items()}
            self._add(answer, first, embedding, strokes, previous)
            return Prediction(ObjectLogits(wanted, answer.logits), size_hw)
        self._add(answer, first, embedding, strokes, previous)
        further = {
            object_id: views_of_guess(answer.of(object_id), own[object_id], size_hw, card)
            for object_id in wanted
            if object_id not in masks
        }
        self._add(answer, further, embedding, strokes, previous)
        return Prediction(ObjectLogits(wanted, answer.logits), size_hw)

    def _quick_view(self, embedding: Embedding, views: Sequence[View]) -> View:
        """The first of some views that is encoded, or else the whole image, as it shows most."""
        with self._lock:
            known = [view for view in views if (embedding.key, view.frame, view.flip) in self._encoded]
        return known[0] if known else views_of_image(embedding.size_hw, self.model.card)[0]

    def prepare(
        self, embedding: Embedding, strokes: Sequence[Stroke], previous: ObjectLogits | None, guess: ObjectLogits
    ) -> None:
        """Encode ahead the crop that the answer to strokes will most likely need.

        Args:
            embedding: from ``encode``.
            strokes: of one object.
            previous: its mask before, if it has one.
            guess: its mask after, as a quick answer has it.
        """
        own = [stroke for stroke in strokes if stroke.object_id == guess.object_ids[0]]
        if previous is not None and (previous.logits > 0).any():
            views = views_of_object(previous.logits[0], own, embedding.size_hw, self.model.card)
        else:
            views = views_of_guess(guess.logits[0], own, embedding.size_hw, self.model.card)
        for view in views:
            self._maps(embedding, view)

    def _add(
        self,
        answer: _Answer,
        views: Mapping[int, Iterable[View]],
        embedding: Embedding,
        strokes: Sequence[Stroke],
        previous: ObjectLogits | None,
    ) -> None:
        """Decode some views of some objects, those that share a view together, and add them to the answer."""
        objects_of: dict[View, list[int]] = {}
        for object_id, own in views.items():
            for view in own:
                objects_of.setdefault(view, []).append(object_id)
        for view, object_ids in objects_of.items():
            maps = self._maps(embedding, view)
            for first in range(0, len(object_ids), _OBJECTS_AT_ONCE):
                some = object_ids[first : first + _OBJECTS_AT_ONCE]
                for object_id, logits in zip(some, self._decode(maps, view, strokes, previous, some), strict=True):
                    answer.add(object_id, view, logits)

    def _decode(
        self,
        maps: EncodedView,
        view: View,
        strokes: Sequence[Stroke],
        previous: ObjectLogits | None,
        object_ids: Sequence[int],
    ) -> FloatArray:
        """Logits (N, h', w') float32 of what a view shows, the right way round."""
        card = self.model.card
        prompts = prompt_maps(
            strokes, previous, object_ids, view.frame, card.prompt_stride, float(card.prompt_diameter_px)
        )
        logits = flip(self.model.decode(maps, flip(prompts))) if view.flip else self.model.decode(maps, prompts)
        if card.drop_untouched_components:
            _drop_untouched(logits, prompts)
        return logits

    def _maps(self, embedding: Embedding, view: View) -> EncodedView:
        """A view as the encoder sees it, encoded unless it is known."""
        key = (embedding.key, view.frame, view.flip)
        with self._lock:
            known = self._encoded.get(key)
        if known is not None:
            return known
        # One after the other: what another thread is encoding just now need not be encoded twice.
        with self._encoding:
            with self._lock:
                known = self._encoded.get(key)
            if known is not None:
                return known
            image = resize_image(embedding.image_rgb, view.frame)
            maps = self.model.encode(flip(image) if view.flip else image)
            with self._lock:
                self._encoded[key] = maps
        return maps


class _Answer:
    """The logits of some objects (N, H', W'): the masks before, where views are added the weighted mean of these."""

    def __init__(self, object_ids: Sequence[int], previous: ObjectLogits | None, size_hw: tuple[int, int]) -> None:
        self._object_ids = list(object_ids)
        self._weights = [0.0] * len(object_ids)
        self.logits: FloatArray = np.full((len(object_ids), *size_hw), ABSENT_LOGIT, dtype=np.float32)
        for row, object_id in enumerate(object_ids):
            before = None if previous is None else previous.of(object_id)
            if before is not None:
                self.logits[row] = resize_maps(before[None], size_hw)[0]

    def of(self, object_id: int) -> FloatArray:
        """The logits (H', W') of one object."""
        return np.asarray(self.logits[self._object_ids.index(object_id)])

    def add(self, object_id: int, view: View, logits: FloatArray) -> None:
        """Add what a view shows (h', w').  Earlier views of the object show all that this one does."""
        row = self._object_ids.index(object_id)
        self._weights[row] += view.weight
        share = view.weight / self._weights[row]
        place = self.logits[row][view.frame.place(self.logits.shape[1:])]
        seen = resize_maps(logits[None], place.shape)[0]
        if share == 1:
            place[:] = seen
        else:
            place *= 1 - share
            place += share * seen


def answer_size_hw(image_size_hw: tuple[int, int]) -> tuple[int, int]:
    """The size of an answer: the image's own, or smaller for large images."""
    scale = min(1.0, LONGEST_ANSWER / max(image_size_hw))
    return max(1, round(image_size_hw[0] * scale)), max(1, round(image_size_hw[1] * scale))


def _objects_of(strokes: Sequence[Stroke], previous: ObjectLogits | None) -> tuple[int, ...]:
    """The objects of some strokes and masks, ascending."""
    drawn = {stroke.object_id for stroke in strokes} - {BACKGROUND_ID}
    return tuple(sorted(drawn | set(previous.object_ids if previous is not None else ())))


def _drop_untouched(logits: FloatArray, prompts: FloatArray) -> None:
    """Make the logits (N, h', w') of components negative that neither a positive stroke nor the mask before touches."""
    for scores, (positive, _, before) in zip(logits, prompts, strict=True):
        touched = ((positive > 0) | (before > 0.5)).astype(np.uint8)
        cells = cv2.resize(touched, scores.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
        scores[untouched_components(scores > 0, cells)] *= -1


def _check_objects(object_ids: tuple[int, ...]) -> None:
    if min(object_ids, default=1) <= BACKGROUND_ID or len(set(object_ids)) != len(object_ids):
        raise StrokeError(f"object ids must be positive and different, got {object_ids}")


def _check_image(image_rgb: ByteArray) -> None:
    if image_rgb.ndim != 3 or image_rgb.shape[2] != 3 or image_rgb.dtype != np.uint8 or image_rgb.size == 0:
        raise ImageError(
            f"an image is an array (H, W, 3) of uint8, got {image_rgb.shape} of {image_rgb.dtype}; "
            "read files with s2m.files.images.read_image"
        )
