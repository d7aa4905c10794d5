"""A scene in; flawed masks of its objects, mended stroke by stroke, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from s2m.evaluation.contenders import View
from s2m.evaluation.flaws import Flaw, flawed_mask
from s2m.evaluation.measures import Measure, answer_seconds, count_measures, score_measures
from s2m.evaluation.scenes import Scene
from s2m.evaluation.turns import Curve, Turn
from s2m.evaluation.work import CENTRE_LINE_HAND, RobotPen, draw_object, take_touched, take_whole

_GOAL_IOU = 0.9
_ALWAYS_STROKES = 1


@dataclass(frozen=True)
class CorrectingProtocol:
    """Start from a mask of IoU 0.75 to 0.85 with one kind of flaw; draw centre lines in the largest error.

    Each flaw is mended twice: with answers taken as they are, and with local edits, where a stroke changes only
    the connected parts that it touches (``s2m.engine.local_edits``), as in the product once a mask is committed.
    """

    name: str = "correcting"
    most: int = 10
    compared: Mapping[str, str] = field(default_factory=lambda: {local_name(flaw): flaw for flaw in get_args(Flaw)})

    @property
    def measures(self) -> Mapping[str, Measure]:
        """Strokes to 90 %, the start, the first answer, and what the strokes did far away."""
        return {
            **count_measures("NoS", (90,), self.most),
            "IoU of the start": _start_iou,
            **score_measures((1,)),
            "changed far away": _far_changed,
            "spoiled far away": _far_spoiled,
            "seconds an answer": answer_seconds,
        }

    def turns(self, view: View, scene: Scene, rng: np.random.Generator) -> Iterator[Turn]:
        """Mend each object from each flaw; objects that cannot have such a flaw are left out."""
        for flaw in get_args(Flaw):
            for object_id, truth in scene.truths.items():
                start = flawed_mask(truth, flaw, rng)
                if start is None:
                    continue
                for variant, take in ((flaw, take_whole), (local_name(flaw), take_touched)):
                    pen = RobotPen(truth, object_id, CENTRE_LINE_HAND, rng)
                    yield from draw_object(view, scene, object_id, variant, pen, self.most, start, _is_done, take)


def local_name(flaw: str) -> str:
    """The variant of a flaw with local edits."""
    return f"{flaw}, local edits"


def _is_done(turn: Turn) -> bool:
    return turn.number >= _ALWAYS_STROKES and turn.scores.iou >= _GOAL_IOU


def _start_iou(curve: Curve) -> float:
    assert curve.start is not None, "every flawed mask is turn 0"
    return curve.start.iou


def _far_changed(curve: Curve) -> float:
    return float(np.mean([line.far_changed for line in curve.lines]))


def _far_spoiled(curve: Curve) -> float:
    return float(np.mean([line.far_spoiled for line in curve.lines]))
