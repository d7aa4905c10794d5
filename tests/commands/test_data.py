from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from s2m.commands import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["data", *map(str, arguments)])


def test_check_counts_images_objects_and_sizes(lvis_root: Path) -> None:
    result = run("check", lvis_root)
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("lvis")]
    assert line.split()[1:4] == ["2", "4", "0"]
    assert "288 x 216 to 288 x 216" in line


def test_check_names_every_broken_file_and_fails(pairs_root: Path) -> None:
    (pairs_root / "train" / "shapes" / "shapes0.webp").write_bytes(b"broken")
    (pairs_root / "train" / "more" / "more1.png").write_bytes(b"broken")
    result = run("check", pairs_root)
    assert result.exit_code == 9
    assert "2 images are broken" in result.output
    assert "shapes0.webp" in result.output
    assert "more1.png" in result.output


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
