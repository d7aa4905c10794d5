"""A scene of several objects in; strokes on all of them together, and on one at a time, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from s2m.evaluation.interaction import Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric, answer_seconds, count_metrics, score_metrics
from s2m.evaluation.scene import Scene
from s2m.evaluation.simulation import CENTRE_LINES, DrawingUser, interact
from s2m.types import ObjectLogits, Stroke

TOGETHER = "together"
ONE_AT_A_TIME = "one at a time"

_ALWAYS_STROKES = 3
_GOAL_IOU = 0.85


@dataclass(frozen=True)
class ObjectsProtocol:
    """Images of two objects or more: in each round every object gets a centre line in its largest error.

    Every object gets three strokes; from the fourth round on only those below 85 % get one.  Together, all
    strokes of an image are answered at once, so the strokes of one object help its neighbours.
    """

    name: str = "objects"
    most: int = 10
    compared: Mapping[str, str] = field(default_factory=lambda: {TOGETHER: ONE_AT_A_TIME})

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Scores over objects after 1, 2, 3 strokes an object; strokes an object to 85 %."""
        return {
            **score_metrics((1, 2, 3)),
            **count_metrics("NoS", (85,), self.most),
            "seconds an answer": answer_seconds,
        }

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:
        """Draw on all objects of a scene both ways; nothing where it has fewer than two."""
        if len(scene.truths) < 2:
            return
        for object_id, truth in scene.truths.items():
            user = DrawingUser(truth, object_id, CENTRE_LINES, rng)
            yield from interact(encoded, scene, object_id, ONE_AT_A_TIME, user, self.most, enough=_is_done)
        yield from self._together(encoded, scene, rng)

    def _together(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:
        object_ids = tuple(scene.truths)
        users = {key: DrawingUser(truth, key, CENTRE_LINES, rng) for key, truth in scene.truths.items()}
        masks = {key: np.zeros_like(truth.mask) for key, truth in scene.truths.items()}
        unfinished = list(object_ids)
        strokes: tuple[Stroke, ...] = ()
        previous: ObjectLogits | None = None
        for number in range(1, self.most + 1):
            drawn = [stroke for key in unfinished if (stroke := users[key](masks[key])) is not None]
            if not drawn:
                return
            strokes = (*strokes, *drawn)
            answer = encoded.answer(strokes, previous, object_ids, len(drawn))
            previous = answer.masks
            seconds = (answer.seconds + (encoded.seconds if number == 1 else 0.0)) / len(object_ids)
            masks = {key: answer.label_map == key for key in object_ids}
            interactions = [
                Interaction(
                    key,
                    TOGETHER,
                    number,
                    _of(key, strokes),
                    masks[key],
                    truth.scores(masks[key]),
                    seconds,
                    logits=answer.masks.of(key),
                )
                for key, truth in scene.truths.items()
            ]
            yield from interactions
            unfinished = [interaction.object_id for interaction in interactions if not _is_done(interaction)]


def _of(object_id: int, strokes: tuple[Stroke, ...]) -> tuple[Stroke, ...]:
    return tuple(stroke for stroke in strokes if stroke.object_id == object_id)


def _is_done(interaction: Interaction) -> bool:
    return interaction.number >= _ALWAYS_STROKES and interaction.scores.iou >= _GOAL_IOU
