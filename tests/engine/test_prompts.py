from __future__ import annotations

import numpy as np
import pytest

from s2m.engine.geometry import Frame, frame_of_box, frame_of_image
from s2m.engine.prompts import draw_strokes, prompt_maps, signs_in_force
from s2m.types import BACKGROUND_ID, ObjectLogits, Sign, Stroke

SQUARE = Frame((64, 64), (0, 0, 64, 64), (64, 64))
WHOLE = frame_of_image((320, 320), 320, 32)


def dot(x: float, y: float, object_id: int = 1, sign: Sign = "positive", width_px: float = 6.0) -> Stroke:
    return Stroke(np.array([[x, y]]), object_id, sign, width_px)


def test_a_dot_is_centred_where_it_was_drawn() -> None:
    drawn = draw_strokes([dot(32.0, 20.0)], (1,), SQUARE, 4, 8.0)[0, 0]
    rows, columns = np.nonzero(drawn)
    weights = drawn[rows, columns]
    assert np.average(columns + 0.5, weights=weights) * 4 == pytest.approx(32.0, abs=0.2)
    assert np.average(rows + 0.5, weights=weights) * 4 == pytest.approx(20.0, abs=0.2)


def test_the_brush_of_the_page_does_not_change_the_maps() -> None:
    thin, wide = dot(30, 30, width_px=1.0), dot(30, 30, width_px=50.0)
    assert np.array_equal(draw_strokes([thin], (1,), SQUARE, 4, 6.5), draw_strokes([wide], (1,), SQUARE, 4, 6.5))


def test_the_size_of_the_image_does_not_change_the_maps() -> None:
    small = frame_of_image((64, 96), 96, 32)
    large = frame_of_image((640, 960), 96, 32)
    line = np.array([[10.0, 12.0], [80.0, 40.0]])
    assert np.allclose(
        draw_strokes([Stroke(line)], (1,), small, 4, 6.5), draw_strokes([Stroke(line * 10)], (1,), large, 4, 6.5)
    )


def test_positive_strokes_of_the_others_are_negatives() -> None:
    drawn = draw_strokes([dot(10, 10, 1), dot(50, 50, 2)], (1, 2), SQUARE, 4, 6.5)
    assert drawn[0, 0, 2, 2] > 0
    assert drawn[0, 1, 12, 12] > 0
    assert np.array_equal(drawn[0, 1], drawn[1, 0])
    assert np.array_equal(drawn[0, 0], drawn[1, 1])


def test_negative_strokes_concern_their_own_object_only() -> None:
    drawn = draw_strokes([dot(10, 10, 1, "negative")], (1, 2), SQUARE, 4, 6.5)
    assert drawn[0, 1].any()
    assert not drawn[1].any()


def test_background_strokes_are_negatives_for_all() -> None:
    drawn = draw_strokes([dot(10, 10, BACKGROUND_ID)], (1, 2), SQUARE, 4, 6.5)
    assert drawn[:, 1].any(axis=(1, 2)).all()
    assert not drawn[:, 0].any()


def test_the_later_of_two_crossing_strokes_holds() -> None:
    drawn = draw_strokes([dot(30, 30), dot(30, 30, sign="negative")], (1,), SQUARE, 4, 8.0)
    assert drawn[0, 0].max() < 0.3
    assert drawn[0, 1].max() > 0.5


def test_points_far_outside_the_image_are_harmless() -> None:
    drawn = draw_strokes([Stroke(np.array([[-1e9, 5.0], [1e9, 5.0]]))], (1,), SQUARE, 4, 6.5)
    assert drawn[0, 0, 1].min() > 0


def test_the_previous_mask_is_averaged_into_the_cells() -> None:
    mask = np.zeros((1, 32, 32), bool)
    mask[0, :16] = True
    maps = prompt_maps([], ObjectLogits.of_masks((7,), mask), (7, 8), SQUARE, 4, 6.5)
    assert maps.shape == (2, 3, 16, 16)
    assert maps[0, 2, :8].min() == pytest.approx(1, abs=1e-4)
    assert maps[0, 2, 8:].max() == pytest.approx(0, abs=1e-4)
    assert not maps[1].any()


def test_a_frame_shows_its_part_of_the_previous_mask() -> None:
    mask = np.zeros((1, 64, 64), bool)
    mask[0, 32:, 32:] = True
    frame = frame_of_box((64, 64), (32, 32, 64, 64), 64, 32)
    maps = prompt_maps([], ObjectLogits.of_masks((1,), mask), (1,), frame, 4, 6.5)
    assert maps[0, 2].min() == pytest.approx(1, abs=1e-4)


def line_of(*points: tuple[float, float], sign: Sign = "positive") -> Stroke:
    return Stroke(np.array(points), 1, sign)


ALONG = line_of((40, 160), (280, 160))
ZIGZAG = line_of((70, 200), (110, 120), (160, 200), (210, 120), (250, 200), sign="negative")


def test_a_scribble_over_a_stroke_supersedes_it() -> None:
    assert signs_in_force([ALONG, ZIGZAG], 1, WHOLE) == [None, "negative"]
    assert not draw_strokes([ALONG, ZIGZAG], (1,), WHOLE, 4, 6.5)[0, 0].any()


def test_a_stroke_along_another_supersedes_it_though_it_does_not_hit_it_everywhere() -> None:
    trembling = line_of(*((x, 160 + 4 * np.sin(x / 12)) for x in range(60, 270, 3)), sign="negative")
    assert signs_in_force([ALONG, trembling], 1, WHOLE) == [None, "negative"]


def test_several_strokes_supersede_together() -> None:
    crossings = [line_of((x, 100), (x, 220), sign="negative") for x in (90, 230)]
    assert signs_in_force([ALONG, crossings[0]], 1, WHOLE) == ["positive", "negative"]
    assert signs_in_force([ALONG, *crossings], 1, WHOLE) == [None, "negative", "negative"]


def test_what_is_drawn_later_or_beside_supersedes_nothing() -> None:
    beside = line_of((40, 170), (280, 170), sign="negative")
    assert signs_in_force([ZIGZAG, ALONG], 1, WHOLE) == ["negative", "positive"]
    assert signs_in_force([ALONG, beside], 1, WHOLE) == ["positive", "negative"]


def test_a_stroke_holds_where_one_crosses_an_end_that_ran_past_the_edge() -> None:
    edge = line_of((270, 60), (270, 260), sign="negative")
    assert signs_in_force([ALONG, edge], 1, WHOLE) == ["positive", "negative"]


def test_negative_strokes_and_dots_hold() -> None:
    over = Stroke(ZIGZAG.points_xy, 1, "positive")
    against = Stroke(ALONG.points_xy, 1, "negative")
    assert signs_in_force([against, over], 1, WHOLE) == ["negative", "positive"]
    assert signs_in_force([line_of((160, 160)), against], 1, WHOLE) == ["positive", "negative"]


def test_strokes_of_other_objects_and_of_the_background_supersede_too() -> None:
    for over in (Stroke(ZIGZAG.points_xy, 2, "positive"), Stroke(ZIGZAG.points_xy, BACKGROUND_ID, "negative")):
        assert signs_in_force([ALONG, over], 1, WHOLE) == [None, "negative"]
    other = Stroke(ZIGZAG.points_xy, 2, "negative")
    assert signs_in_force([ALONG, other], 1, WHOLE) == ["positive", None]


def test_a_crop_tells_strokes_apart() -> None:
    positive, beside = line_of((150, 160), (170, 160)), line_of((150, 161), (170, 161), sign="negative")
    close = frame_of_box((320, 320), (144, 144, 176, 176), 320, 32)
    assert signs_in_force([positive, beside], 1, WHOLE) == [None, "negative"]
    assert signs_in_force([positive, beside], 1, close) == ["positive", "negative"]


def test_strokes_beyond_the_image_are_harmless() -> None:
    far = line_of((-1e9, 160), (1e9, 160), sign="negative")
    assert signs_in_force([line_of((-1e6, -5), (-1e6, -9)), far], 1, WHOLE) == ["positive", "negative"]
    assert signs_in_force([ALONG, far], 1, WHOLE) == [None, "negative"]
    assert signs_in_force([line_of((-1e12, 160), (1e12, 160)), ZIGZAG], 1, WHOLE) == ["positive", "negative"]
