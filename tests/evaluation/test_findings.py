from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from evaluation_miniatures import GrowingView
from s2m.data.labelled_images import LabelledFolder
from s2m.evaluation.findings import Record, record_of, record_of_json, row_names, row_of, together
from s2m.evaluation.protocols import PROTOCOLS
from s2m.evaluation.reliability import tally_of
from s2m.evaluation.scenes import Scene, load_scene
from s2m.evaluation.turns import Turn
from s2m.types import LabelMap


@pytest.fixture
def scene(scene_folder: Path) -> Scene:
    return load_scene(LabelledFolder(scene_folder)[0])


@pytest.fixture
def turns(scene: Scene, two_discs_labels: LabelMap) -> list[Turn]:
    view = GrowingView(two_discs_labels, reach_px=9)
    return list(PROTOCOLS["objects"].turns(view, scene, np.random.default_rng(3)))


def test_every_object_under_every_variant_has_a_finding_of_its_last_turn(scene: Scene, turns: list[Turn]) -> None:
    record = record_of(scene, turns)
    assert len(record.lines) == len(turns)
    keys = [(finding.variant, finding.object_id) for finding in record.findings]
    assert keys == [("one at a time", 1), ("one at a time", 2), ("together", 1), ("together", 2)]
    last = [turn for turn in turns if (turn.variant, turn.object_id) == ("together", 2)][-1]
    finding = record.findings[-1]
    assert finding.number == last.number
    assert finding.iou == pytest.approx(last.scores.iou, abs=1e-6)
    assert finding.faults.wrong == pytest.approx(1 - last.scores.iou, abs=1e-5)


def test_the_first_and_the_last_answer_are_tallied(scene: Scene, turns: list[Turn]) -> None:
    finding = record_of(scene, turns).findings[0]
    own = [turn for turn in turns if (turn.variant, turn.object_id) == ("one at a time", 1)]
    for turn, tally in ((own[0], finding.first), (own[-1], finding.last)):
        assert turn.soft_mask is not None
        assert tally == tally_of(turn.soft_mask, scene.truths[1])


def test_a_record_survives_its_way_through_json(scene: Scene, turns: list[Turn]) -> None:
    record = record_of(scene, turns)
    assert record_of_json(json.loads(json.dumps(asdict(record)))) == record


def test_records_of_several_images_are_joined_in_order(scene: Scene, turns: list[Turn]) -> None:
    record = record_of(scene, turns)
    assert together([record, Record(), record]).lines == record.lines * 2


def test_a_row_of_the_table_holds_what_its_columns_say(scene: Scene, turns: list[Turn]) -> None:
    row = row_of(record_of(scene, turns).findings[0])
    assert list(row) == row_names()
    assert row["parts"] == 1
