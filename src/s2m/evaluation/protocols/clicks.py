"""A scene in; up to twenty clicks on each object, one at a time, as in the published click benchmarks, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from s2m.evaluation.interaction import Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric, answer_seconds, area_under_curve, count_metrics, score_metrics
from s2m.evaluation.scene import Scene
from s2m.evaluation.simulation import ClickingUser, interact

VARIANT = "clicks"


@dataclass(frozen=True)
class ClicksProtocol:
    """Clicks by the rule of ``s2m.simulated_user.clicks``; a click is a stroke of one point."""

    name: str = "clicks"
    most: int = 20
    compared: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Number of clicks to each threshold, failures, area under the curve, scores after some clicks."""
        return {
            **count_metrics("NoC", (80, 85, 90, 95), self.most),
            "area under curve": area_under_curve(self.most),
            **score_metrics((1, 2, 3, 5, 10, 20)),
            "seconds an answer": answer_seconds,
        }

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:  # noqa: ARG002
        """Click on each object until nothing is wrong or ``most`` clicks are made; nothing is left to chance."""
        for object_id, truth in scene.truths.items():
            yield from interact(encoded, scene, object_id, VARIANT, ClickingUser(truth, object_id), self.most)
