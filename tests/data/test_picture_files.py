from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2m.data.picture_files import read_label_picture, read_photograph
from s2m.errors import DataError
from s2m.files.images import read_image


def test_a_black_and_white_label_marks_one_object(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 255]], np.uint8)).save(tmp_path / "bw.png")
    np.testing.assert_array_equal(read_label_picture(tmp_path / "bw.png"), [[0, 1]])


def test_a_colour_picture_is_no_label(tmp_path: Path) -> None:
    Image.fromarray(np.array([[[255, 0, 0]]], np.uint8)).save(tmp_path / "c.png")
    with pytest.raises(DataError, match="colour picture"):
        read_label_picture(tmp_path / "c.png")


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_deep_greys_are_stretched_as_in_the_page(tmp_path: Path, bits: int) -> None:
    shallow = np.arange(256, dtype=np.uint16).reshape(16, 16)
    deep = np.round(shallow * ((2**bits - 1) / 255)).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    photograph = read_photograph(tmp_path / "deep.png")
    np.testing.assert_array_equal(photograph, np.repeat(shallow[:, :, None], 3, axis=2))
    np.testing.assert_array_equal(photograph, read_image(tmp_path / "deep.png"))


def test_what_is_transparent_is_white_in_a_photograph(tmp_path: Path) -> None:
    Image.fromarray(np.array([[[10, 20, 30, 0], [10, 20, 30, 255]]], np.uint8)).save(tmp_path / "cutout.png")
    np.testing.assert_array_equal(read_photograph(tmp_path / "cutout.png"), [[[255, 255, 255], [10, 20, 30]]])


def test_a_photograph_that_is_missing_or_broken_is_a_flaw_of_the_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is missing"):
        read_photograph(tmp_path / "none.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataError, match="cannot be read as an image"):
        read_photograph(tmp_path / "text.png")
