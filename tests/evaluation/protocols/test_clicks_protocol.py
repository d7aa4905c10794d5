from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation_miniatures import GrowingView
from s2m.data.labelled_images import LabelledFolder
from s2m.evaluation.findings import record_of
from s2m.evaluation.protocols.clicks import ClicksProtocol
from s2m.evaluation.results import result_of
from s2m.evaluation.scenes import load_scene
from s2m.types import LabelMap


def test_clicks_go_on_until_the_object_is_whole_and_are_counted(
    disc_folder: Path, two_discs_labels: LabelMap, rng: np.random.Generator
) -> None:
    scene = load_scene(LabelledFolder(disc_folder)[0])
    protocol = ClicksProtocol()
    turns = list(protocol.turns(GrowingView(two_discs_labels, reach_px=12), scene, rng))
    ious = [turn.scores.iou for turn in turns]
    assert ious == sorted(ious)
    assert ious[-1] == 1.0
    assert 3 <= len(turns) < 20
    assert [turn.number for turn in turns] == list(range(1, len(turns) + 1))
    assert turns[0].seconds == 0.75
    assert turns[1].seconds == 0.25

    figures = result_of(protocol, "x", record_of(scene, turns)).figures["clicks"]
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
    turns = list(protocol.turns(GrowingView(two_discs_labels, reach_px=0.5), scene, rng))
    assert len(turns) == 20
    figures = result_of(protocol, "x", record_of(scene, turns)).figures["clicks"]
    assert (figures["NoC@85"], figures["failures@85"]) == (20, 1)
