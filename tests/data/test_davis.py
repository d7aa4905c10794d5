from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2m.data.davis import read_davis
from s2m.data.labelled_images import object_ids
from s2m.errors import DataError


def write_frame(root: Path, inner: str, label: np.ndarray) -> None:
    frame = root / "JPEGImages" / f"{inner}.jpg"
    annotation = root / "Annotations" / f"{inner}.png"
    for path in (frame, annotation):
        path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", label.shape[::-1]).save(frame)
    picture = Image.fromarray(label.astype(np.uint8))
    if label.max() < 255:
        picture.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    picture.save(annotation)


def test_frames_of_several_objects_and_black_and_white_frames_are_read(tmp_path: Path) -> None:
    write_frame(tmp_path, "480p/bear/00000", np.array([[0, 1, 2]]))
    write_frame(tmp_path, "480p/cat/00001", np.array([[0, 255, 255]]))
    bear, cat = read_davis(tmp_path)
    assert (bear.name, cat.name) == ("bear_00000", "cat_00001")
    assert object_ids(bear.load()[1]) == (1, 2)
    np.testing.assert_array_equal(cat.load()[1], [[0, 1, 1]])


def test_a_flat_folder_without_a_resolution_is_read(tmp_path: Path) -> None:
    write_frame(tmp_path, "0001", np.array([[0, 255]]))
    assert [image.name for image in read_davis(tmp_path)] == ["0001"]


def test_incomplete_folders_say_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="lacks JPEGImages"):
        read_davis(tmp_path)
    write_frame(tmp_path, "480p/bear/00000", np.array([[0, 1]]))
    (tmp_path / "JPEGImages/480p/bear/00000.jpg").unlink()
    with pytest.raises(DataError, match="has no frame"):
        read_davis(tmp_path)
