from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from s2m.data.labelled_images import IGNORE, LabelledFolder, object_ids, unpaired_files
from s2m.errors import DataError


def write_pair(folder: Path, name: str, label: np.ndarray, suffix: str = ".webp") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    height, width = label.shape
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(folder / f"{name}{suffix}")
    picture = Image.fromarray(label)
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0] + [7] * (256 * 3 - 9))
    picture.save(folder / f"{name}.png")


def test_a_pair_gives_an_rgb_image_and_palette_indices(tmp_path: Path) -> None:
    label = np.array([[0, 1, 2], [0, 1, IGNORE]], np.uint8)
    write_pair(tmp_path, "a", label)
    (only,) = LabelledFolder(tmp_path)
    image_rgb, read = only.load()
    assert (only.name, only.kind) == ("a", "instance")
    assert image_rgb.shape == (2, 3, 3)
    np.testing.assert_array_equal(read, label)
    assert object_ids(read) == (1, 2)


def test_the_index_two_folders_up_gives_names_and_kinds(tmp_path: Path) -> None:
    folder = tmp_path / "train" / "clothes"
    for name in ("b", "a", "not_listed"):
        write_pair(folder, name, np.ones((2, 2), np.uint8))
    lines = ["split,set,name,width,height,num_objects,kind"]
    lines += [f"train,clothes,{name},2,2,1,parts" for name in ("b", "a")] + ["val,clothes,not_listed,2,2,1,salient"]
    (tmp_path / "index.csv").write_text("\n".join(lines))
    assert [(image.name, image.kind) for image in LabelledFolder(folder)] == [("a", "parts"), ("b", "parts")]


def test_scribble_pictures_beside_a_pair_are_no_pairs(tmp_path: Path) -> None:
    write_pair(tmp_path, "a", np.ones((2, 2), np.uint8), ".jpg")
    Image.new("L", (2, 2)).save(tmp_path / "a-scribbles-1.png")
    assert [image.name for image in LabelledFolder(tmp_path)] == ["a"]


def test_files_that_are_no_pair_are_left_out_and_named(tmp_path: Path) -> None:
    for name in ("a", "no_label", "no_image"):
        write_pair(tmp_path, name, np.ones((2, 2), np.uint8))
    (tmp_path / "no_label.png").unlink()
    (tmp_path / "no_image.webp").unlink()
    Image.new("L", (2, 2)).save(tmp_path / "a-scribbles-1.png")
    assert [image.name for image in LabelledFolder(tmp_path)] == ["a"]
    no_image, no_label = unpaired_files(tmp_path)
    assert "no_image.png has no image" in no_image
    assert "no_label.webp has no label" in no_label


def test_every_missing_file_of_an_index_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "train" / "clothes"
    for name in ("a", "no_label", "no_image"):
        write_pair(folder, name, np.ones((2, 2), np.uint8))
    (folder / "no_label.png").unlink()
    (folder / "no_image.webp").unlink()
    names = ("a", "no_label", "no_image", "nothing")
    lines = [f"train,clothes,{name},2,2,1,salient" for name in names]
    (tmp_path / "index.csv").write_text("\n".join(["split,set,name,width,height,num_objects,kind", *lines]))
    problems: list[str] = []
    assert [image.name for image in LabelledFolder(folder, report=problems.append)] == ["a"]
    wanted = ("no image no_image", "no_label.webp has no label", "no image nothing")
    assert all(words in problem for words, problem in zip(wanted, problems, strict=True)), problems
    with pytest.raises(DataError, match="no image no_image"):
        LabelledFolder(folder)


def test_an_alpha_image_is_its_own_label_and_lies_over_white(tmp_path: Path) -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:2, :, 3] = 255
    Image.fromarray(rgba).save(tmp_path / "a.webp", lossless=True)
    (only,) = LabelledFolder(tmp_path, "alpha")
    image_rgb, label = only.load()
    assert label[:2].all()
    assert not label[2:].any()
    assert (image_rgb[:2] == 0).all()
    assert (image_rgb[2:] == 255).all()


def test_a_label_of_another_size_is_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "a", np.ones((2, 2), np.uint8))
    Image.new("L", (3, 2), 1).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="2 x 2, but its label is 3 x 2"):
        LabelledFolder(tmp_path)[0].load()


def test_missing_folders_empty_folders_and_broken_files_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no folder"):
        LabelledFolder(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no image/label pair"):
        LabelledFolder(tmp_path)
    write_pair(tmp_path, "a", np.ones((2, 2), np.uint8))
    (tmp_path / "a.webp").write_bytes(b"not an image")
    with pytest.raises(DataError, match="cannot be read as an image"):
        LabelledFolder(tmp_path)[0].load()


def test_the_case_of_endings_does_not_matter(tmp_path: Path) -> None:
    pairs = (("one.JPG", "one.png"), ("two.jpg", "two.PNG"), ("three.Jpeg", "Three.png"), ("4.TIF", "4.Png"))
    for image, label in pairs:
        Image.new("RGB", (4, 3)).save(tmp_path / image)
        Image.new("L", (4, 3), 1).save(tmp_path / label)
    assert list(unpaired_files(tmp_path)) == []
    assert [image.name for image in LabelledFolder(tmp_path)] == ["4", "one", "three", "two"]
    assert all(image.load()[1].all() for image in LabelledFolder(tmp_path))


@pytest.mark.parametrize("name", ["._a.jpg", "._a.png", ".DS_Store", "._b.webp", "Thumbs.db"])
def test_files_that_systems_leave_are_no_part_of_a_set(tmp_path: Path, name: str) -> None:
    write_pair(tmp_path, "a", np.ones((2, 2), np.uint8))
    (tmp_path / name).write_bytes(b"\0\5\x16\7")
    assert list(unpaired_files(tmp_path)) == []
    assert [image.name for image in LabelledFolder(tmp_path)] == ["a"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_index_is_read_in_every_unicode_encoding(tmp_path: Path, encoding: str) -> None:
    folder = tmp_path / "train" / "x"
    write_pair(folder, "a", np.ones((2, 2), np.uint8))
    text = "split,set,name,width,height,num_objects,kind\r\ntrain,x,a,2,2,1,parts\r\n"
    (tmp_path / "index.csv").write_bytes(text.encode(encoding))
    assert [image.kind for image in LabelledFolder(folder)] == ["parts"]


def test_an_index_with_a_short_row_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "train" / "x"
    write_pair(folder, "a", np.ones((2, 2), np.uint8))
    (tmp_path / "index.csv").write_text("split,set,name,kind\ntrain,x\n")
    with pytest.raises(DataError, match="2 values in row 2; wanted 4"):
        LabelledFolder(folder)


def test_a_smoothed_label_is_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "a", np.ones((40, 40), np.uint8))
    ramp = np.zeros((40, 40), np.uint8)
    ramp[10:30, 10:30] = 255
    Image.fromarray(ramp).filter(ImageFilter.GaussianBlur(2)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a smoothed mask\? save it in black and white"):
        LabelledFolder(tmp_path)[0].load()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_photographs_of_8_and_16_bits_are_the_same(tmp_path: Path, dtype: type[np.unsignedinteger[Any]]) -> None:
    values = np.arange(240).reshape(12, 20).astype(np.uint8)
    deep = values.astype(dtype) * (257 if dtype is np.uint16 else 1)
    Image.fromarray(deep).save(tmp_path / "a.tif")
    Image.new("L", (20, 12), 1).save(tmp_path / "a.png")
    np.testing.assert_array_equal(LabelledFolder(tmp_path)[0].load()[0][..., 0], values)
