"""An image, then strokes in; answers out: whatever is measured, a model of ours or a baseline, behind one door."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from s2m.engine.segmenter import Prediction
from s2m.types import ByteArray, LabelMap, ObjectMasks, Stroke


@dataclass(frozen=True)
class Answer:
    """The masks that some strokes gave.

    Attributes:
        label_map: (H, W) int32 object ids at the image's size, 0 background.
        masks: what the next answer starts from.
        seconds: computing time from the strokes to the label map.
    """

    label_map: LabelMap
    masks: ObjectMasks
    seconds: float


class View(Protocol):
    """One image that a contender has looked at."""

    @property
    def seconds(self) -> float:
        """Computing time of looking at the image."""

    def answer(self, strokes: Sequence[Stroke], previous: ObjectMasks | None, object_ids: Sequence[int]) -> Answer:
        """Answer all strokes so far, from the masks of the answer before."""


class Contender(Protocol):
    """Something that answers strokes."""

    def look(self, image_rgb: ByteArray) -> View:
        """Look at an image (H, W, 3) uint8 RGB, once."""


class HasSeconds(Protocol):
    """Features that say how long it took to make them."""

    @property
    def seconds(self) -> float:
        """Computing time of encoding."""


F = TypeVar("F", bound=HasSeconds)


class EncodeOnceSegmenter(Protocol[F]):
    """``Segmenter`` or ``FocusedSegmenter``."""

    def encode(self, image_rgb: ByteArray) -> F:
        """Look at an image."""

    def predict(
        self,
        features: F,
        strokes: Sequence[Stroke],
        previous: ObjectMasks | None = None,
        object_ids: Sequence[int] | None = None,
    ) -> Prediction:
        """Answer strokes."""


@dataclass(frozen=True)
class SegmenterView(Generic[F]):
    """An image with its features."""

    segmenter: EncodeOnceSegmenter[F]
    features: F

    @property
    def seconds(self) -> float:
        """Computing time of encoding."""
        return self.features.seconds

    def answer(self, strokes: Sequence[Stroke], previous: ObjectMasks | None, object_ids: Sequence[int]) -> Answer:
        """See ``View.answer``."""
        started = time.perf_counter()
        prediction = self.segmenter.predict(self.features, strokes, previous, object_ids)
        label_map = prediction.label_map()
        return Answer(label_map, prediction.masks, time.perf_counter() - started)


@dataclass(frozen=True)
class SegmenterContender(Generic[F]):
    """A model of ours, exactly as the product uses it."""

    segmenter: EncodeOnceSegmenter[F]

    def look(self, image_rgb: ByteArray) -> SegmenterView[F]:
        """See ``Contender.look``."""
        return SegmenterView(self.segmenter, self.segmenter.encode(image_rgb))
