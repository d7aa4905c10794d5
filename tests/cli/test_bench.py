from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from s2m.cli import main
from s2m.evaluation.speed import read_speed
from s2m.evaluation.timing import FIRST, FORWARD, FURTHER, OBJECT_COUNTS, OPEN, ORIGINAL_ONNX, ORIGINAL_TORCH

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s2m.evaluation.timing.ORIGINAL_SIZE_PX", 32)
    monkeypatch.setattr("s2m.cli.bench.MEGAPIXELS", (0.05, 0.1))
    monkeypatch.setattr("s2m.batch.throughput._IMAGES_EACH", 1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_bench_measures_ours_and_the_others_in_one_run(tiny_model_folder: Path, tmp_path: Path) -> None:
    options = ["--rounds", "1", "--model", str(tiny_model_folder), "--threads", "1", "--json", str(tmp_path / "b.json")]
    result = CliRunner().invoke(main, ["bench", *options])
    assert result.exit_code == 0, result.output
    speed = read_speed(tmp_path / "b.json")
    assert (speed.models, speed.threads) == (("tiny 1",), 1)
    assert speed.peak_megabytes > 10
    for step in (FIRST, FURTHER):
        for count in OBJECT_COUNTS:
            timing = speed.find("tiny 1", step, count)
            assert timing is not None
            assert 0 < timing.median_ms <= timing.p95_ms
    assert [one.megapixels for one in speed.timings if one.step == OPEN] == pytest.approx([0.05, 0.1], abs=0.01)
    for method, step in ((ORIGINAL_ONNX, FORWARD), (ORIGINAL_TORCH, FORWARD), ("OpenCV GrabCut", FIRST)):
        assert speed.find(method, step) is not None
    batches = [one for one in speed.timings if one.step.startswith("an image of a batch")]
    assert [one.runs for one in batches] == [1] * len(batches) != []
    assert "an image of a batch, 1 process " in result.stdout
    assert "ratio to the original in ONNX Runtime, further stroke" in result.stdout


def test_two_models_are_compared_in_one_run(tiny_model_folder: Path, tmp_path: Path) -> None:
    both = ["--model", str(tiny_model_folder)] * 2
    options = ["--rounds", "1", "--without-others", "--json", str(tmp_path / "b.json")]
    result = CliRunner().invoke(main, ["bench", *both, *options])
    assert result.exit_code == 0, result.output
    assert read_speed(tmp_path / "b.json").models == ("tiny 1", "tiny 1")
    assert "tiny 1: further stroke" in result.stdout


def test_without_pytorch_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tiny_model_folder: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    result = CliRunner().invoke(main, ["bench", "--rounds", "1", "--model", str(tiny_model_folder)])
    assert result.exit_code == 14
    assert "pip install 's2m[train]'" in result.stderr
