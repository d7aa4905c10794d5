from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation_miniatures import GrowingImage
from s2m.data.labelled_images import LabelledFolder
from s2m.evaluation.journal import Settings, image_result
from s2m.evaluation.plots import calibration_png
from s2m.evaluation.protocols import PROTOCOLS
from s2m.evaluation.report import (
    calibration_markdown,
    convergence_markdown,
    markdown_table,
    number_words,
    percent_words,
    sizes_markdown,
)
from s2m.evaluation.result import Result, result_of
from s2m.evaluation.scene import load_scene
from s2m.types import LabelMap


def result_under(name: str, folder: Path, labels: LabelMap) -> Result:
    protocol = PROTOCOLS[name]
    scene = load_scene(LabelledFolder(folder)[0])
    interactions = protocol.interactions(GrowingImage(labels, reach_px=9), scene, np.random.default_rng(3))
    return result_of(protocol, Settings("discs", name, "mine", "", 0), [image_result(scene, interactions)])


@pytest.fixture
def clicked(scene_folder: Path, two_discs_labels: LabelMap) -> Result:
    return result_under("clicks", scene_folder, two_discs_labels)


def cells_of(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("|")[1:-1]]


def test_convergence_counts_the_interactions_that_harmed(clicked: Result) -> None:
    last = convergence_markdown(PROTOCOLS["clicks"], [clicked]).splitlines()[-1]
    interactions = sum(len(curve.rows) - 1 for curve in clicked.curves["clicks"])
    assert cells_of(last) == ["mine, clicks", str(interactions), "0.0 %", "0.0 %"]


def test_a_protocol_of_one_answer_has_no_convergence(disc_folder: Path, two_discs_labels: LabelMap) -> None:
    shown = result_under("human-strokes", disc_folder, two_discs_labels)
    assert convergence_markdown(PROTOCOLS["human-strokes"], [shown]) == ""


def test_answers_of_zero_and_one_have_no_pixel_in_doubt(clicked: Result) -> None:
    last = calibration_markdown([clicked]).splitlines()[-1]
    assert cells_of(last) == ["mine, clicks, last answer", "0.0000", "0.000", "0.0 %"]
    assert calibration_png([clicked]).startswith(b"\x89PNG")


def test_objects_are_counted_by_size(clicked: Result) -> None:
    last = cells_of(sizes_markdown([clicked]).splitlines()[-1])
    assert last[:3] in (["mine, clicks", "medium", "2"], ["mine, clicks", "large", "2"])


def test_erased_masks_have_no_calibration(disc_folder: Path, two_discs_labels: LabelMap) -> None:
    assert result_under("erasing", disc_folder, two_discs_labels).calibration == {}


def test_the_columns_of_a_table_are_lined_up() -> None:
    assert markdown_table(["", "x"], [["a", "1.0"], ["longer", "22.0"]]).splitlines() == [
        "|        |    x |",
        "| ------ | ---: |",
        "| a      |  1.0 |",
        "| longer | 22.0 |",
    ]


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("objects", "0"),
        ("IoU@1", "0.456"),
        ("NoC@90", "0.46"),
        ("strokes to empty", "0.46"),
        ("failures@85", "45.60 %"),
        ("left@3", "45.60 %"),
        ("emptied within 5", "45.60 %"),
        ("changed far away", "45.60 %"),
    ],
)
def test_figures_are_written_as_people_read_them(metric: str, words: str) -> None:
    assert number_words(metric, 0.456) == words


def test_a_share_in_per_cent_has_one_place() -> None:
    assert percent_words(0.0316) == "3.2 %"
