"""What is seen of numbers of more than 8 bits with contrast limits."""

from __future__ import annotations

import numpy as np
import pytest

from s2m.errors import ImageError
from s2m.files.contrast_limits import ContrastLimits, Numbers, tight_limits, to_8_bits, usual_limits


def test_values_are_spread_from_black_to_white_and_cut_off_outside() -> None:
    values = np.array([[0, 1000, 1500, 2000, 65535]], dtype=np.uint16)

    assert to_8_bits(values, ContrastLimits(1000, 2000)).tolist() == [[0, 0, 128, 255, 255]]


def test_all_colours_have_the_same_contrast_limits() -> None:
    values = np.array([[[0.0, 0.5, 1.0]]], dtype=np.float32)

    assert to_8_bits(values, ContrastLimits(0.5, 1.5)).tolist() == [[[0, 0, 128]]]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.array([[0, 200]], dtype=np.uint16), ContrastLimits(0, 255)),
        (np.array([[0, 4000]], dtype=np.uint16), ContrastLimits(0, 4095)),
        (np.array([[-5, 300]], dtype=np.int32), ContrastLimits(-5, 511)),
        (np.array([[0.0, 0.3]], dtype=np.float32), ContrastLimits(0, 1)),
        (np.array([[-2.0, 6.0]], dtype=np.float32), ContrastLimits(-2, 6)),
    ],
)
def test_the_usual_limits_hold_all_values(values: Numbers, wanted: ContrastLimits) -> None:
    assert usual_limits(values) == wanted


def test_the_tight_limits_leave_outliers_out() -> None:
    values = np.full(1000, 300, dtype=np.uint16)
    values[:500] = 200
    values[0], values[-1] = 0, 65535

    assert tight_limits(values.reshape(20, 50)) == ContrastLimits(200, 300)


@pytest.mark.parametrize("value", [0.0, 7.0, -3e9])
def test_an_image_of_one_value_has_limits_too(value: float) -> None:
    values = np.full((2, 2), value, dtype=np.float64)

    assert to_8_bits(values, tight_limits(values)).tolist() == [[0, 0], [0, 0]]
    assert usual_limits(values).low == value


def test_what_is_no_number_is_seen_as_zero() -> None:
    values = np.array([[np.nan, np.inf, 4.0]], dtype=np.float32)

    assert usual_limits(values) == ContrastLimits(0, 4)
    assert to_8_bits(values, ContrastLimits(0, 4)).tolist() == [[0, 0, 255]]


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (float("nan"), 1), (0, float("inf"))])
def test_limits_that_are_none_are_refused(low: float, high: float) -> None:
    with pytest.raises(ImageError, match="contrast limits go from a number to a larger one"):
        ContrastLimits(low, high)
