from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation_miniatures import GrowingImage, measured
from s2m.data.labelled_images import LabelledFolder
from s2m.evaluation.protocols.clicks import ClicksProtocol
from s2m.evaluation.scene import load_scene
from s2m.types import LabelMap


def test_clicks_go_on_until_the_object_is_whole_and_are_counted(
    disc_folder: Path, two_discs_labels: LabelMap, rng: np.random.Generator
) -> None:
    scene = load_scene(LabelledFolder(disc_folder)[0])
    protocol = ClicksProtocol()
    interactions = list(protocol.interactions(GrowingImage(two_discs_labels, reach_px=12), scene, rng))
    ious = [interaction.scores.iou for interaction in interactions]
    assert ious == sorted(ious)
    assert ious[-1] == 1.0
    assert 3 <= len(interactions) < 20
    assert [interaction.number for interaction in interactions] == list(range(1, len(interactions) + 1))
    assert interactions[0].seconds == 0.75
    assert interactions[1].seconds == 0.25

    figures = measured(protocol, scene, interactions).figures["clicks"]
    assert figures["NoC@90"] == next(number for number, value in enumerate(ious, 1) if value >= 0.9)
    assert figures["failures@95"] == 0
    assert figures["IoU@1"] == pytest.approx(ious[0], abs=1e-5)
    assert figures["IoU@20"] == 1.0
    assert figures["area under curve"] == pytest.approx((sum(ious) + 20 - len(ious)) / 20, abs=1e-4)


def test_an_object_that_never_comes_out_counts_twenty_and_fails(
    disc_folder: Path, two_discs_labels: LabelMap, rng: np.random.Generator
) -> None:
    scene = load_scene(LabelledFolder(disc_folder)[0])
    protocol = ClicksProtocol()
    interactions = list(protocol.interactions(GrowingImage(two_discs_labels, reach_px=0.5), scene, rng))
    assert len(interactions) == 20
    figures = measured(protocol, scene, interactions).figures["clicks"]
    assert (figures["NoC@85"], figures["failures@85"]) == (20, 1)
