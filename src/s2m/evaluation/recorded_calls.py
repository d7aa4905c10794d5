"""Labelled images and a model in; what its network is asked while a simulated user draws on them, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from s2m.data.labelled_images import LabelledImage
from s2m.engine.models import Call, Model
from s2m.engine.segmenter import Segmenter
from s2m.evaluation.method import ModelImage
from s2m.evaluation.scene import load_scene
from s2m.evaluation.simulation import CENTRE_LINES, DrawingUser, interact
from s2m.types import FloatArray

_STROKES = 3


def record_calls(model: Model, images: Sequence[LabelledImage], seed: int = 0) -> Iterator[Call]:
    """Draw up to three centre lines on one object of each image.

    Args:
        model: answers the strokes.
        images: those without objects are left out.
        seed: of the choice of objects.
    """
    rng = np.random.default_rng(seed)
    for image in images:
        scene = load_scene(image)
        if not scene.truths:
            continue
        recording = _RecordingModel(model)
        segmenter = Segmenter(recording)
        encoded = ModelImage(segmenter, segmenter.encode(scene.image_rgb), 0.0)
        object_id = int(rng.choice(sorted(scene.truths)))
        user = DrawingUser(scene.truths[object_id], object_id, CENTRE_LINES, rng)
        list(interact(encoded, scene, object_id, "recorded", user, _STROKES))
        yield from recording.calls


class _RecordingModel:
    """A model that remembers what its decoder was asked, and of which image."""

    def __init__(self, model: Model) -> None:
        self.card = model.card
        self._model = model
        self._images: dict[int, FloatArray] = {}
        self._features: list[tuple[FloatArray, ...]] = []  # Keeps their identities.
        self.calls: list[Call] = []

    def encode(self, image: FloatArray) -> tuple[FloatArray, ...]:
        features = self._model.encode(image)
        self._features.append(features)
        self._images[id(features)] = image
        return features

    def decode(self, features: tuple[FloatArray, ...], prompts: FloatArray) -> FloatArray:
        self.calls.append((self._images[id(features)], prompts))
        return self._model.decode(features, prompts)
