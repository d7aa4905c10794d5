"""A scene in; masks of its objects, erased by negative strokes until nothing is left, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from s2m.evaluation.contenders import View
from s2m.evaluation.measures import Measure, answer_seconds
from s2m.evaluation.metrics import Scores, Truth, iou
from s2m.evaluation.scenes import Scene
from s2m.evaluation.turns import Curve, Turn
from s2m.evaluation.work import CENTRE_LINE_HAND, RobotPen, draw_object
from s2m.types import BoolArray, ObjectMasks, Stroke

TRUTH = "from the truth"
OWN_MASK = "from its own mask"
STROKES_KEPT = "strokes kept"

OWN_STROKES = 3
"""Centre lines that make the contender's own mask."""

EMPTY_SHARE = 0.01
"""A mask with less than this share of its first area counts as empty."""


@dataclass(frozen=True)
class ErasingProtocol:
    """Negative centre lines in the largest piece of what is left, until nothing is.

    The work starts from the true mask, from a mask of the contender's own with its strokes forgotten (as after a
    commit), and from the same mask with its positive strokes still there.
    """

    name: str = "erasing"
    most: int = 5
    compared: Mapping[str, str] = field(default_factory=dict)

    @property
    def measures(self) -> Mapping[str, Measure]:
        """Share of the mask that is left after 1, 2, 3, 5 strokes; whether it was emptied, and by how many strokes."""
        return {
            **{f"left@{number}": _left_after(number) for number in (1, 2, 3, 5)},
            f"emptied within {self.most}": _is_emptied,
            "strokes to empty": _strokes_to_empty(self.most),
            "seconds an answer": answer_seconds,
        }

    def turns(self, view: View, scene: Scene, rng: np.random.Generator) -> Iterator[Turn]:
        """Erase each object in each way; where the contender's own mask is empty there is nothing to erase."""
        for object_id, truth in scene.truths.items():
            start = ObjectMasks((object_id,), truth.mask[None].astype(np.float32))
            yield from _erase(view, object_id, TRUTH, truth.mask, start, (), rng)
            pen = RobotPen(truth, object_id, CENTRE_LINE_HAND, rng)
            drawn = list(draw_object(view, scene, object_id, OWN_MASK, pen, OWN_STROKES))
            if not drawn or not drawn[-1].mask.any() or drawn[-1].soft_mask is None:
                continue
            own = ObjectMasks((object_id,), drawn[-1].soft_mask[None])
            yield from _erase(view, object_id, OWN_MASK, drawn[-1].mask, own, (), rng)
            yield from _erase(view, object_id, STROKES_KEPT, drawn[-1].mask, own, drawn[-1].strokes, rng)


def _erase(
    view: View,
    object_id: int,
    variant: str,
    start: BoolArray,
    previous: ObjectMasks,
    strokes: tuple[Stroke, ...],
    rng: np.random.Generator,
) -> Iterator[Turn]:
    """The turns of one erasing; the first, of number 0, is the mask to erase."""
    goal = Truth(np.zeros_like(start), np.ones_like(start))
    pen = RobotPen(goal, object_id, CENTRE_LINE_HAND, rng)
    mask = start
    yield Turn(object_id, variant, 0, strokes, mask, _erased_scores(goal, start, mask), 0.0, goal=goal)
    for number in range(1, ErasingProtocol.most + 1):
        stroke = pen(mask)
        if stroke is None:
            return
        strokes = (*strokes, stroke)
        answer = view.answer(strokes, previous, (object_id,))
        previous, mask = answer.masks, answer.label_map == object_id
        scores = _erased_scores(goal, start, mask)
        yield Turn(object_id, variant, number, strokes, mask, scores, answer.seconds, goal=goal)


def _erased_scores(goal: Truth, start: BoolArray, mask: BoolArray) -> Scores:
    """IoU of the background among the pixels of the first mask, which is the share of it that is erased."""
    erased = iou(~goal.mask, ~mask, start)
    return Scores(erased, erased, erased)


def left_share(curve: Curve, number: int) -> float:
    """The area after some strokes as a share of the first mask's; above 1 where the mask grew."""
    assert curve.start is not None, "every mask to erase is turn 0"
    return curve.after(number).answer_share / curve.start.answer_share


def _left_after(number: int) -> Measure:
    return lambda curve: left_share(curve, number)


def _is_emptied(curve: Curve) -> float:
    return float(min(left_share(curve, line.number) for line in curve.lines) < EMPTY_SHARE)


def _strokes_to_empty(most: int) -> Measure:
    return lambda curve: float(
        next((line.number for line in curve.lines if left_share(curve, line.number) < EMPTY_SHARE), most)
    )
