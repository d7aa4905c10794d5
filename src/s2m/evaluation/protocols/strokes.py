"""A scene in; up to ten centre lines of the simulated user on each object, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from s2m.evaluation.interaction import Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric, answer_seconds, cost_metrics, count_metrics, score_metrics
from s2m.evaluation.scene import Scene
from s2m.evaluation.simulation import CENTRE_LINES, DrawingUser, interact

VARIANT = "centre line"

_ALWAYS_STROKES = 5
"""Strokes that every object gets, so that scores after so many can be stated."""

_GOAL_IOU = 0.9


@dataclass(frozen=True)
class StrokesProtocol:
    """Steady centre lines in the largest error, by ``s2m.simulated_user.scribbles``."""

    name: str = "strokes"
    most: int = 10
    compared: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Number of strokes to 85 and 90 %, ink and seconds to 90 %, scores after 1, 2, 3 and 5 strokes."""
        return {
            **count_metrics("NoS", (85, 90), self.most),
            **cost_metrics(90, self.most),
            **score_metrics((1, 2, 3, 5)),
            "seconds an answer": answer_seconds,
        }

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:
        """Draw on each object until it is right, or ``most`` strokes are drawn."""
        for object_id, truth in scene.truths.items():
            user = DrawingUser(truth, object_id, CENTRE_LINES, rng)
            yield from interact(encoded, scene, object_id, VARIANT, user, self.most, enough=_is_done)


def _is_done(interaction: Interaction) -> bool:
    return interaction.number >= _ALWAYS_STROKES and interaction.scores.iou >= _GOAL_IOU
