from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from s2m.cli import main
from s2m.engine.model_cards import card_as_json, read_card


def test_versions_model_provider_and_threads_are_said(tiny_model_folder: Path) -> None:
    result = CliRunner().invoke(main, ["info", "--model", str(tiny_model_folder), "--threads", "1"])

    assert result.exit_code == 0, result.output
    rows = dict(line.split(maxsplit=1) for line in result.output.splitlines())
    assert rows["provider"] == "CPUExecutionProvider (the only one installed)"
    assert rows["precision"] == "float32 (the model has no other)"
    assert rows["threads"] == "1"
    assert rows["model"].startswith(("tiny 1 (nearest colour)", "folder"))
    assert {"s2m", "python", "numpy", "onnxruntime"} <= set(rows)


def test_a_model_with_a_flip_says_so(tiny_model_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_model_folder, tmp_path / "model"))
    (folder / "model.json").write_bytes(card_as_json(replace(read_card(folder / "model.json"), flip_size=64)))

    result = CliRunner().invoke(main, ["info", "--model", str(folder)])

    assert "128 pixels on the long side; a flip of 64 for objects without a mask" in result.output
    assert "0.0146 MB a square image" in result.output


def test_a_missing_model_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["info", "--model", str(tmp_path)])

    assert result.exit_code == 6
    assert "does not exist" in result.stderr


def test_it_says_how_much_memory_images_may_take(tiny_model_folder: Path) -> None:
    result = CliRunner().invoke(main, ["info", "--model", str(tiny_model_folder)])

    assert result.exit_code == 0, result.output
    assert "at most 512 MB; 0.0117 MB a square image" in result.output
    assert "at most 1200 MB decoded and 128 MB as tiles" in result.output
