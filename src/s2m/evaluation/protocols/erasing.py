"""A scene in; masks of its objects, erased by negative strokes until nothing is left, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from s2m.evaluation.interaction import Curve, Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric, answer_seconds
from s2m.evaluation.scene import Scene, Scores, Truth, iou
from s2m.evaluation.simulation import CENTRE_LINES, DrawingUser, interact
from s2m.types import BoolArray, ObjectLogits, Stroke

TRUTH = "from the truth"
OWN_MASK = "from its own mask"
STROKES_KEPT = "strokes kept"

OWN_STROKES = 3
"""Centre lines that make the method's own mask."""

EMPTY_SHARE = 0.01
"""A mask with less than this share of its first area counts as empty."""


@dataclass(frozen=True)
class ErasingProtocol:
    """Negative centre lines in the largest piece of what is left, until nothing is.

    It starts from the true mask, from a mask of the method's own with its strokes forgotten (as in an imported
    mask), and from the same mask with its positive strokes still there.
    """

    name: str = "erasing"
    most: int = 5
    compared: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Share of the mask that is left after 1, 2, 3, 5 strokes; whether it was emptied, and by how many strokes."""
        return {
            **{f"left@{number}": _left_after(number) for number in (1, 2, 3, 5)},
            f"emptied within {self.most}": _is_emptied,
            "strokes to empty": _strokes_to_empty(self.most),
            "seconds an answer": answer_seconds,
        }

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:
        """Erase each object in each way; where the method's own mask is empty there is nothing to erase."""
        for object_id, truth in scene.truths.items():
            start = ObjectLogits.of_masks((object_id,), truth.mask[None])
            yield from _erase(encoded, object_id, TRUTH, truth.mask, start, (), rng)
            user = DrawingUser(truth, object_id, CENTRE_LINES, rng)
            drawn = list(interact(encoded, scene, object_id, OWN_MASK, user, OWN_STROKES))
            if not drawn or not drawn[-1].mask.any() or drawn[-1].logits is None:
                continue
            own = ObjectLogits((object_id,), drawn[-1].logits[None])
            yield from _erase(encoded, object_id, OWN_MASK, drawn[-1].mask, own, (), rng)
            yield from _erase(encoded, object_id, STROKES_KEPT, drawn[-1].mask, own, drawn[-1].strokes, rng)


def _erase(
    encoded: EncodedImage,
    object_id: int,
    variant: str,
    start: BoolArray,
    previous: ObjectLogits,
    strokes: tuple[Stroke, ...],
    rng: np.random.Generator,
) -> Iterator[Interaction]:
    """The interactions of one erasing; the first, of number 0, is the mask to erase."""
    goal = Truth(np.zeros_like(start), np.ones_like(start))
    user = DrawingUser(goal, object_id, CENTRE_LINES, rng)
    mask = start
    yield Interaction(object_id, variant, 0, strokes, mask, _erased_scores(goal, start, mask), 0.0, goal=goal)
    for number in range(1, ErasingProtocol.most + 1):
        stroke = user(mask)
        if stroke is None:
            return
        strokes = (*strokes, stroke)
        answer = encoded.answer(strokes, previous, (object_id,))
        previous, mask = answer.masks, answer.label_map == object_id
        scores = _erased_scores(goal, start, mask)
        yield Interaction(object_id, variant, number, strokes, mask, scores, answer.seconds, goal=goal)


def _erased_scores(goal: Truth, start: BoolArray, mask: BoolArray) -> Scores:
    """IoU of the background among the pixels of the first mask, which is the share of it that is erased."""
    erased = iou(~goal.mask, ~mask, start)
    return Scores(erased, erased, erased)


def left_share(curve: Curve, number: int) -> float:
    """The area after some strokes as a share of the first mask's; above 1 where the mask grew."""
    assert curve.start is not None, "every mask to erase is interaction 0"
    return curve.after(number).answer_share / curve.start.answer_share


def _left_after(number: int) -> Metric:
    return lambda curve: left_share(curve, number)


def _is_emptied(curve: Curve) -> float:
    return float(min(left_share(curve, row.number) for row in curve.rows) < EMPTY_SHARE)


def _strokes_to_empty(most: int) -> Metric:
    return lambda curve: float(
        next((row.number for row in curve.rows if left_share(curve, row.number) < EMPTY_SHARE), most)
    )
