"""A scene in; centre lines along its long and thin objects out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from s2m.evaluation.interaction import Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric, answer_seconds, count_metrics, score_metrics
from s2m.evaluation.scene import Scene
from s2m.evaluation.simulation import DrawingUser, interact
from s2m.simulated_user import scribbles
from s2m.types import BoolArray

LEAST_WIDTHS = 12
"""A thin object is more times as long as it is wide."""

ALONG = scribbles.StrokeStyle({"centre_line": 1.0}, along_thin=True)


@dataclass(frozen=True)
class ThinProtocol:
    """Objects whose centre line is longer than twelve widths: a line along it, then lines in the largest errors."""

    name: str = "thin"
    most: int = 5
    compared: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Scores after 1, 2, 3 and 5 lines, lines to 85 %, and how much too large the first answer is."""
        return {
            **score_metrics((1, 2, 3, 5)),
            **count_metrics("NoS", (85,), self.most),
            "area of the first answer / of the object": lambda curve: (
                curve.after(1).answer_share / curve.after(1).area_share
            ),
            "seconds an answer": answer_seconds,
        }

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:
        """Draw on each thin object; nothing where a scene has none."""
        for object_id, truth in scene.truths.items():
            if is_thin(truth.mask):
                user = DrawingUser(truth, object_id, ALONG, rng)
                yield from interact(encoded, scene, object_id, "centre line", user, self.most)


def is_thin(mask: BoolArray) -> bool:
    """Whether the centre line of the largest piece of a mask (H, W) is longer than twelve times the piece is wide.

    The width is the mean one: the area of the piece by the length of the line.
    """
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not areas.size:
        return False
    points = scribbles.centre_line(np.asarray(pieces == 1 + int(areas.argmax()), dtype=np.bool_))
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    return length**2 > LEAST_WIDTHS * float(areas.max())
