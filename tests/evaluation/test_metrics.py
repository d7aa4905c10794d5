from __future__ import annotations

import numpy as np
import pytest

from s2m.errors import DataError
from s2m.evaluation.metrics import interactions_to, paired_difference


def test_a_constant_difference_has_no_spread() -> None:
    found = paired_difference(["a", "b", "c"], [0.1, 0.5, 0.9], [0.2, 0.6, 1.0])
    assert (found.mean, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_the_interval_of_many_independent_objects_is_the_one_of_the_normal_distribution() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=400), rng.normal(0.1, 1, size=400)
    found = paired_difference([str(index) for index in range(400)], list(first), list(second))
    half = 1.96 * float((second - first).std()) / 20
    assert found.mean == pytest.approx(float((second - first).mean()))
    assert found.low == pytest.approx(found.mean - half, abs=0.01)
    assert found.high == pytest.approx(found.mean + half, abs=0.01)


def test_objects_of_one_image_are_drawn_together() -> None:
    first, second = [0.0] * 100, [1.0] * 50 + [0.0] * 50
    alone = paired_difference([str(index) for index in range(100)], first, second)
    in_two_images = paired_difference(["a"] * 50 + ["b"] * 50, first, second)
    assert alone.high - alone.low < 0.25
    assert (in_two_images.low, in_two_images.high) == (0.0, 1.0)


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(DataError, match="no object to compare"):
        paired_difference([], [], [])


def test_interactions_are_counted_to_the_first_that_reaches_and_capped() -> None:
    assert interactions_to([0.5, 0.9, 0.8, 0.95], 0.9, 20) == (2, True)
    assert interactions_to([0.5, 0.6], 0.9, 20) == (20, False)
    assert interactions_to([0.5, 0.6, 0.9], 0.9, 2) == (2, False)
