"""Small data sets in the form of the evaluation sets, and an encoded image that gives the truth away by strokes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from s2m.evaluation.interaction import Interaction
from s2m.evaluation.journal import Settings, image_result
from s2m.evaluation.method import Answer
from s2m.evaluation.protocols import EvaluationProtocol
from s2m.evaluation.result import Result, result_of
from s2m.evaluation.scene import Scene
from s2m.files.label_files import write_label_map
from s2m.types import ByteArray, LabelMap, ObjectLogits, Stroke


@pytest.fixture
def disc_folder(tmp_path: Path, two_discs: ByteArray, two_discs_labels: LabelMap) -> Path:
    """Two images of one red disc, with scribbles of two people."""
    folder = tmp_path / "discs"
    folder.mkdir()
    for name in ("first", "second"):
        Image.fromarray(two_discs).save(folder / f"{name}.jpg", quality=95)
        write_label_map(folder / f"{name}.png", (two_discs_labels == 1).astype(np.int32))
        for number in (1, 2):
            scribbles = np.zeros(two_discs_labels.shape, np.int32)
            scribbles[46:49, 24:40] = 1
            scribbles[10:13, 10 : 60 * number] = 2
            write_label_map(folder / f"{name}-scribbles-{number}.png", scribbles)
    return folder


@pytest.fixture
def scene_folder(tmp_path: Path, two_discs: ByteArray, two_discs_labels: LabelMap) -> Path:
    """One image of two discs, both labelled."""
    folder = tmp_path / "scenes"
    folder.mkdir()
    Image.fromarray(two_discs).save(folder / "both.jpg", quality=95)
    write_label_map(folder / "both.png", two_discs_labels)
    return folder


@dataclass(frozen=True)
class GrowingImage:
    """Answers the truth within ``reach_px`` of the positive strokes, so every stroke helps a little."""

    labels: LabelMap
    reach_px: float
    seconds: float = 0.5

    def answer(
        self,
        strokes: Sequence[Stroke],
        previous: ObjectLogits | None,
        object_ids: Sequence[int],
        new: int = 1,  # noqa: ARG002
    ) -> Answer:
        label_map = np.zeros(self.labels.shape, np.int32)
        del previous
        for object_id in object_ids:
            label_map[self._reached(strokes, object_id) & (self.labels == object_id)] = object_id
        masks = ObjectLogits.of_masks(object_ids, [label_map == object_id for object_id in object_ids])
        return Answer(label_map, masks, 0.25)

    def _reached(self, strokes: Sequence[Stroke], object_id: int) -> np.ndarray:
        far = np.ones(self.labels.shape, np.uint8)
        for stroke in strokes:
            if stroke.object_id == object_id and stroke.sign == "positive":
                points = np.floor(stroke.points_xy).astype(np.int32)
                cv2.polylines(far, [points[:, None]], False, 0)
                far[points[:, 1], points[:, 0]] = 0
        return np.asarray(cv2.distanceTransform(far, cv2.DIST_L2, 5) <= self.reach_px)


def measured(protocol: EvaluationProtocol, scene: Scene, interactions: Iterable[Interaction]) -> Result:
    """The result of one image."""
    return result_of(protocol, Settings("discs", protocol.name, "x", "", 0), [image_result(scene, interactions)])
