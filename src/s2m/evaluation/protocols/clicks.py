"""A scene in; up to twenty clicks on each object, one at a time, and the counts of the click benchmarks out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from s2m.evaluation.clicks import next_click
from s2m.evaluation.contenders import View
from s2m.evaluation.figures import answer_seconds, area_under_curve, count_figures, iou_figures
from s2m.evaluation.scenes import Scene
from s2m.evaluation.turns import Curve, Figures, Line, Turn, curves_by_variant
from s2m.types import ObjectMasks, Stroke

VARIANT = "clicks"
THRESHOLDS_PERCENT = (80, 85, 90, 95)


@dataclass(frozen=True)
class ClicksProtocol:
    """Clicks by the rule of ``s2m.evaluation.clicks``; a click is a stroke of one point."""

    name: str = "clicks"
    most: int = 20

    def turns(self, view: View, scene: Scene, rng: np.random.Generator) -> Iterator[Turn]:  # noqa: ARG002
        """Click on each object until nothing is wrong or ``most`` clicks are made; nothing is drawn by chance."""
        for object_id in scene.truths:
            yield from self._object_turns(view, scene, object_id)

    def figures(self, lines: Sequence[Line]) -> Figures:
        """Number of clicks to each threshold, failures, IoU after some clicks, area under the curve."""
        return {variant: self._figures(curves) for variant, curves in curves_by_variant(lines).items()}

    def _object_turns(self, view: View, scene: Scene, object_id: int) -> Iterator[Turn]:
        truth = scene.truths[object_id]
        mask, unclicked = np.zeros_like(truth.mask), np.ones_like(truth.mask)
        strokes: tuple[Stroke, ...] = ()
        previous: ObjectMasks | None = None
        for number in range(1, self.most + 1):
            click = next_click(truth.mask, mask, truth.valid, unclicked)
            if click is None:
                return
            unclicked[click.row, click.column] = False
            strokes = (*strokes, click.stroke(object_id))
            answer = view.answer(strokes, previous, (object_id,))
            previous, mask = answer.masks, answer.label_map == object_id
            seconds = answer.seconds + (view.seconds if number == 1 else 0.0)
            yield Turn(object_id, VARIANT, number, strokes, mask, truth.scores(mask), seconds)

    def _figures(self, curves: Sequence[Curve]) -> dict[str, float]:
        return {
            "objects": float(len(curves)),
            **count_figures(curves, "NoC", THRESHOLDS_PERCENT, self.most),
            "area under curve": area_under_curve(curves, self.most),
            **iou_figures(curves, (1, 2, 3, 5, 10, 20)),
            "seconds an answer": answer_seconds(curves),
        }
