"""Small data sets in the form of the evaluation sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2m.files.label_files import write_label_map
from s2m.types import ByteArray, LabelMap


@pytest.fixture
def disc_folder(tmp_path: Path, two_discs: ByteArray, two_discs_labels: LabelMap) -> Path:
    """Two images of one red disc, with scribbles of two people."""
    folder = tmp_path / "discs"
    folder.mkdir()
    for name in ("first", "second"):
        Image.fromarray(two_discs).save(folder / f"{name}.jpg", quality=95)
        write_label_map(folder / f"{name}.png", (two_discs_labels == 1).astype(np.int32))
        for number in (1, 2):
            scribbles = np.zeros(two_discs_labels.shape, np.int32)
            scribbles[46:49, 24:40] = 1
            scribbles[10:13, 10 : 60 * number] = 2
            write_label_map(folder / f"{name}-scribbles-{number}.png", scribbles)
    return folder


@pytest.fixture
def scene_folder(tmp_path: Path, two_discs: ByteArray, two_discs_labels: LabelMap) -> Path:
    """One image of two discs, both labelled."""
    folder = tmp_path / "scenes"
    folder.mkdir()
    Image.fromarray(two_discs).save(folder / "both.jpg", quality=95)
    write_label_map(folder / "both.png", two_discs_labels)
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded source of chance."""
    return np.random.default_rng(5)
