"""A scene with pictures of human scribbles beside it in; one answer to each picture out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from s2m.errors import DataError
from s2m.evaluation.interaction import Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric, answer_seconds, score_metrics
from s2m.evaluation.scene import Scene
from s2m.files.scribble_pictures import read_scribble_picture


@dataclass(frozen=True)
class HumanStrokesProtocol:
    """All the strokes of a person at once, from ``NAME-scribbles-1.png``, ``-2.png`` ... beside the image."""

    name: str = "human-strokes"
    most: int = 1
    compared: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Scores of the answer, and its computing time."""
        return {**score_metrics((1,)), "seconds an answer": answer_seconds}

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:  # noqa: ARG002
        """One interaction for each picture of scribbles; index 1 is the object, index 2 the background.

        Raises:
            DataError: the image has no scribbles, or not exactly one object.
        """
        if len(scene.truths) != 1:
            raise DataError(
                f"{scene.image_path} has {len(scene.truths)} objects; human strokes need labels of one object"
            )
        ((object_id, truth),) = scene.truths.items()
        for number, path in _scribble_pictures(scene.image_path):
            strokes = read_scribble_picture(path, scene.size_hw, "foreground-background")
            answer = encoded.answer(strokes, None, (object_id,), len(strokes))
            mask = answer.label_map == object_id
            seconds = encoded.seconds + answer.seconds
            logits = answer.masks.of(object_id)
            scores = truth.scores(mask)
            yield Interaction(object_id, f"set {number}", 1, strokes, mask, scores, seconds, logits=logits)


def _scribble_pictures(image_path: Path) -> list[tuple[int, Path]]:
    """The pictures of scribbles beside an image, by their number."""
    pattern = re.compile(re.escape(image_path.stem) + r"-scribbles-(\d+)\.png")
    matches = [(pattern.fullmatch(path.name), path) for path in image_path.parent.glob("*-scribbles-*.png")]
    found = sorted((int(match[1]), path) for match, path in matches if match)
    if not found:
        raise DataError(
            f"{image_path} has no {image_path.stem}-scribbles-1.png beside it; draw the strokes of a person"
        )
    return found
