from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from data_miniatures import write_pair
from s2m.cli import main
from s2m.data.layouts import open_set
from s2m.errors import DataError


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["data", *map(str, arguments)])


def test_check_counts_images_objects_and_sizes(lvis_root: Path) -> None:
    result = run("check", lvis_root)
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("lvis")]
    assert line.split()[1:4] == ["2", "4", "0"]
    assert "288 x 216 to 288 x 216" in line


def test_check_names_every_problem_of_pairs_and_fails(pairs_root: Path) -> None:
    shapes, more = pairs_root / "train" / "shapes", pairs_root / "train" / "more"
    write_pair(shapes, "no_label", 1)
    (shapes / "no_label.png").unlink()
    write_pair(shapes, "no_image", 1)
    (shapes / "no_image.jpg").unlink()
    (shapes / "shapes0.webp").write_bytes(b"broken")
    Image.new("P", (5, 4)).save(more / "more0.png")
    (more / "more1.png").write_bytes(b"broken")
    result = run("check", pairs_root)
    assert result.exit_code == 9
    problems = result.output.split("5 problems\n")[1].splitlines()
    assert len(problems) == 5
    for name, reason in (
        (shapes / "no_label.jpg", "has no label"),
        (shapes / "no_image.png", "has no image"),
        (shapes / "shapes0.webp", "cannot be read as an image"),
        (more / "more0.webp", "is 96 x 72, but its label is 5 x 4"),
        (more / "more1.png", "cannot be read as an image"),
    ):
        assert any(str(name) in line and reason in line for line in problems), problems


def test_check_names_every_problem_of_every_set(static_root: Path, lvis_root: Path) -> None:
    (static_root / "ecssd" / "ecssd_1.png").unlink()
    (static_root / "fss" / "toaster" / "1.jpg").unlink()
    for label in (static_root / "DUTS-TR").glob("*.png"):
        label.unlink()
    (lvis_root / "train2017" / f"{1:012d}.jpg").unlink()
    annotations = lvis_root / "lvis_v1_train.json"
    content = json.loads(annotations.read_text())
    content["annotations"][3]["segmentation"] = [[1, 2]]
    annotations.write_text(json.dumps(content))
    result = run("check", lvis_root.parent)
    assert result.exit_code == 9
    problems = result.output.split("7 problems\n")[1].splitlines()
    for words in (
        f"{annotations}: annotation 20 of {2:012d}.jpg is malformed",
        f"{lvis_root / 'train2017' / f'{1:012d}.jpg'} is missing",
        f"{static_root / 'ecssd' / 'ecssd_1.jpg'} has no label",
        f"{static_root / 'fss' / 'toaster' / '1.png'} has no image",
        f"{static_root / 'DUTS-TR' / 'duts-tr_2.jpg'} has no label",
        f"{static_root / 'DUTS-TR'} holds no pair",
    ):
        assert any(words in line for line in problems), problems
    assert [line.split()[1] for line in result.output.splitlines() if line.startswith("DUTS-TR")] == ["0"]


def test_check_names_a_file_that_ends_too_early_once(coco_file: Path) -> None:
    coco_file.write_text(coco_file.read_text()[:-40])
    result = run("check", coco_file)
    assert result.exit_code == 9
    assert "1 problem\n" in result.output
    assert f"{coco_file} is damaged after" in result.output


def test_a_set_with_a_problem_is_not_trained_on(pairs_root: Path, static_root: Path, coco_file: Path) -> None:
    (pairs_root / "train" / "more" / "more1.png").unlink()
    (static_root / "ecssd" / "ecssd_1.jpg").unlink()
    content = json.loads(coco_file.read_text())
    content["annotations"][0]["segmentation"] = [[1, 2]]
    coco_file.write_text(json.dumps(content))
    for place, words in (
        (pairs_root / "train" / "more", r"more1\.webp has no label more1\.png"),
        (static_root / "ecssd", r"ecssd_1\.png has no image"),
        (coco_file, r"annotation 1 of street\.jpg is malformed"),
    ):
        with pytest.raises(DataError, match=words):
            open_set(place)


def test_check_of_the_published_sets_wants_all_of_them_or_permission(lvis_root: Path, static_root: Path) -> None:
    root = lvis_root.parent
    assert run("check", root, "--published").exit_code == 0
    shutil.rmtree(static_root / "ecssd")
    refused = run("check", root, "--published")
    assert refused.exit_code == 9
    assert "ecssd/X.jpg beside X.png" in refused.output
    allowed = run("check", root, "--published", "--allow-missing")
    assert allowed.exit_code == 0
    assert "missing:" in allowed.output


def test_convert_brings_every_layout_into_one(
    lvis_root: Path, static_root: Path, coco_file: Path, tmp_path: Path
) -> None:
    for source in (lvis_root, static_root, coco_file):
        result = run("convert", source, tmp_path / "new")
        assert result.exit_code == 0, result.output
    checked = run("check", tmp_path / "new")
    assert checked.exit_code == 0, checked.output
    assert {"train/lvis", "train/fss", "train/instances"} <= {line.split()[0] for line in checked.output.splitlines()}


def test_shard_packs_every_layout_and_check_reads_the_shards(
    lvis_root: Path, static_root: Path, coco_file: Path, pairs_root: Path, tmp_path: Path
) -> None:
    for source in (lvis_root, static_root, coco_file, pairs_root):
        result = run("shard", source, tmp_path / "new", "--shard-mb", 1)
        assert result.exit_code == 0, result.output
    assert "shapes: 2 images, 1 shards" in result.output
    checked = run("check", tmp_path / "new")
    assert checked.exit_code == 0, checked.output
    found = {line.split()[0]: line.split()[1:3] for line in checked.output.splitlines()}
    assert found["train/lvis"] == ["2", "4"]
    assert found["train/instances"] == ["1", "2"]
    assert {"train/shapes", "train/fss", "train/BIG_small"} <= set(found)
