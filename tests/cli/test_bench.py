from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from s2m.cli import main
from s2m.cli.bench import median_seconds, small_objects, strokes_on_objects, table
from s2m.engine.views import crop_box
from s2m.evaluation.speed import Times, read_speed

pytestmark = pytest.mark.slow


def test_the_bench_measures_ours_and_the_original(
    tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2m.cli.bench.ORIGINAL_SIZE_PX", 32)
    options = ["--rounds", "1", "--model", str(tiny_model_folder), "--threads", "1", "--json", str(tmp_path / "b.json")]

    result = CliRunner().invoke(main, ["bench", *options])

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "tiny 1: 128 pixels on the long side, ONNX Runtime"
    assert "32 x 32" in lines[1]
    assert lines[2] == "image of 512 x 512 pixels, 1 threads, medians"
    assert len(lines) == 14
    speed = read_speed(tmp_path / "b.json")
    assert (speed.model, speed.image_wh, speed.threads) == ("tiny 1", (512, 512), 1)
    assert len(speed.times.further) == len(speed.times.objects) == 3


def test_without_pytorch_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)

    result = CliRunner().invoke(main, ["bench", "--rounds", "1"])

    assert result.exit_code == 14
    assert "pip install 's2m[train]'" in result.stderr


def test_the_table_tells_milliseconds_and_ratios() -> None:
    times = Times(
        (1, 3, 8),
        0.03,
        first=(0.02, 0.03, 0.08),
        further=(0.01, 0.02, 0.05),
        new_crops=(0.04, 0.12, 0.32),
        known_crops=(0.02, 0.06, 0.16),
        original=(0.4, 1.2, 3.2),
    )

    lines = table(times)

    assert [line[34:].split() for line in lines] == [
        ["1", "object", "3", "objects", "8", "objects"],
        ["30.0", "ms"],
        ["20.0", "ms", "30.0", "ms", "80.0", "ms"],
        ["10.0", "ms", "20.0", "ms", "50.0", "ms"],
        ["40.0", "ms", "120.0", "ms", "320.0", "ms"],
        ["20.0", "ms", "60.0", "ms", "160.0", "ms"],
        ["400.0", "ms", "1200.0", "ms", "3200.0", "ms"],
        ["20.0", "x", "40.0", "x", "40.0", "x"],
        ["40.0", "x", "60.0", "x", "64.0", "x"],
        ["8.0", "x", "20.0", "x", "29.1", "x"],
    ]


def test_the_median_is_of_the_rounds_after_a_warm_up() -> None:
    calls: list[int] = []

    assert median_seconds(lambda: calls.append(1), 3) >= 0
    assert len(calls) == 4


def test_each_object_has_its_stroke_inside_the_image() -> None:
    strokes = strokes_on_objects((100, 200), 8)

    assert [stroke.object_id for stroke in strokes] == list(range(1, 9))
    assert all((stroke.points_xy > 0).all() and (stroke.points_xy < (200, 100)).all() for stroke in strokes)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_each_small_object_has_a_crop_of_its_own(count: int) -> None:
    strokes, masks = small_objects((480, 640), count)

    boxes = {crop_box(masks.logits[stroke.object_id - 1], [stroke], (480, 640)) for stroke in strokes}

    assert None not in boxes
    assert len(boxes) == count
