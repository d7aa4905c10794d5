from __future__ import annotations

import cv2
import numpy as np
import pytest

from s2m.session.clipping import clipped
from s2m.types import ByteArray, Stroke

SIZE_HW = (60, 80)


def drawn(strokes: tuple[Stroke, ...]) -> ByteArray:
    canvas = np.zeros(SIZE_HW, dtype=np.uint8)
    for stroke in strokes:
        points = np.repeat(stroke.points_xy, 2 if len(stroke.points_xy) == 1 else 1, axis=0)
        cv2.polylines(canvas, [np.round(points * 16).astype(np.int32)[:, None]], False, 1, 3, shift=4)
    return canvas


def test_a_stroke_in_the_image_is_itself() -> None:
    stroke = Stroke(np.array([[1.0, 2.0], [70.0, 50.0]]))
    assert clipped(stroke, SIZE_HW) == (stroke,)


@pytest.mark.parametrize("seed", range(8))
def test_a_stroke_that_leaves_the_image_is_the_same_inside(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.uniform(-150, 250, (12, 2))
    points[3:5, 0] = points[3, 0]  # A step straight down.
    stroke = Stroke(points, 3, "negative", 5.0)
    parts = clipped(stroke, SIZE_HW)
    assert {(part.object_id, part.sign, part.width_px) for part in parts} == {(3, "negative", 5.0)}
    # Lines are drawn on whole pixels, so that one that begins elsewhere may run a pixel beside.
    whole, cut = drawn((stroke,)), drawn(parts)
    around = np.ones((3, 3), np.uint8)
    assert not ((whole > 0) & (cv2.dilate(cut, around) == 0)).any()
    assert not ((cut > 0) & (cv2.dilate(whole, around) == 0)).any()
    inside = np.concatenate([part.points_xy for part in parts])
    assert inside.min() >= -20.01
    assert inside.max() <= 100.01


def test_a_stroke_far_away_is_a_dot_outside() -> None:
    (dot,) = clipped(Stroke(np.array([[1e6, 1e6], [2e5, 9e5]])), SIZE_HW)
    np.testing.assert_array_equal(dot.points_xy, [[100, 80]])


@pytest.mark.parametrize("reach", [40, 1e6])
def test_no_stroke_is_longer_than_a_few_thousand_times_the_image(reach: float) -> None:
    random = np.random.default_rng(0)
    parts = clipped(Stroke(random.uniform(40 - reach, 40 + reach, (200_000, 2))), SIZE_HW)
    length = sum(float(np.hypot(*np.diff(part.points_xy, axis=0).T).sum()) for part in parts)
    assert length < 3000 * 80
