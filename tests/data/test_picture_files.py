from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2m.data.picture_files import read_label_picture
from s2m.errors import DataError


def test_a_black_and_white_label_marks_one_object(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 255]], np.uint8)).save(tmp_path / "bw.png")
    np.testing.assert_array_equal(read_label_picture(tmp_path / "bw.png"), [[0, 1]])


def test_a_colour_picture_is_no_label(tmp_path: Path) -> None:
    Image.fromarray(np.array([[[255, 0, 0]]], np.uint8)).save(tmp_path / "c.png")
    with pytest.raises(DataError, match="colour picture"):
        read_label_picture(tmp_path / "c.png")
