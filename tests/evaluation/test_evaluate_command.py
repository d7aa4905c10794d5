from __future__ import annotations

import csv
import json
from pathlib import Path

from click.testing import CliRunner, Result

from s2m.commands import main


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
    with (folder / "lines.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert {row["image"] for row in rows} == {"first", "second"}
    assert float(rows[0]["iou"]) > 0.8


def test_an_interrupted_run_goes_on_where_it_stopped(
    disc_folder: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    arguments = [str(disc_folder), "--model", str(tiny_model_folder), "-o", str(output)]
    assert evaluate(*arguments, "--limit", "1").exit_code == 0
    journal = output / "discs" / "clicks" / tiny_model_folder.name / "lines.jsonl"
    first = journal.read_bytes()
    journal.write_bytes(first + b'{"image": "second", "li')
    assert evaluate(*arguments).exit_code == 0
    assert journal.read_bytes().startswith(first)
    assert [json.loads(line)["image"] for line in journal.read_text().splitlines()] == ["first", "second"]


def test_a_folder_of_another_run_is_refused(disc_folder: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    arguments = [str(disc_folder), "--model", str(tiny_model_folder), "-o", str(tmp_path / "out")]
    assert evaluate(*arguments).exit_code == 0
    result = evaluate(*arguments, "--seed", "1")
    assert result.exit_code == 9
    assert "differs in seed" in result.output


def test_two_processes_give_the_figures_of_one(disc_folder: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    figures = []
    for jobs in ("1", "2"):
        output = tmp_path / jobs
        result = evaluate(str(disc_folder), "--model", str(tiny_model_folder), "-o", str(output), "--jobs", jobs)
        assert result.exit_code == 0, result.output
        found = json.loads((output / "discs" / "clicks" / tiny_model_folder.name / "summary.json").read_text())[
            "clicks"
        ]
        figures.append({name: value for name, value in found.items() if "seconds" not in name})
    assert figures[0] == figures[1]
