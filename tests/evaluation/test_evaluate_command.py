from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from s2m.cli import main
from s2m.evaluation.protocols.clicks import ClicksProtocol

pytestmark = pytest.mark.slow


def evaluate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["evaluate", *arguments])


def test_the_command_writes_tables_and_figures_and_prints_them(
    disc_folder: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    arguments = ["--model", str(tiny_model_folder), "-o", str(output)]
    result = evaluate(str(disc_folder), "--protocol", "clicks", "--protocol", "human-strokes", *arguments)
    assert result.exit_code == 0, result.output
    assert "| NoC@90 " in result.output
    assert "set 2" in result.output
    folder = output / "discs" / "clicks" / tiny_model_folder.name
    figures = json.loads((folder / "summary.json").read_text())["figures"]["clicks"]
    assert figures["objects"] == 2
    assert figures["NoC@90"] <= 3
    with (folder / "interactions.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert {row["image"] for row in rows} == {"first", "second"}
    assert float(rows[0]["iou"]) > 0.8


def test_an_interrupted_run_goes_on_where_it_stopped(
    disc_folder: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    arguments = [str(disc_folder), "--model", str(tiny_model_folder), "-o", str(output)]
    assert evaluate(*arguments, "--limit", "1").exit_code == 0
    journal = output / "discs" / "clicks" / tiny_model_folder.name / "images.jsonl"
    first = journal.read_bytes()
    journal.write_bytes(first + b'{"image":"second","ro')
    assert evaluate(*arguments).exit_code == 0
    assert journal.read_bytes().startswith(first)
    assert [json.loads(line)["image"] for line in journal.read_text().splitlines()[1:]] == ["first", "second"]


def test_a_folder_of_another_run_is_refused(disc_folder: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    arguments = [str(disc_folder), "--model", str(tiny_model_folder), "-o", str(tmp_path / "out")]
    assert evaluate(*arguments).exit_code == 0
    result = evaluate(*arguments, "--seed", "1")
    assert result.exit_code == 9
    assert "differs in seed" in result.output


def test_a_run_that_finished_no_image_leaves_its_folder_free(
    scene_folder: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    arguments = [str(scene_folder), "--model", str(tiny_model_folder), "-o", str(tmp_path / "out")]
    assert evaluate(*arguments, "--protocol", "human-strokes").exit_code == 9
    again = evaluate(*arguments, "--protocol", "human-strokes", "--seed", "1")
    assert "differs in" not in again.output


def test_two_processes_give_the_figures_of_one(disc_folder: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    figures = []
    for jobs in ("1", "2"):
        output = tmp_path / jobs
        result = evaluate(str(disc_folder), "--model", str(tiny_model_folder), "-o", str(output), "--jobs", jobs)
        assert result.exit_code == 0, result.output
        summary = output / "discs" / "clicks" / tiny_model_folder.name / "summary.json"
        found = json.loads(summary.read_text())["figures"]["clicks"]
        figures.append({name: value for name, value in found.items() if "seconds" not in name})
    assert figures[0] == figures[1]


def test_models_and_baselines_are_compared_in_one_report(
    disc_folder: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    models = ["--model", str(tiny_model_folder), "--model", str(tiny_model_folder)]
    result = evaluate(
        str(disc_folder), "--protocol", "human-strokes", *models, "--baseline", "grabcut", "-o", str(output)
    )
    assert result.exit_code == 0, result.output
    folder = output / "discs" / "human-strokes"
    name = tiny_model_folder.name
    report = (folder / "report.md").read_text()
    assert f"### {name}-2 - {name}" in report
    assert f"### grabcut - {name}-2" in report
    for picture in ("curves.png", "calibration.png"):
        assert f"![{picture}]({picture})" in report
        assert (folder / picture).read_bytes().startswith(b"\x89PNG")


def test_the_report_says_whether_clicks_help_how_sure_answers_are_and_which_sizes_there_are(
    disc_folder: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    result = evaluate(str(disc_folder), "--model", str(tiny_model_folder), "-o", str(tmp_path))
    assert result.exit_code == 0, result.output
    folder = tmp_path / "discs" / "clicks"
    report = (folder / "report.md").read_text()
    for part in ("does every further interaction help", "expected calibration error", "By size"):
        assert part in report
    summary = json.loads((folder / tiny_model_folder.name / "summary.json").read_text())
    assert summary["convergence"]["clicks"]["interactions"] >= 0
    assert set(summary["calibration"]["clicks"]) == {"first", "last"}
    assert sum(group["objects"] for group in summary["sizes"]["clicks"].values()) == 2


def test_a_protocol_that_no_image_fits_says_so(disc_folder: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    arguments = ["--model", str(tiny_model_folder), "-o", str(tmp_path / "out"), "--protocol", "objects"]
    result = evaluate(str(disc_folder), *arguments)
    assert result.exit_code == 0, result.output
    assert "No object of these images takes part" in result.output


def test_the_original_networks_weights_are_measured_to_the_end(
    disc_folder: Path, original_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2m.evaluation.protocols.PROTOCOLS", {"clicks": ClicksProtocol(most=2)})
    options = ["--model", str(original_weights), "--limit", "1", "-o", str(tmp_path / "out")]
    result = evaluate(str(disc_folder), *options)
    assert result.exit_code == 0, result.output
    folder = tmp_path / "out" / "discs" / "clicks"
    assert "| NoC@90 " in (folder / "report.md").read_text()
    assert json.loads((folder / "s2m" / "summary.json").read_text())["figures"]["clicks"]["NoC@90"] == 2
    with (folder / "s2m" / "interactions.csv").open(newline="") as table:
        ious = [float(row["iou"]) for row in csv.DictReader(table)]
    assert ious == pytest.approx([1256 / (96 * 128)] * 2, abs=0.01)  # The weights take everything for the object.


def test_a_missing_folder_and_images_without_scribbles_end_with_one_line(
    scene_folder: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    arguments = ["--model", str(tiny_model_folder), "-o", str(tmp_path / "out")]
    result = evaluate(str(tmp_path / "nowhere"), *arguments)
    assert (result.exit_code, "is no folder" in result.output) == (9, True)
    result = evaluate(str(scene_folder), "--protocol", "human-strokes", *arguments)
    assert (result.exit_code, "human strokes need labels of one object" in result.output) == (9, True)
