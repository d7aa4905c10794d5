from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from evaluation_miniatures import GrowingImage, measured
from s2m.evaluation.protocols import PROTOCOLS
from s2m.evaluation.protocols.thin import is_thin
from s2m.evaluation.protocols.wholes import label_of
from s2m.evaluation.scene import Scene, Truth
from s2m.types import ByteArray


def scene_of(label: ByteArray) -> Scene:
    valid = label != 255
    truths = {int(i): Truth(label == i, valid) for i in np.unique(label[valid]) if i}
    return Scene("a", Path("a"), np.zeros((*label.shape, 3), np.uint8), truths)


def test_a_bunch_is_marked_on_three_members_far_apart(rng: np.random.Generator) -> None:
    label = np.zeros((60, 140), np.uint8)
    for number, x in enumerate((10, 27, 44, 61, 78, 125), start=1):
        cv2.circle(label, (x, 30), 8, number, -1)
    label[:2] = 255
    scene = scene_of(label)
    assert (label_of(scene) == label).all()
    whole = np.where((label > 0) & (label < 6), 1, 0).astype(np.int32)
    interactions = list(PROTOCOLS["wholes"].interactions(GrowingImage(whole, reach_px=30), scene, rng))
    assert [(one.variant, one.number) for one in interactions] == [
        (variant, number) for variant in ("dots", "centre lines") for number in (1, 2, 3)
    ]
    last = interactions[2]
    columns, rows = np.concatenate([stroke.points_xy for stroke in last.strokes]).astype(int).T
    assert set(label[rows, columns]) == {1, 3, 5} or len(set(label[rows, columns])) == 3
    assert {stroke.object_id for stroke in last.strokes} == {1}
    assert interactions[0].scores.iou < interactions[2].scores.iou == 1
    result = measured(PROTOCOLS["wholes"], scene, interactions)
    assert result.figures["dots"]["objects"] == 1
    share = float((whole > 0).mean())
    assert abs(result.curves["dots"][0].rows[0].area_share - share) < 1e-4, "the size is that of the bunch"
    two = replace(scene, truths={key: scene.truths[key] for key in (1, 2)})
    assert list(PROTOCOLS["wholes"].interactions(GrowingImage(whole, reach_px=30), two, rng)) == []


def test_only_long_and_thin_objects_get_lines_along_them(rng: np.random.Generator) -> None:
    label = np.zeros((60, 140), np.uint8)
    label[10:13, 5:130] = 1
    cv2.circle(label, (60, 40), 12, 2, -1)
    scene = scene_of(label)
    assert is_thin(label == 1)
    assert not is_thin(label == 2)
    assert not is_thin(label == 9)
    speck = label == 2
    speck[0, :30] = True
    assert not is_thin(speck), "a sliver makes no disc thin"
    interactions = list(PROTOCOLS["thin"].interactions(GrowingImage(label.astype(np.int32), reach_px=4), scene, rng))
    assert {one.object_id for one in interactions} == {1}
    first = interactions[0].strokes[0].points_xy
    assert np.ptp(first[:, 0]) > 100, "a line three pixels wide gets a line, not a dot"
    figures = measured(PROTOCOLS["thin"], scene, interactions).figures["centre line"]
    assert figures["area of the first answer / of the object"] > 0.9
