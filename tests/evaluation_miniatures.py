"""A view of an image that knows the truth and gives it away stroke by stroke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from s2m.evaluation.contenders import Answer
from s2m.types import LabelMap, ObjectMasks, Stroke


@dataclass(frozen=True)
class GrowingView:
    """Answers the truth within ``reach_px`` of the positive strokes, so every stroke helps a little."""

    labels: LabelMap
    reach_px: float
    seconds: float = 0.5

    def answer(self, strokes: Sequence[Stroke], previous: ObjectMasks | None, object_ids: Sequence[int]) -> Answer:
        label_map = np.zeros(self.labels.shape, np.int32)
        del previous
        for object_id in object_ids:
            label_map[self._reached(strokes, object_id) & (self.labels == object_id)] = object_id
        probs = np.array([label_map == object_id for object_id in object_ids], np.float32)
        return Answer(label_map, ObjectMasks(tuple(object_ids), probs), 0.25)

    def _reached(self, strokes: Sequence[Stroke], object_id: int) -> np.ndarray:
        far = np.ones(self.labels.shape, np.uint8)
        for stroke in strokes:
            if stroke.object_id == object_id and stroke.sign == "positive":
                points = np.floor(stroke.points_xy).astype(np.int32)
                cv2.polylines(far, [points[:, None]], False, 0)
                far[points[:, 1], points[:, 0]] = 0
        return np.asarray(cv2.distanceTransform(far, cv2.DIST_L2, 5) <= self.reach_px)
