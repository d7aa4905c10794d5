from __future__ import annotations

from pathlib import Path

import pytest

from s2m.data.layouts import find_sets, open_set
from s2m.errors import DataError


def test_every_layout_is_found(lvis_root: Path, static_root: Path, coco_file: Path, pairs_root: Path) -> None:
    assert [(found.name, len(found.images)) for found in find_sets(lvis_root)] == [("lvis", 2)]
    assert len(find_sets(static_root)) == 6
    both = [found.name for found in find_sets(lvis_root.parent)]
    assert {"lvis", "fss", "ecssd"} <= set(both)
    assert [(found.name, len(found.images)) for found in find_sets(coco_file)] == [("instances", 1)]
    assert [found.name for found in find_sets(pairs_root)] == ["train/more", "train/shapes"]
    assert [found.name for found in find_sets(pairs_root / "train")] == ["more", "shapes"]
    assert [found.name for found in find_sets(pairs_root / "train" / "more")] == ["more"]


def test_a_folder_of_nothing_known_says_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"DUTS-TR.*NAME\.png"):
        find_sets(tmp_path)


def test_one_set_opens_whatever_its_layout(
    lvis_root: Path, static_root: Path, coco_file: Path, pairs_root: Path
) -> None:
    folders = (lvis_root, static_root / "fss", static_root / "ecssd", coco_file, pairs_root / "train" / "more")
    assert [len(open_set(folder)) for folder in folders] == [2, 2, 2, 1, 2]
    assert [open_set(folder)[0].kind for folder in folders] == ["partial", "salient", "salient", "instance", "instance"]


def test_a_folder_of_pairs_may_have_the_name_of_a_static_set(pairs_root: Path) -> None:
    (pairs_root / "train" / "more").rename(pairs_root / "train" / "ecssd")
    opened = open_set(pairs_root / "train" / "ecssd")
    assert [image.kind for image in opened] == ["instance", "instance"]
    assert opened[0].read_label().max() == 2
    assert [found.name for found in find_sets(pairs_root / "train")] == ["ecssd", "shapes"]
