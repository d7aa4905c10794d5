from __future__ import annotations

import cv2
import numpy as np
import pytest

from s2m.session import Brush, DrawnStroke
from s2m.session.shapes import network_strokes, painted_pixels

SIZE_HW = (60, 80)


def test_a_stroke_is_itself_and_a_dot_its_first_point() -> None:
    drawn = DrawnStroke(points=((1, 2), (30, 40)), object_id=3, sign="negative", width_px=9)
    (stroke,) = network_strokes(drawn, SIZE_HW)
    np.testing.assert_array_equal(stroke.points_xy, [[1, 2], [30, 40]])
    assert (stroke.object_id, stroke.sign, stroke.width_px) == (3, "negative", 9)
    (dot,) = network_strokes(drawn.model_copy(update={"tool": "dot"}), SIZE_HW)
    np.testing.assert_array_equal(dot.points_xy, [[1, 2]])


def test_a_box_is_a_negative_outline_and_a_positive_centre() -> None:
    outline, centre = network_strokes(DrawnStroke(points=((50, 10), (10, 30)), tool="box"), SIZE_HW)
    assert outline.sign == "negative"
    assert outline.points_xy.min(axis=0).tolist() == [10, 10]
    assert outline.points_xy.max(axis=0).tolist() == [50, 30]
    assert centre.sign == "positive"
    np.testing.assert_array_equal(centre.points_xy, [[30, 20]])


@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_a_lasso_is_filled_and_nothing_lies_outside_it(sign: str) -> None:
    outline = ((10, 10), (70, 10), (70, 50), (40, 20), (10, 50))
    drawn = DrawnStroke.model_validate({"points": outline, "tool": "lasso", "sign": sign})
    strokes = network_strokes(drawn, SIZE_HW)
    inside = np.zeros(SIZE_HW, dtype=np.uint8)
    cv2.fillPoly(inside, [np.array(outline, dtype=np.int32)], 1)
    filled = np.zeros(SIZE_HW, dtype=np.uint8)
    for stroke in strokes:
        assert stroke.sign == sign
        cv2.polylines(filled, [np.floor(stroke.points_xy).astype(np.int32)[:, None]], False, 1, 3)
    assert (filled & inside).sum() > 0.8 * inside.sum()
    assert not cv2.erode(filled, np.ones((3, 3), np.uint8))[inside == 0].any()


def test_a_negative_box_and_one_of_the_background_are_filled() -> None:
    for changes in ({"sign": "negative"}, {"object_id": 0}):
        drawn = DrawnStroke(points=((10, 10), (50, 40)), tool="box").model_copy(update=changes)
        strokes = network_strokes(drawn, SIZE_HW)
        assert len(strokes) > 5
        assert {(stroke.sign, stroke.object_id) for stroke in strokes} == {(drawn.sign, drawn.object_id)}


def test_a_flat_lasso_is_its_outline() -> None:
    (stroke,) = network_strokes(DrawnStroke(points=((1, 5), (9, 5), (4, 5)), tool="lasso"), SIZE_HW)
    assert len(stroke.points_xy) == 3


def test_the_brush_paints_the_pixels_whose_centre_it_covers() -> None:
    mask = painted_pixels(Brush(points=((2.5, 2.5), (6.5, 2.5)), object_id=1, width_px=3), SIZE_HW).unpack(SIZE_HW)
    expected = np.zeros(SIZE_HW, dtype=bool)
    expected[1:4, 2:7] = True
    expected[2, 1:8] = True
    # The round ends: centres at distance hypot(1, 1) = 1.41 are covered by a radius of 1.5.
    expected[1:4, [1, 7]] = True
    np.testing.assert_array_equal(mask, expected)


def test_pressure_makes_the_brush_thin() -> None:
    command = Brush(points=((10, 10), (60, 10)), object_id=1, width_px=12, pressures=(0.1, 1.0))
    mask = painted_pixels(command, SIZE_HW).unpack(SIZE_HW)
    assert mask[:, 12].sum() < 3
    assert mask[:, 59].sum() > 10


def test_the_brush_paints_a_pixel_at_least_and_nothing_outside_the_image() -> None:
    assert painted_pixels(Brush(points=((4.5, 4.5),), object_id=1, width_px=0.2), SIZE_HW).crop().sum() == 1
    assert painted_pixels(Brush(points=((-50, -50),), object_id=1, width_px=3), SIZE_HW).data == ""
    edge = painted_pixels(Brush(points=((-5, 5), (5, 5)), object_id=1, width_px=4), SIZE_HW)
    edge.check(SIZE_HW)
