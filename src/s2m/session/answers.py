"""Strokes and a layer of masks in; the layer after the network's answer out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from s2m.engine.answers import AnswerRequest, Ask, answered_masks
from s2m.engine.edges import sharpened
from s2m.engine.geometry import box_around, resize_maps
from s2m.engine.segmenter import Embedding, Segmenter
from s2m.errors import MaskError
from s2m.session.commands import DrawnStroke
from s2m.session.masks import HalfArray, Layer, Overlap, logits_with_hard_pixels, with_answers
from s2m.session.shapes import network_strokes
from s2m.types import ABSENT_LOGIT, ByteArray, FloatArray, ObjectLogits, Stroke

_LOGIT_LIMIT = 30.0


Predict = Callable[[Sequence[Stroke], ObjectLogits | None, Sequence[int]], FloatArray]
"""The network on one image: strokes, the masks before and the ids wanted in; logits (N, h, w) of the image out."""


class ImagePredictor(Protocol):
    """All that a session asks of one image and the network."""

    def __call__(
        self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int], /
    ) -> FloatArray:
        """See ``Predict``."""

    def sharpen(self, labels: ByteArray, object_ids: Sequence[int], /) -> ByteArray:
        """See ``s2m.engine.edges.sharpened``."""


@dataclass(frozen=True)
class SegmenterOnImage:
    """A segmenter on one image.

    Attributes:
        segmenter: the network.
        embedding: gives the encoded image.
    """

    segmenter: Segmenter
    embedding: Callable[[], Embedding]

    def __call__(
        self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]
    ) -> FloatArray:
        """See ``ImagePredictor``."""
        return self.segmenter.predict(self.embedding(), strokes, previous, object_ids).logits

    def sharpen(self, labels: ByteArray, object_ids: Sequence[int]) -> ByteArray:
        """See ``ImagePredictor``."""
        return sharpened(self.embedding().image_rgb, labels, object_ids)


AnswerRule = Callable[[AnswerRequest, Mapping[int, HalfArray], Ask[HalfArray]], dict[int, HalfArray]]
"""``answered_masks`` or ``previewed_masks`` of ``s2m.engine.answers``."""


def predictor_of(segmenter: Segmenter, image_rgb: ByteArray) -> ImagePredictor:
    """The network on one image (H, W, 3) uint8, which is encoded here."""
    embedding = segmenter.encode(image_rgb)
    return SegmenterOnImage(segmenter, lambda: embedding)


@dataclass(frozen=True)
class PredictionRequest:
    """What the network is asked at one step.

    Attributes:
        strokes: all that hold, the new ones included.
        new: those that have no answer yet.
        kept_ids: objects that stay as they are: locked and hidden ones.
        starting_ids: objects that had a mask when masks were kept last.
    """

    strokes: tuple[DrawnStroke, ...]
    new: tuple[DrawnStroke, ...]
    kept_ids: frozenset[int]
    starting_ids: frozenset[int]
    size_hw: tuple[int, int]
    overlap: Overlap


def answered(layer: Layer, request: PredictionRequest, predictor: Predict, rule: AnswerRule = answered_masks) -> Layer:
    """The layer after the network's answer.

    Args:
        layer: the masks before.
        request: the strokes.
        predictor: the network.
        rule: what is answered; ``previewed_masks`` for a stroke that is still being drawn.
    """
    asked = AnswerRequest(
        _all_strokes(request.strokes, request.size_hw),
        _all_strokes(request.new, request.size_hw),
        request.size_hw,
        request.kept_ids,
        request.starting_ids,
        exclusive=request.overlap == "exclusive",
    )

    def ask(strokes: Sequence[Stroke], object_id: int) -> HalfArray:
        logits = _ask(layer, strokes, object_id, request, predictor)
        _keep_in_box(logits, object_id, layer, request)
        return logits

    masks = dict(zip(layer.object_ids, layer.logits, strict=True))
    return with_answers(layer, rule(asked, masks, ask))


def _all_strokes(drawn: Sequence[DrawnStroke], size_hw: tuple[int, int]) -> tuple[Stroke, ...]:
    return tuple(stroke for one in drawn for stroke in network_strokes(one, size_hw))


def _ask(
    layer: Layer, strokes: Sequence[Stroke], object_id: int, request: PredictionRequest, predictor: Predict
) -> HalfArray:
    """The answer (h, w), in the precision in which masks are kept, so that live and replayed answers agree."""
    before = logits_with_hard_pixels(layer, object_id, request.size_hw)
    previous = None if before is None else ObjectLogits((object_id,), before[None])
    logits = predictor(strokes, previous, (object_id,))
    if logits.ndim != 3 or len(logits) != 1 or not np.isfinite(logits).all():
        raise MaskError(f"the network's answer for one object has the shape {logits.shape} or is not finite")
    resized = np.clip(resize_maps(logits, layer.size_hw)[0], -_LOGIT_LIMIT, _LOGIT_LIMIT)
    kept = layer.of(object_id)
    if before is None or kept is None or layer.hard:
        return np.asarray(resized, dtype=np.float16)
    # Outside the views the mask is as before.  Halving is slow, so only what differs is halved.
    left, top, right, bottom = box_around(resized != before)
    halves = kept.copy()
    halves[top:bottom, left:right] = resized[top:bottom, left:right]
    return halves


def _keep_in_box(logits: HalfArray, object_id: int, layer: Layer, request: PredictionRequest) -> None:
    """An object that begins with a box has nothing outside of it; later strokes may reach farther."""
    if object_id in layer.object_ids or sum(one.object_id == object_id for one in request.strokes) != 1:
        return
    (first,) = (one for one in request.strokes if one.object_id == object_id)
    if first.tool != "box" or first.sign == "negative":
        return
    rows, columns = logits.shape[0] / request.size_hw[0], logits.shape[1] / request.size_hw[1]
    xs, ys = [x * columns for x, _ in first.points], [y * rows for _, y in first.points]
    outside = np.ones(logits.shape, dtype=bool)
    (left, right), (top, bottom) = ((max(0, round(min(at))), max(0, round(max(at)))) for at in (xs, ys))
    outside[top:bottom, left:right] = False
    logits[outside] = ABSENT_LOGIT
