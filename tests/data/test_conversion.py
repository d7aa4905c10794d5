from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_miniatures import shard_miniature
from s2m.data.conversion import IndexLine, convert_set, write_index
from s2m.data.labelled_images import LabelledFolder, LabelledImage, object_ids
from s2m.data.layouts import find_sets
from s2m.data.shards import open_shards
from s2m.errors import DataError, OutputError


def nothing() -> None:
    """Nobody watches the progress."""


def test_a_converted_set_reads_back_the_same(lvis_root: Path, tmp_path: Path) -> None:
    (lvis,) = find_sets(lvis_root)
    lines = convert_set(lvis.images, tmp_path / "new", "train", "lvis", nothing)
    write_index(tmp_path / "new", lines)
    again = LabelledFolder(tmp_path / "new" / "train" / "lvis")
    assert [(image.name, image.kind) for image in again] == [(image.name, image.kind) for image in lvis.images]
    for before, after in zip(lvis.images, again, strict=True):
        np.testing.assert_array_equal(before.load()[0], after.load()[0])
        np.testing.assert_array_equal(before.load()[1], after.load()[1])


def test_shards_convert_back_into_the_pairs_they_were_made_from(pairs_root: Path, tmp_path: Path) -> None:
    (found, _) = find_sets(pairs_root)
    packed = open_shards(shard_miniature(found.images, tmp_path / "shards"))
    convert_set(packed, tmp_path / "new", "train", "more", nothing)
    for path in (pairs_root / "train" / "more").glob("*.webp"):
        assert (tmp_path / "new" / "train" / "more" / path.name).read_bytes() == path.read_bytes()
    for before, after in zip(found.images, LabelledFolder(tmp_path / "new" / "train" / "more"), strict=True):
        np.testing.assert_array_equal(before.load()[1], after.load()[1])


def test_photographs_are_copied_byte_for_byte(static_root: Path, tmp_path: Path) -> None:
    fss = find_sets(static_root)[0]
    convert_set(fss.images, tmp_path / "new", "train", "fss", nothing)
    copied = tmp_path / "new" / "train" / "fss" / "toaster_1.jpg"
    assert copied.read_bytes() == (static_root / "fss" / "toaster" / "1.jpg").read_bytes()


def test_turned_and_png_photographs_become_upright_lossless_webp(tmp_path: Path) -> None:
    picture = Image.new("RGB", (4, 2), (250, 20, 20))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    Image.new("RGB", (3, 2), (1, 2, 3)).save(tmp_path / "flat.png")
    labels = {"turned": np.ones((4, 2), np.uint8), "flat": np.ones((2, 3), np.uint8)}
    images = [
        LabelledImage(path.stem, "instance", path, lambda stem=path.stem: labels[stem])
        for path in (tmp_path / "turned.jpg", tmp_path / "flat.png")
    ]
    convert_set(images, tmp_path / "new", "train", "mixed", nothing)
    folder = tmp_path / "new" / "train" / "mixed"
    with Image.open(folder / "turned.webp") as turned, Image.open(folder / "flat.webp") as flat:
        assert turned.size == (2, 4)
        assert flat.getpixel((0, 0)) == (1, 2, 3)
    assert object_ids(LabelledFolder(folder)[0].load()[1]) == (1,)


def test_a_folder_with_files_is_never_written_into(static_root: Path, tmp_path: Path) -> None:
    (tmp_path / "new" / "train" / "fss").mkdir(parents=True)
    (tmp_path / "new" / "train" / "fss" / "mine.txt").write_text("keep")
    with pytest.raises(OutputError, match="already holds files"):
        convert_set(find_sets(static_root)[0].images, tmp_path / "new", "train", "fss", nothing)


def test_the_index_keeps_other_sets_and_replaces_its_own(tmp_path: Path) -> None:
    write_index(tmp_path, [IndexLine("train", "a", "x", 1, 1, 1, "instance")])
    write_index(tmp_path, [IndexLine("train", "b", "y", 1, 1, 1, "instance")])
    write_index(tmp_path, [IndexLine("train", "a", "z", 2, 1, 1, "salient")])
    assert (tmp_path / "index.csv").read_text().splitlines()[1:] == [
        "train,b,y,1,1,1,instance",
        "train,a,z,2,1,1,salient",
    ]


def test_an_index_of_another_form_is_refused_and_stays(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text("name,label\na,b\n")
    with pytest.raises(DataError, match="has the columns"):
        write_index(tmp_path, [])
    assert (tmp_path / "index.csv").read_text() == "name,label\na,b\n"
