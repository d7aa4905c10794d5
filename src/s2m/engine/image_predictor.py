"""A segmenter and one image in; the network as the session asks it, strokes to logits (N, h, w), out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from s2m.engine.model_cards import ModelCard
from s2m.engine.segmenter import Prediction
from s2m.types import FloatArray, ObjectMasks, Stroke

FeaturesAsked = TypeVar("FeaturesAsked", contravariant=True)
FeaturesHeld = TypeVar("FeaturesHeld")


class Predictor(Protocol[FeaturesAsked]):
    """``s2m.engine.segmenter.Segmenter``, ``s2m.engine.focus.FocusedSegmenter``: answers that cover the whole image."""

    def predict(
        self,
        features: FeaturesAsked,
        strokes: Sequence[Stroke],
        previous: ObjectMasks | None = None,
        object_ids: Sequence[int] | None = None,
    ) -> Prediction:
        """See ``Segmenter.predict``."""
        ...


class SegmenterPredictor(Generic[FeaturesHeld]):
    """Answers strokes on one image through a segmenter; an ``s2m.session.ImagePredictor``.

    Args:
        segmenter: the network.
        features: gives the features of the whole image; called when an answer is wanted, so that an image only looked
            at is not encoded and a cache may forget it in between.
    """

    def __init__(self, segmenter: Predictor[FeaturesHeld], features: Callable[[], FeaturesHeld]) -> None:
        self._segmenter, self._features = segmenter, features

    def __call__(
        self, strokes: Sequence[Stroke], previous: ObjectMasks | None, object_ids: Sequence[int]
    ) -> FloatArray:
        """Logits (N, h, w) float32 of the whole image, before aggregation."""
        return self._segmenter.predict(self._features(), strokes, previous, object_ids).logits


def model_id(card: ModelCard) -> str:
    """What a journal calls a model."""
    return f"{card.name} {card.version}"
