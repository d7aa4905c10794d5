from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_miniatures import write_pair
from s2m.data.static import read_static_set, static_sets_in
from s2m.errors import DataError


def test_every_static_set_is_found_and_read(static_root: Path) -> None:
    assert static_sets_in(static_root) == ("fss", "DUTS-TR", "DUTS-TE", "ecssd", "BIG_small", "HRSOD_small")
    for name in static_sets_in(static_root):
        images = read_static_set(static_root, name)
        assert len(images) == 2
        image_rgb, label = images[0].load()
        assert images[0].kind == "salient"
        assert image_rgb.shape[:2] == label.shape
        assert set(np.unique(label)) == {0, 1}


def test_fss_names_carry_their_class(static_root: Path) -> None:
    assert [image.name for image in read_static_set(static_root, "fss")] == ["toaster_1", "toaster_2"]


def test_an_image_without_a_label_is_an_error(static_root: Path) -> None:
    (static_root / "ecssd" / "ecssd_1.png").unlink()
    with pytest.raises(DataError, match=r"ecssd_1\.jpg has no label ecssd_1\.png"):
        read_static_set(static_root, "ecssd")


def test_a_label_without_an_image_is_an_error(static_root: Path) -> None:
    (static_root / "fss" / "toaster" / "2.jpg").unlink()
    with pytest.raises(DataError, match=r"toaster/2\.png has no image 2\.jpg"):
        read_static_set(static_root, "fss")


def test_every_unpaired_file_is_reported_and_the_pairs_are_read(static_root: Path) -> None:
    (static_root / "ecssd" / "ecssd_1.png").unlink()
    write_pair(static_root / "ecssd", "more", 3)
    (static_root / "ecssd" / "more.jpg").unlink()
    problems: list[str] = []
    assert [image.name for image in read_static_set(static_root, "ecssd", problems.append)] == ["ecssd_2"]
    assert ["ecssd_1.jpg has no label" in problems[0], "more.png has no image" in problems[1]] == [True, True]


def test_an_absent_set_says_what_is_wanted(static_root: Path) -> None:
    with pytest.raises(DataError, match=r"fss/CLASS/N\.jpg beside N\.png"):
        read_static_set(static_root.parent, "fss")


def test_palette_masks_count_by_index_not_by_colour(static_root: Path) -> None:
    label = np.zeros((72, 96), dtype=np.uint8)
    label[10:20, 10:20] = 1
    picture = Image.fromarray(label)
    picture.putpalette([0, 0, 0, 128, 0, 0])
    picture.save(static_root / "ecssd" / "ecssd_1.png")
    np.testing.assert_array_equal(read_static_set(static_root, "ecssd")[0].read_label(), label)
