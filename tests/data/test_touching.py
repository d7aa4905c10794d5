from __future__ import annotations

import cv2
import numpy as np
import pytest

from s2m.data.touching import bunches, divides_image, draw_touching
from s2m.types import ByteArray


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


@pytest.fixture
def grapes() -> ByteArray:
    """Four discs in a row that nearly touch, and one far away; a strip of unknown pixels."""
    label = np.zeros((60, 120), np.uint8)
    for number, x in enumerate((10, 27, 44, 61, 105), start=1):
        cv2.circle(label, (x, 30), 8, number, -1)
    label[:3] = 255
    return label


def test_a_bunch_is_all_that_touches_by_way_of_others(grapes: ByteArray, rng: np.random.Generator) -> None:
    assert [list(bunch) for bunch in bunches(grapes, 1)] == [[1, 2, 3, 4], [5]]
    assert [list(bunch) for bunch in bunches(grapes, 3)] == [[1, 2, 3, 4]]
    drawn = {tuple(sorted(draw_touching(grapes, (1, 2, 3, 4, 5), is_divided=False, rng=rng))) for _ in range(30)}
    assert drawn == {(1, 2, 3, 4), (5,)}
    assert bunches(np.zeros((8, 8), np.uint8), 1) == []


def test_of_a_divided_image_a_few_neighbours_are_drawn(rng: np.random.Generator) -> None:
    regions = (np.arange(120)[None] // 10 + np.ones((40, 1))).astype(np.uint8)
    assert divides_image(regions)
    assert not divides_image(np.where(regions == 3, np.uint8(0), regions))
    for _ in range(20):
        drawn = sorted(draw_touching(regions, tuple(range(1, 13)), is_divided=True, rng=rng))
        assert 2 <= len(drawn) <= 6
        assert drawn == list(range(drawn[0], drawn[-1] + 1)), "regions in a row touch the next ones only"
