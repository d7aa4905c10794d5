from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from click.testing import CliRunner

from evaluation_miniatures import GrowingImage
from research.errors import main
from research.explanations import Reason
from research.findings import COLUMNS, findings_of
from research.report import steps_of
from s2m.data.labelled_images import LabelledFolder
from s2m.evaluation.interaction import Curve, InteractionRow
from s2m.evaluation.journal import Journal, Settings, image_result
from s2m.evaluation.protocols import PROTOCOLS
from s2m.evaluation.scene import load_scene
from s2m.types import LabelMap

DOCUMENT = " ".join((Path(__file__).parents[2] / "docs" / "error-analysis.md").read_text().split())
ROW = InteractionRow("a", 1, 0.1, "x", 1, 1, 10, 100, 0.5, 0.5, 0.5, 0.1, 0.0, 0.0, 0.1)


def curve(*ious: float) -> Curve:
    return Curve("a", 1, "x", tuple(replace(ROW, number=n, iou=iou) for n, iou in enumerate(ious, start=1)), None)


def evaluated(name: str, data: Path, labels: LabelMap, results: Path) -> None:
    """An evaluation of one image, as ``s2m evaluate`` leaves it."""
    scene = load_scene(LabelledFolder(data)[0])
    interactions = PROTOCOLS[name].interactions(GrowingImage(labels, reach_px=9), scene, np.random.default_rng(3))
    Journal(results, Settings(data.name, name, "mine", "abc", 0)).add(image_result(scene, interactions))


def test_the_worst_and_the_groups_are_named_with_size_and_reason(
    scene_folder: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    evaluated("clicks", scene_folder, two_discs_labels, results)
    ran = CliRunner().invoke(main, [str(results), str(scene_folder)])
    assert ran.exit_code == 0, ran.output
    report = (results / "errors.md").read_text()
    assert report.startswith("# Errors: scenes, clicks, mine, clicks")
    assert "| medium |       2 |" in report or "| large |       2 |" in report
    assert "| good " in report
    assert "## The worst 2" in report
    assert report.count("little is wrong") == 2
    for picture in ("worst.png", "examples.png"):
        assert f"![{picture}]({picture})" in report
        assert (results / picture).read_bytes().startswith(b"\x89PNG")
    with (results / "errors.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert list(rows[0]) == COLUMNS
    assert [row["object_id"] for row in rows] == ["1", "2"]


def test_erased_masks_have_no_shares_of_the_error(
    disc_folder: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    evaluated("erasing", disc_folder, two_discs_labels, tmp_path / "results")
    assert CliRunner().invoke(main, [str(tmp_path / "results"), str(disc_folder)]).exit_code == 0
    assert "mean share of the error" not in (tmp_path / "results" / "errors.md").read_text()


def test_results_of_another_data_set_and_a_folder_without_any_are_refused(
    disc_folder: Path, scene_folder: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    evaluated("clicks", disc_folder, two_discs_labels, tmp_path / "results")
    ran = CliRunner().invoke(main, [str(tmp_path / "results"), str(scene_folder)])
    assert (ran.exit_code, "measured on discs, not on scenes" in ran.output) == (1, True)
    ran = CliRunner().invoke(main, [str(tmp_path), str(scene_folder)])
    assert (ran.exit_code, "is missing or empty" in ran.output) == (1, True)


def test_the_faults_are_of_the_last_answer(scene_folder: Path, two_discs_labels: LabelMap) -> None:
    scene = load_scene(LabelledFolder(scene_folder)[0])
    encoded = GrowingImage(two_discs_labels, reach_px=9)
    interactions = list(PROTOCOLS["objects"].interactions(encoded, scene, np.random.default_rng(3)))
    findings = findings_of(scene, image_result(scene, interactions))
    variants = ("one at a time", "together")
    assert {(one.variant, one.object_id) for one in findings} == {(name, key) for name in variants for key in (1, 2)}
    for finding in findings:
        own = [one for one in interactions if (one.variant, one.object_id) == (finding.variant, finding.object_id)]
        assert finding.number == own[-1].number
        assert finding.iou == pytest.approx(own[-1].scores.iou, abs=1e-6)
        assert finding.faults.wrong == pytest.approx(1 - own[-1].scores.iou, abs=1e-5)
        assert finding.facts.parts == 1


def test_each_step_counts_the_objects_that_got_it() -> None:
    steps = steps_of([curve(0.5, 0.7, 0.695), curve(0.6, 0.5)])
    assert [(step.number, step.objects) for step in steps] == [(1, 2), (2, 2), (3, 1)]
    assert steps[1].mean_change == pytest.approx(0.05)
    assert (steps[1].lowered, steps[1].clearly_lowered) == (0.5, 0.5)
    assert (steps[2].lowered, steps[2].clearly_lowered) == (1.0, 0.0)


def test_every_reason_and_every_column_is_explained() -> None:
    assert [reason for reason in get_args(Reason) if f"**{reason}**" not in DOCUMENT] == []
    assert [name for name in COLUMNS if not re.search(rf"\b{name}\b", DOCUMENT)] == []
