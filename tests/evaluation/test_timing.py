from __future__ import annotations

import numpy as np
import pytest

from s2m.evaluation.speed import timing_of
from s2m.evaluation.timing import OBJECT_COUNTS, collage, moved, strokes_apart, strokes_touching
from s2m.types import ByteArray, Stroke

STROKE = Stroke(np.array([[30.0, 48.0], [36.0, 50.0], [40.0, 48.0]]))


def test_a_collage_has_the_size_that_is_asked_for(two_discs: ByteArray) -> None:
    image = collage(two_discs, 0.5)
    assert image.shape[0] * image.shape[1] / 1e6 == pytest.approx(0.5, rel=0.05)
    assert image.dtype == np.uint8


@pytest.mark.parametrize("count", OBJECT_COUNTS)
def test_objects_that_are_apart_have_a_tile_each(two_discs: ByteArray, count: int) -> None:
    image = collage(two_discs, 0.3)
    size_hw = (image.shape[0], image.shape[1])
    strokes = strokes_apart(STROKE, (96, 128), size_hw, count)
    assert [stroke.object_id for stroke in strokes] == list(range(1, count + 1))
    tiles = {tuple((stroke.points_xy.mean(axis=0) // (size_hw[1] / 5, size_hw[0] / 4)).tolist()) for stroke in strokes}
    assert len(tiles) == count
    for stroke in strokes:
        assert (stroke.points_xy > 0).all()
        assert (moved(stroke, size_hw).points_xy < (size_hw[1], size_hw[0])).all()


def test_objects_that_touch_lie_along_one_stroke() -> None:
    dots = strokes_touching(STROKE, (96, 128), (384, 640), 5)
    assert [len(dot.points_xy) for dot in dots] == [1] * 5
    (whole,) = strokes_apart(STROKE, (96, 128), (384, 640), 1)
    np.testing.assert_allclose(dots[0].points_xy[0], whole.points_xy[0])
    np.testing.assert_allclose(dots[-1].points_xy[0], whole.points_xy[-1])


def test_a_timing_has_the_median_and_the_95th_percentile() -> None:
    timing = timing_of("s2m", "stroke", [float(value) for value in range(1, 22)], objects=3, megapixels=12.0)
    assert (timing.median_ms, timing.p95_ms, timing.runs) == (11.0, 20.0, 21)
    assert timing_of("s2m", "stroke", [4.0]).p95_ms == 4.0
