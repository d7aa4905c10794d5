from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from s2m.data.layouts import find_sets, missing_sets, open_set, present_mixture, published_mixture
from s2m.errors import DataError


def test_the_published_mixture_repeats_static_sets_twice_and_fine_ones_ten_times(
    lvis_root: Path, static_root: Path
) -> None:
    repeats = {data_set.name: data_set.repeats for data_set in published_mixture(lvis_root, static_root)}
    assert repeats == {
        "fss": 2,
        "DUTS-TR": 2,
        "DUTS-TE": 2,
        "ecssd": 2,
        "BIG_small": 10,
        "HRSOD_small": 10,
        "lvis": 1,
    }


def test_missing_sets_are_an_error_that_lists_what_is_expected_where(lvis_root: Path, static_root: Path) -> None:
    shutil.rmtree(static_root / "fss")
    shutil.rmtree(lvis_root / "train2017")
    with pytest.raises(DataError, match="--allow-missing") as caught:
        published_mixture(lvis_root, static_root)
    assert f"{static_root}/fss/CLASS/N.jpg beside N.png" in str(caught.value)
    assert f"{lvis_root}/train2017/" in str(caught.value)


def test_the_present_sets_are_used_and_the_missing_ones_named(lvis_root: Path, static_root: Path) -> None:
    shutil.rmtree(static_root / "BIG_small")
    assert "BIG_small" not in [data_set.name for data_set in present_mixture(lvis_root, static_root)]
    assert missing_sets(lvis_root, static_root) == (f"{static_root}/BIG_small/X.jpg beside X.png",)


def test_a_mixture_of_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="sets are missing"):
        present_mixture(tmp_path, tmp_path)


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
