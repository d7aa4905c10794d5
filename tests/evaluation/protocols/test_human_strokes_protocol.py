from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation_miniatures import GrowingImage, measured
from s2m.data.labelled_images import LabelledFolder
from s2m.errors import DataError
from s2m.evaluation.protocols.human_strokes import HumanStrokesProtocol
from s2m.evaluation.scene import load_scene
from s2m.types import LabelMap


def test_every_set_of_scribbles_is_answered_in_one_shot(
    disc_folder: Path, two_discs_labels: LabelMap, rng: np.random.Generator
) -> None:
    scene = load_scene(LabelledFolder(disc_folder)[0])
    protocol = HumanStrokesProtocol()
    interactions = list(protocol.interactions(GrowingImage(two_discs_labels, reach_px=100), scene, rng))
    assert [interaction.variant for interaction in interactions] == ["set 1", "set 2"]
    signs = {(stroke.object_id, stroke.sign) for stroke in interactions[0].strokes}
    assert signs == {(1, "positive"), (0, "negative")}
    figures = measured(protocol, scene, interactions).figures
    assert figures["set 1"]["IoU@1"] == 1.0


def test_images_without_scribbles_or_with_several_objects_are_refused(
    disc_folder: Path, scene_folder: Path, two_discs_labels: LabelMap, rng: np.random.Generator
) -> None:
    encoded = GrowingImage(two_discs_labels, reach_px=100)
    for path in disc_folder.glob("first-scribbles-*.png"):
        path.unlink()
    with pytest.raises(DataError, match="has no first-scribbles-1"):
        list(HumanStrokesProtocol().interactions(encoded, load_scene(LabelledFolder(disc_folder)[0]), rng))
    with pytest.raises(DataError, match="has 2 objects"):
        list(HumanStrokesProtocol().interactions(encoded, load_scene(LabelledFolder(scene_folder)[0]), rng))
