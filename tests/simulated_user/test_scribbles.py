from __future__ import annotations

import numpy as np
import pytest

from s2m.simulated_user.scribbles import (
    STROKE_KINDS,
    StrokeKind,
    StrokeStyle,
    around,
    bezier,
    centre_line,
    draw_kind,
    draw_stroke,
    errors_by_area,
)
from s2m.types import BoolArray

STEADY = StrokeStyle({"curve": 1.0})


@pytest.fixture
def region() -> BoolArray:
    rows, columns = np.mgrid[:60, :100]
    return np.asarray((columns - 50) ** 2 / 1600 + (rows - 30) ** 2 / 300 < 1, dtype=np.bool_)


@pytest.mark.parametrize("kind", STROKE_KINDS)
def test_steady_strokes_lie_in_their_region(region: BoolArray, kind: StrokeKind) -> None:
    for seed in range(20):
        points = draw_kind(region, kind, STEADY, np.random.default_rng(seed))
        columns, rows = np.clip(points.astype(int), 0, [[99, 59]]).T
        assert region[rows, columns].mean() > 0.95


@pytest.mark.parametrize("kind", STROKE_KINDS)
def test_a_region_of_one_pixel_gets_a_dot_there(kind: StrokeKind) -> None:
    region = np.zeros((5, 5), np.bool_)
    region[3, 1] = True
    assert draw_kind(region, kind, STEADY, np.random.default_rng(0)).tolist() == [[1.5, 3.5]]


@pytest.mark.parametrize("kind", STROKE_KINDS)
def test_seeds_repeat(region: BoolArray, kind: StrokeKind) -> None:
    style = StrokeStyle({kind: 1.0}, jitter_px=1.0, overshoot=0.05, shortest=0.3)
    first, second = (draw_stroke(region, style, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(first, second)


def test_the_centre_line_of_a_bar_runs_along_it() -> None:
    bar = np.zeros((15, 60), np.bool_)
    bar[4:11, 5:55] = True
    points = centre_line(bar)
    assert np.ptp(points[:, 0]) > 35
    assert np.abs(points[:, 1] - 7.5).max() < 3


def test_strokes_around_a_mask_keep_off_it_and_near_it(region: BoolArray) -> None:
    for seed in range(20):
        points = around(region, ~region, np.random.default_rng(seed))
        assert points is not None
        columns, rows = points.astype(int).T
        assert not region[rows, columns].any()
    narrow = np.zeros((60, 100), np.bool_)
    narrow[28:32, 40:60] = True
    points = around(narrow, ~narrow, np.random.default_rng(0))
    assert points is not None
    assert (np.abs(points - (50, 30)) < (17, 9)).all()


def test_there_is_no_stroke_around_a_mask_without_room() -> None:
    full = np.ones((20, 20), np.bool_)
    assert around(full, ~full, np.random.default_rng(0)) is None


def test_errors_come_largest_first_with_their_sign(region: BoolArray) -> None:
    answer = region.copy()
    answer[:, 50:] = False
    answer[:4, :6] = True
    first, second = errors_by_area(region, answer, np.ones_like(region))
    assert (first.sign, second.sign) == ("positive", "negative")
    assert second.region.sum() == 24


def test_unknown_pixels_are_no_errors(region: BoolArray) -> None:
    assert errors_by_area(region, np.zeros_like(region), ~region) == []


def test_a_bezier_curve_starts_and_ends_at_its_ends() -> None:
    points = bezier(np.array([[0.0, 0.0], [5.0, 10.0], [10.0, 0.0]]), 11)
    assert points[0].tolist() == [0, 0]
    assert points[-1].tolist() == [10, 0]
    assert points[5].tolist() == [5, 5]
