from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from s2m.session import Brush, DrawnStroke
from s2m.session.shapes import network_strokes, painted_pixels
from s2m.types import BoolArray

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


def swept_pixel_by_pixel(command: Brush) -> BoolArray:
    """What a brush covers, by the distance of every pixel to every part of the line."""
    y, x = np.mgrid[0 : SIZE_HW[0], 0 : SIZE_HW[1]] + 0.5
    points, radii = command.points_xy, command.width_px / 2 * np.array(command.pressures)
    covered = np.zeros(SIZE_HW, dtype=bool)
    for start in range(len(points) - 1):
        along = points[start + 1] - points[start]
        share = ((x - points[start, 0]) * along[0] + (y - points[start, 1]) * along[1]) / (along @ along)
        share = np.clip(share, 0, 1)
        distance = np.hypot(x - points[start, 0] - share * along[0], y - points[start, 1] - share * along[1])
        covered |= distance <= radii[start] + share * (radii[start + 1] - radii[start])
    return covered


@pytest.mark.parametrize("width_px", [3.0, 9.5, 40.0])
@pytest.mark.parametrize("count", [2, 30, 400])
def test_the_brush_covers_what_is_within_its_radius(width_px: float, count: int) -> None:
    random = np.random.default_rng(count)
    points = tuple((float(x), float(y)) for x, y in random.uniform(-20, 100, (count, 2)).round(2))
    pressures = tuple(random.uniform(0.8, 1, count).tolist())
    command = Brush(points=points, object_id=1, width_px=width_px, pressures=pressures)
    np.testing.assert_array_equal(painted_pixels(command, SIZE_HW).unpack(SIZE_HW), swept_pixel_by_pixel(command))


LARGE_HW = (3000, 4000)


def points_within(count: int, low: float, high: float) -> tuple[tuple[float, float], ...]:
    random = np.random.default_rng(0)
    return tuple((float(x), float(y)) for x, y in random.uniform(low, high, (count, 2)).round(2))


@pytest.mark.parametrize(
    ("count", "width_px", "low", "high"),
    [
        (2_000, 3_000, 0, 3_000),
        (2_000, 300, 0, 3_000),
        (200_000, 3_000, 1_000, 1_010),
        (200_000, 6, -1e6, 1e6),
        (200_000, 10_000, -1e6, 1e6),
    ],
)
def test_no_brush_stroke_takes_long_however_long_and_wide_it_is(
    count: int, width_px: float, low: float, high: float
) -> None:
    command = Brush(points=points_within(count, low, high), object_id=1, width_px=width_px)
    started = time.perf_counter()
    mask = painted_pixels(command, LARGE_HW)
    assert time.perf_counter() - started < 15
    mask.check(LARGE_HW)


@pytest.mark.parametrize(("count", "reach"), [(5, 1e6), (2_000, 1e6), (100_000, 4_000)])
@pytest.mark.parametrize("tool", ["lasso", "box"])
def test_an_outline_far_outside_the_image_is_filled_in_it_alone(count: int, reach: float, tool: str) -> None:
    points = points_within(count, -reach, reach) if tool == "lasso" else ((-reach, -reach), (reach, reach))
    drawn = DrawnStroke.model_validate({"points": points, "tool": tool, "object_id": 0})
    started = time.perf_counter()
    strokes = network_strokes(drawn, LARGE_HW)
    assert time.perf_counter() - started < 15
    assert len(strokes) < 64 * 256
    inside = np.concatenate([stroke.points_xy for stroke in strokes])
    assert (inside >= 0).all()
    assert (inside <= LARGE_HW[::-1]).all()


def test_a_lasso_around_the_whole_image_fills_it() -> None:
    outline = ((-500, -900), (7_000, -900), (7_000, 9_000), (-500, 9_000))
    strokes = network_strokes(DrawnStroke(points=outline, tool="lasso"), SIZE_HW)
    ends = np.array([stroke.points_xy for stroke in strokes])
    assert len(ends) == SIZE_HW[0] // 2
    assert (ends[:, 0, 0] < 2).all()
    assert (ends[:, 1, 0] > SIZE_HW[1] - 2).all()
