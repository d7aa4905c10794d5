from __future__ import annotations

import numpy as np
import pytest

from s2m.engine.aggregation import logits_of
from s2m.evaluation.calibration import BINS, calibration_of, joined, tally_of
from s2m.evaluation.scene import Truth

EVERYTHING = np.ones((10, 10), bool)


def half_true() -> Truth:
    mask = np.zeros((10, 10), bool)
    mask[:5] = True
    return Truth(mask, EVERYTHING)


def test_pixels_are_counted_in_the_bin_of_their_probability() -> None:
    tally = tally_of(logits_of(np.full((10, 10), 0.73, np.float32)), half_true())
    assert tally.pixels == (0, 0, 0, 0, 0, 0, 0, 100, 0, 0)
    assert tally.object_pixels == (0, 0, 0, 0, 0, 0, 0, 50, 0, 0)
    assert tally.probability[7] == pytest.approx(73, abs=0.01)


def test_certain_pixels_fall_into_the_outer_bins() -> None:
    truth = half_true()
    tally = tally_of(logits_of(truth.mask.astype(np.float32)), truth)
    assert (tally.pixels[0], tally.pixels[BINS - 1]) == (50, 50)
    assert tally.object_pixels == (*[0] * (BINS - 1), 50)


def test_unknown_pixels_are_in_no_bin() -> None:
    valid = EVERYTHING.copy()
    valid[:, 3:] = False
    assert sum(tally_of(logits_of(np.full((10, 10), 0.5, np.float32)), Truth(half_true().mask, valid)).pixels) == 30


def test_a_soft_mask_of_any_resolution_covers_the_whole_image() -> None:
    assert sum(tally_of(logits_of(np.full((2, 3), 0.5, np.float32)), half_true()).pixels) == 100


def test_the_calibration_error_is_the_mean_distance_of_observed_from_predicted() -> None:
    found = calibration_of(tally_of(logits_of(np.full((10, 10), 0.7, np.float32)), half_true()))
    assert found.predicted == pytest.approx((0.7,), abs=1e-3)
    assert found.observed == (0.5,)
    assert found.expected_error == pytest.approx(0.2, abs=1e-3)
    assert found.doubt_error == pytest.approx(0.2, abs=1e-3)
    assert found.doubt_share == 1


def test_sure_pixels_hide_in_the_error_of_all_but_not_in_that_of_the_pixels_in_doubt() -> None:
    truth = half_true()
    probs = truth.mask.astype(np.float32)
    probs[0] = 0.6
    found = calibration_of(tally_of(logits_of(probs), truth))
    assert found.expected_error == pytest.approx(0.04, abs=1e-3)
    assert found.doubt_error == pytest.approx(0.4, abs=1e-3)
    assert found.doubt_share == pytest.approx(0.1)


def test_tallies_add_up_in_any_order_and_no_tally_is_empty() -> None:
    first = tally_of(logits_of(np.full((10, 10), 0.73, np.float32)), half_true())
    second = tally_of(logits_of(np.full((10, 10), 0.21, np.float32)), half_true())
    assert joined([first, second]) == joined([second, first])
    assert sum(joined([first, second]).pixels) == 200
    assert calibration_of(joined([])).expected_error == 0
