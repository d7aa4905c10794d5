from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2m.files.demo import DEMO_IMAGE
from s2m.files.images import read_image
from s2m.files.label_files import read_label_map

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name: str, *arguments: str) -> dict[str, Any]:
    """Run an example as a person would, in this process."""
    module = runpy.run_path(str(EXAMPLES / f"{name}.py"))
    module["main"](*arguments)
    return module


def test_one_image_saves_the_mask_after_the_first_stroke(tmp_path: Path) -> None:
    run("one_image", str(DEMO_IMAGE), str(tmp_path / "mask.png"))

    assert 0.2 < (read_label_map(tmp_path / "mask.png") == 1).mean() < 0.6


def test_several_objects_share_the_photograph(tmp_path: Path) -> None:
    run("several_objects", str(tmp_path / "mask.png"))

    assert set(np.unique(read_label_map(tmp_path / "mask.png"))) == {0, 1, 2}


def test_a_folder_is_annotated_once_and_left_alone_the_second_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    shutil.copy(DEMO_IMAGE, tmp_path / "photos" / "a.jpg")
    arguments = (str(tmp_path / "photos"), str(tmp_path / "masks"))

    run("folder", *arguments)
    first = capsys.readouterr().out
    run("folder", *arguments)

    assert "a.jpg: " in first
    assert capsys.readouterr().out == ""
    assert (read_label_map(tmp_path / "masks" / "a.png") == 1).any()


def test_supervision_draws_the_masks(tmp_path: Path) -> None:
    run("with_supervision", str(tmp_path / "scene.jpg"))

    assert read_image(tmp_path / "scene.jpg").shape == read_image(DEMO_IMAGE).shape


def test_a_model_of_ones_own_answers_in_a_session(tmp_path: Path) -> None:
    run("own_model", str(tmp_path / "mask.png"))

    assert 0.02 < (read_label_map(tmp_path / "mask.png") == 1).mean() < 0.8


def test_masks_of_a_detector_are_refined_and_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("refine_detections", str(tmp_path / "refined"))

    assert "1 objects" in capsys.readouterr().out
    content = json.loads((tmp_path / "refined" / "data" / "coco" / "annotations.json").read_text())
    (annotation,) = content["annotations"]
    assert len(annotation["attributes"]["s2m_strokes"]) == 3
    image = content["images"][0]
    assert annotation["area"] < 0.7 * image["width"] * image["height"]


def test_a_script_for_segment_anything_runs(tmp_path: Path) -> None:
    run("like_segment_anything", str(tmp_path / "mask.png"))

    assert 0.1 < (read_image(tmp_path / "mask.png")[:, :, 0] > 0).mean() < 0.8


def test_a_photograph_is_segmented_through_a_server(tmp_path: Path, tiny_model_folder: Path) -> None:
    token = "a-token-of-a-test"
    arguments = ["serve", "--port", "0", "--threads", "1", "--model", str(tiny_model_folder)]
    environment = {**os.environ, "S2M_TOKEN": token}
    command = [sys.executable, "-u", "-m", "s2m.cli", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        try:
            run("over_http", str(DEMO_IMAGE), str(tmp_path / "mask.png"), address.removesuffix("/api/v1"), token)
        finally:
            server.terminate()

    assert (read_label_map(tmp_path / "mask.png") == 1).any()


def test_every_example_is_run_here() -> None:
    text = Path(__file__).read_text()

    assert [path.stem for path in EXAMPLES.glob("*.py") if f'run("{path.stem}"' not in text] == []
