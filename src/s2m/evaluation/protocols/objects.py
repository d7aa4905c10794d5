"""A scene of several objects in; strokes on all of them together, and on one at a time, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from s2m.evaluation.contenders import View
from s2m.evaluation.measures import Measure, answer_seconds, count_measures, score_measures
from s2m.evaluation.scenes import Scene
from s2m.evaluation.turns import Turn
from s2m.evaluation.work import CENTRE_LINE_HAND, RobotPen, draw_object
from s2m.types import ObjectMasks, Stroke

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
    def measures(self) -> Mapping[str, Measure]:
        """Scores over objects after 1, 2, 3 strokes an object; strokes an object to 85 %."""
        return {
            **score_measures((1, 2, 3)),
            **count_measures("NoS", (85,), self.most),
            "seconds an answer": answer_seconds,
        }

    def turns(self, view: View, scene: Scene, rng: np.random.Generator) -> Iterator[Turn]:
        """Draw on all objects of a scene both ways; nothing where it has fewer than two."""
        if len(scene.truths) < 2:
            return
        for object_id, truth in scene.truths.items():
            pen = RobotPen(truth, object_id, CENTRE_LINE_HAND, rng)
            yield from draw_object(view, scene, object_id, ONE_AT_A_TIME, pen, self.most, enough=_is_done)
        yield from self._together(view, scene, rng)

    def _together(self, view: View, scene: Scene, rng: np.random.Generator) -> Iterator[Turn]:
        object_ids = tuple(scene.truths)
        pens = {key: RobotPen(truth, key, CENTRE_LINE_HAND, rng) for key, truth in scene.truths.items()}
        masks = {key: np.zeros_like(truth.mask) for key, truth in scene.truths.items()}
        working = list(object_ids)
        strokes: tuple[Stroke, ...] = ()
        previous: ObjectMasks | None = None
        for number in range(1, self.most + 1):
            drawn = [stroke for key in working if (stroke := pens[key](masks[key])) is not None]
            if not drawn:
                return
            strokes = (*strokes, *drawn)
            answer = view.answer(strokes, previous, object_ids)
            previous = answer.masks
            seconds = (answer.seconds + (view.seconds if number == 1 else 0.0)) / len(object_ids)
            masks = {key: answer.label_map == key for key in object_ids}
            turns = [
                Turn(
                    key,
                    TOGETHER,
                    number,
                    _of(key, strokes),
                    masks[key],
                    truth.scores(masks[key]),
                    seconds,
                    soft_mask=answer.masks.of(key),
                )
                for key, truth in scene.truths.items()
            ]
            yield from turns
            working = [turn.object_id for turn in turns if not _is_done(turn)]


def _of(object_id: int, strokes: tuple[Stroke, ...]) -> tuple[Stroke, ...]:
    return tuple(stroke for stroke in strokes if stroke.object_id == object_id)


def _is_done(turn: Turn) -> bool:
    return turn.number >= _ALWAYS_STROKES and turn.scores.iou >= _GOAL_IOU
