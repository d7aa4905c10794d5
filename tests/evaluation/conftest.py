"""Small data sets in the form of the evaluation sets."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation_miniatures import disc_folder, scene_folder

__all__ = ["disc_folder", "rng", "scene_folder"]


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded source of chance."""
    return np.random.default_rng(5)
