"""An image, then strokes in; answers out: whatever is measured, a model of ours or a baseline, behind one door."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from s2m.engine.answers import AnswerRequest, answered_masks
from s2m.engine.channel_order import ChannelOrder, in_channel_order
from s2m.engine.geometry import resize_maps
from s2m.engine.models import SHIPPED_MODEL
from s2m.engine.precision import Precision
from s2m.engine.segmenter import Embedding, Prediction, Segmenter, answer_size_hw
from s2m.networks.loading import load_model, model_digest
from s2m.types import ABSENT_LOGIT, ByteArray, FloatArray, LabelMap, ObjectLogits, Stroke


@dataclass(frozen=True)
class Answer:
    """The masks that some strokes gave.

    Attributes:
        label_map: (H, W) int32 object ids at the image's size, 0 background.
        masks: what the next answer starts from.
        seconds: computing time from the strokes to the label map.
    """

    label_map: LabelMap
    masks: ObjectLogits
    seconds: float


class EncodedImage(Protocol):
    """One image, ready for strokes."""

    @property
    def seconds(self) -> float:
        """Computing time of encoding the image."""

    def answer(
        self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int], new: int = 1
    ) -> Answer:
        """Answer strokes.

        Args:
            strokes: all so far.
            previous: the masks of the answer before.
            object_ids: the objects that the answer tells of.
            new: how many of the strokes, the last ones, have no answer yet.
        """


Encode = Callable[[ByteArray], EncodedImage]
"""An image (H, W, 3) uint8 RGB in, the same ready for strokes out."""


class Method(Protocol):
    """What is measured.  It is small until it is opened, so it can be sent to another process."""

    @property
    def name(self) -> str:
        """What it is called in tables, unique in a run, usable as a folder's name."""

    @property
    def fingerprint(self) -> str:
        """Changes when the answers may change."""

    def open(self, threads: int) -> Encode:
        """Load it, to compute with so many threads."""


@dataclass(frozen=True)
class ModelImage:
    """An image encoded by a model, which answers by the rule of ``s2m.engine.answers`` as the product does.

    Attributes:
        segmenter: the model.
        embedding: the image.
        seconds: computing time of encoding.
    """

    segmenter: Segmenter
    embedding: Embedding
    seconds: float

    def answer(
        self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int], new: int = 1
    ) -> Answer:
        """See ``EncodedImage.answer``."""
        started = time.perf_counter()
        size_hw = self.embedding.size_hw
        cells_hw = answer_size_hw(size_hw)
        masks: dict[int, FloatArray] = {}
        if previous is not None:
            masks = dict(zip(previous.object_ids, resize_maps(previous.logits, cells_hw), strict=True))

        def ask(asked: Sequence[Stroke], object_id: int) -> FloatArray:
            before = None if object_id not in masks else ObjectLogits((object_id,), masks[object_id][None])
            return np.asarray(self.segmenter.predict(self.embedding, asked, before, (object_id,)).logits[0])

        absent = np.full(cells_hw, ABSENT_LOGIT, dtype=np.float32)
        request = AnswerRequest(strokes, strokes[len(strokes) - new :], size_hw)
        after = {**masks, **answered_masks(request, masks, ask)}
        logits = np.stack([after.get(object_id, absent) for object_id in object_ids])
        prediction = Prediction(ObjectLogits(tuple(object_ids), logits), size_hw)
        return Answer(prediction.label_map(), prediction.masks, time.perf_counter() - started)


@dataclass(frozen=True)
class ModelMethod:
    """A model of ours, exactly as the product uses it.

    Attributes:
        name: see ``Method.name``.
        path: as ``load_model`` takes it.
        channel_order: "bgr" shows it swapped channels, as the original's window did.
        precision: see ``s2m.engine.precision``.
    """

    name: str
    path: Path | None
    channel_order: ChannelOrder = "rgb"
    precision: Precision = "auto"

    @property
    def fingerprint(self) -> str:
        """A hash of the model's files, and the order of channels and the precision where they are chosen."""
        digest = model_digest(SHIPPED_MODEL if self.path is None else self.path)
        chosen = [name for name in (self.channel_order, self.precision) if name not in ("rgb", "auto")]
        return " ".join((digest[:16], *chosen))

    def open(self, threads: int) -> Encode:
        """See ``Method.open``."""
        model = load_model(self.path, threads, precision=self.precision)
        segmenter = Segmenter(in_channel_order(model, self.channel_order))

        def encode(image_rgb: ByteArray) -> ModelImage:
            started = time.perf_counter()
            embedding = segmenter.encode(image_rgb)
            return ModelImage(segmenter, embedding, time.perf_counter() - started)

        return encode
