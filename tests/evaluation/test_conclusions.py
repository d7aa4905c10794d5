from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation_miniatures import GrowingView
from s2m.data.labelled_images import LabelledFolder
from s2m.evaluation.conclusions import (
    convergence_markdown,
    groups_markdown,
    reliability_markdown,
    worst_markdown,
)
from s2m.evaluation.findings import record_of
from s2m.evaluation.plots import reliability_png
from s2m.evaluation.protocols import PROTOCOLS
from s2m.evaluation.results import Result, result_of
from s2m.evaluation.scenes import load_scene
from s2m.types import LabelMap


def result_under(name: str, folder: Path, labels: LabelMap) -> Result:
    protocol = PROTOCOLS[name]
    scene = load_scene(LabelledFolder(folder)[0])
    turns = protocol.turns(GrowingView(labels, reach_px=9), scene, np.random.default_rng(3))
    return result_of(protocol, "mine", record_of(scene, turns))


@pytest.fixture
def clicked(scene_folder: Path, two_discs_labels: LabelMap) -> Result:
    return result_under("clicks", scene_folder, two_discs_labels)


def test_convergence_states_failures_and_the_interactions_that_harmed(clicked: Result) -> None:
    text = convergence_markdown(PROTOCOLS["clicks"], [clicked])
    (row,) = [line for line in text.splitlines() if line.startswith("| mine, clicks")]
    cells = [cell.strip() for cell in row.split("|")[2:-1]]
    curves = clicked.curves["clicks"]
    assert cells[:6] == [f"{np.mean([curve.after(n).iou for curve in curves]):.3f}" for n in (1, 2, 3, 5, 10, 20)]
    assert cells[6:] == ["0.0 %", str(sum(len(curve.lines) - 1 for curve in curves)), "0.0 %", "0.0 %"]


def test_a_protocol_of_one_answer_has_no_convergence(disc_folder: Path, two_discs_labels: LabelMap) -> None:
    shown = result_under("human-strokes", disc_folder, two_discs_labels)
    assert convergence_markdown(PROTOCOLS["human-strokes"], [shown]) == ""


def test_answers_of_zero_and_one_have_no_pixel_in_doubt(clicked: Result) -> None:
    last = reliability_markdown([clicked]).splitlines()[-1]
    assert [cell.strip() for cell in last.split("|")[1:-1]] == ["mine, clicks, last answer", "0.0000", "0.000", "0.0 %"]
    assert reliability_png([clicked]).startswith(b"\x89PNG")


def test_groups_and_the_worst_name_size_and_reason(clicked: Result) -> None:
    groups = groups_markdown([clicked])
    assert "| medium |       2 |" in groups or "| large |       2 |" in groups
    assert "| good " in groups
    worst = worst_markdown(clicked)
    assert worst.startswith("### mine, clicks: the worst 2")
    assert worst.count("little is wrong") == 2


def test_erased_masks_have_no_shares_of_the_error(disc_folder: Path, two_discs_labels: LabelMap) -> None:
    kept = result_under("erasing", disc_folder, two_discs_labels)
    assert "mean share of the error" not in groups_markdown([kept])
    assert kept.tallies == {}
