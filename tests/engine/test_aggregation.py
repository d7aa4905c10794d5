from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2m.engine.aggregation import aggregate_logits, aggregate_probs, label_map_from_logits, logits_of, sigmoid
from s2m.types import ABSENT_LOGIT, FloatArray


def pixel(*probs: float) -> FloatArray:
    return logits_of(np.array(probs, dtype=np.float32))[:, None, None]


def test_the_sigmoid_and_its_inverse_undo_each_other_within_bounds() -> None:
    logits = np.array([-9.0, -0.5, 0.0, 3.0, 9.0], np.float32)
    np.testing.assert_allclose(logits_of(sigmoid(logits)), logits, atol=5e-3)
    assert sigmoid(np.array([-1e4, 1e4], np.float32)).tolist() == [0.0, 1.0]
    assert logits_of(np.array([0.0, 1.0], np.float32)) == pytest.approx([ABSENT_LOGIT, -ABSENT_LOGIT], abs=5e-3)


def test_one_object_at_four_tenths_comes_out_at_its_squared_odds() -> None:
    assert aggregate_probs(pixel(0.4))[1, 0, 0] == pytest.approx(0.16 / (0.16 + 0.36), abs=1e-6)


def test_two_objects_at_four_tenths_beat_the_background() -> None:
    background, first, second = aggregate_probs(pixel(0.4, 0.4))[:, 0, 0]
    assert (background, first, second) == pytest.approx((0.297, 0.352, 0.352), abs=1e-3)


def test_it_equals_the_odds_of_the_published_formula() -> None:
    rng = np.random.default_rng(0)
    probs = rng.uniform(0.01, 0.99, (3, 4, 5))
    channels = np.concatenate([np.prod(1 - probs, axis=0, keepdims=True), probs])
    odds = channels / (1 - channels)
    expected = odds / odds.sum(axis=0)
    got = aggregate_probs(np.log(probs / (1 - probs)).astype(np.float32))
    assert np.allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("logit", [-200.0, 200.0])
def test_certainty_gives_no_infinities(logit: float) -> None:
    logits = np.full((2, 1, 1), logit, np.float32)
    assert np.isfinite(aggregate_logits(logits)).all()
    assert aggregate_probs(logits).sum() == pytest.approx(1.0)


def test_channels_become_the_ids_of_their_objects() -> None:
    logits = np.array([[[5.0, -5.0, -5.0]], [[-5.0, 5.0, -5.0]]], np.float32)
    assert label_map_from_logits(logits, (4, 9)).tolist() == [[4, 9, 0]]


def test_no_object_is_all_background() -> None:
    assert label_map_from_logits(np.empty((0, 2, 2), np.float32), ()).tolist() == [[0, 0], [0, 0]]


@given(st.integers(1, 9), st.floats(0.1, 4.0), st.integers(0, 2**32 - 1))
def test_the_label_map_is_the_argmax_of_the_aggregated_logits(count: int, spread: float, seed: int) -> None:
    logits = np.random.default_rng(seed).normal(-1.0, spread, (count, 6, 7)).astype(np.float32)

    label_map = label_map_from_logits(logits, range(1, count + 1))

    assert (label_map == aggregate_logits(logits).argmax(axis=0)).all()


@pytest.mark.parametrize("count", [1, 2, 3, 8, 50])
def test_at_the_bound_of_doubt_the_background_wins_or_ties(count: int) -> None:
    channels = aggregate_logits(np.full((count, 1, 1), -np.log(count) - 1e-3, np.float32))
    assert channels[0, 0, 0] >= channels[1:, 0, 0].max()
