"""A scene in; up to twenty clicks on each object, one at a time, as in the published click benchmarks, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from s2m.evaluation.contenders import View
from s2m.evaluation.measures import Measure, answer_seconds, area_under_curve, count_measures, score_measures
from s2m.evaluation.scenes import Scene
from s2m.evaluation.turns import Turn
from s2m.evaluation.work import ClickPen, draw_object

VARIANT = "clicks"


@dataclass(frozen=True)
class ClicksProtocol:
    """Clicks by the rule of ``s2m.simulated_user.clicks``; a click is a stroke of one point."""

    name: str = "clicks"
    most: int = 20
    compared: Mapping[str, str] = field(default_factory=dict)

    @property
    def measures(self) -> Mapping[str, Measure]:
        """Number of clicks to each threshold, failures, area under the curve, scores after some clicks."""
        return {
            **count_measures("NoC", (80, 85, 90, 95), self.most),
            "area under curve": area_under_curve(self.most),
            **score_measures((1, 2, 3, 5, 10, 20)),
            "seconds an answer": answer_seconds,
        }

    def turns(self, view: View, scene: Scene, rng: np.random.Generator) -> Iterator[Turn]:  # noqa: ARG002
        """Click on each object until nothing is wrong or ``most`` clicks are made; nothing is left to chance."""
        for object_id, truth in scene.truths.items():
            yield from draw_object(view, scene, object_id, VARIANT, ClickPen(truth, object_id), self.most)
