"""The original network behind the commands: a .pth file where a model folder may stand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from s2m.cli import main
from s2m.evaluation.method import ModelMethod
from s2m.files.label_files import read_label_map
from s2m.files.stroke_files import write_strokes
from s2m.networks.loading import load_model
from s2m.types import Stroke

pytestmark = [pytest.mark.slow, pytest.mark.torch]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_segment_takes_a_weights_file_and_a_channel_order(original_weights: Path, tmp_path: Path, order: str) -> None:
    Image.fromarray(np.full((40, 60, 3), (200, 30, 90), np.uint8)).save(tmp_path / "photo.png")
    write_strokes(tmp_path / "photo.json", (Stroke(np.array([[10.0, 10.0], [30.0, 20.0]])),), (40, 60))
    options = ("--model", original_weights, "--channel-order", order, "-o", tmp_path / "out", "--threads", 2)
    result = run("segment", tmp_path / "photo.png", "--strokes", tmp_path / "photo.json", *options)
    assert result.exit_code == 0, result.output
    assert read_label_map(tmp_path / "out" / "photo.png").shape == (40, 60)


def test_an_evaluated_model_with_swapped_channels_is_another_one(original_weights: Path) -> None:
    plain, swapped = (ModelMethod("s2m", original_weights, order) for order in ("rgb", "bgr"))
    assert plain.fingerprint != swapped.fingerprint
    assert swapped.open(2) is not None


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_weights_file_is_exported_as_a_model_folder(original_weights: Path, tmp_path: Path) -> None:
    result = run("export-model", original_weights, tmp_path / "model", "--version", "7", "--working-size", "320")
    assert result.exit_code == 0, result.output
    card = load_model(tmp_path / "model").card
    assert (card.name, card.version, card.working_size, card.prompt_stride) == ("s2m", "7", 320, 1)
    assert (card.flip_size, card.drop_untouched_components) == (0, False)
    assert json.loads((tmp_path / "model" / "model.json").read_text())["architecture"] == "deeplabv3plus_resnet50"
    refused = run("export-model", original_weights, tmp_path / "model", "--version", "7", "--weights", tmp_path / "w")
    assert refused.exit_code == 6
    assert "already" in refused.output
