from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2m.data.grabcut import read_grabcut
from s2m.data.labelled_images import IGNORE
from s2m.errors import DataError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("data_GT", "boundary_GT"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (4, 1)).save(tmp_path / "data_GT" / "llama.jpg")
    Image.fromarray(np.array([[0, 64, 128, 255]], np.uint8)).save(tmp_path / "boundary_GT" / "llama.bmp")
    return tmp_path


def test_what_the_trimap_leaves_open_is_ignored(root: Path) -> None:
    (llama,) = read_grabcut(root)
    assert (llama.name, llama.kind) == ("llama", "salient")
    np.testing.assert_array_equal(llama.load()[1], [[0, IGNORE, IGNORE, 1]])


def test_incomplete_folders_say_what_is_missing(root: Path, tmp_path: Path) -> None:
    (root / "boundary_GT" / "llama.bmp").unlink()
    with pytest.raises(DataError, match="has no trimap"):
        read_grabcut(root)
    with pytest.raises(DataError, match="original layout of GrabCut"):
        read_grabcut(tmp_path / "data_GT")
