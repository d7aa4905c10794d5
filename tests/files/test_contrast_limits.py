"""What is seen of numbers of more than 8 bits through windows of values."""

from __future__ import annotations

import numpy as np
import pytest

from s2m.errors import ImageError
from s2m.files.contrast_limits import Numbers, Window, seen_through, tight_window, usual_window


def test_values_are_spread_from_black_to_white_and_cut_off_outside() -> None:
    values = np.array([[0, 1000, 1500, 2000, 65535]], dtype=np.uint16)

    assert seen_through(values, Window(1000, 2000)).tolist() == [[0, 0, 128, 255, 255]]


def test_colours_are_seen_through_the_same_window() -> None:
    values = np.array([[[0.0, 0.5, 1.0]]], dtype=np.float32)

    assert seen_through(values, Window(0.5, 1.5)).tolist() == [[[0, 0, 128]]]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.array([[0, 200]], dtype=np.uint16), Window(0, 255)),
        (np.array([[0, 4000]], dtype=np.uint16), Window(0, 4095)),
        (np.array([[-5, 300]], dtype=np.int32), Window(-5, 511)),
        (np.array([[0.0, 0.3]], dtype=np.float32), Window(0, 1)),
        (np.array([[-2.0, 6.0]], dtype=np.float32), Window(-2, 6)),
    ],
)
def test_the_usual_window_holds_all_values(values: Numbers, wanted: Window) -> None:
    assert usual_window(values) == wanted


def test_the_tight_window_leaves_outliers_out() -> None:
    values = np.full(1000, 300, dtype=np.uint16)
    values[:500] = 200
    values[0], values[-1] = 0, 65535

    assert tight_window(values.reshape(20, 50)) == Window(200, 300)


@pytest.mark.parametrize("value", [0.0, 7.0, -3e9])
def test_an_image_of_one_value_has_windows_too(value: float) -> None:
    values = np.full((2, 2), value, dtype=np.float64)

    assert seen_through(values, tight_window(values)).tolist() == [[0, 0], [0, 0]]
    assert usual_window(values).low == value


def test_what_is_no_number_is_seen_as_zero() -> None:
    values = np.array([[np.nan, np.inf, 4.0]], dtype=np.float32)

    assert usual_window(values) == Window(0, 4)
    assert seen_through(values, Window(0, 4)).tolist() == [[0, 0, 255]]


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (float("nan"), 1), (0, float("inf"))])
def test_a_window_that_is_none_is_refused(low: float, high: float) -> None:
    with pytest.raises(ImageError, match="contrast limits go from a number to a larger one"):
        Window(low, high)
