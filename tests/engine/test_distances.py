from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from s2m.engine.distances import exact_distances
from s2m.types import BoolArray


@pytest.fixture
def threads() -> Iterator[None]:
    """OpenCV's number of threads as it was, afterwards."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


def blob() -> BoolArray:
    rows, columns = np.mgrid[:482, :642]
    return np.asarray((rows - 240) ** 2 + (columns - 320) ** 2 < 200**2, dtype=np.bool_)


def test_distances_are_those_to_the_nearest_pixel_outside() -> None:
    mask = np.random.default_rng(0).random((20, 30)) > 0.2
    outside = np.argwhere(~mask)
    wanted = [[np.sqrt(((outside - (y, x)) ** 2).sum(axis=1).min()) for x in range(30)] for y in range(20)]
    np.testing.assert_array_equal(exact_distances(mask), np.asarray(wanted, dtype=np.float32))


@pytest.mark.usefixtures("threads")
def test_distances_do_not_depend_on_the_number_of_threads() -> None:
    found = []
    for count in (1, 2, 3):
        cv2.setNumThreads(count)
        found.append(exact_distances(blob()))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    distances = np.unique(found[0].astype(np.float64) ** 2)
    np.testing.assert_allclose(distances, np.rint(distances), rtol=1e-6)
