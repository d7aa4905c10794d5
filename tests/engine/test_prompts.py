from __future__ import annotations

import numpy as np
import pytest

from s2m.engine.geometry import Frame, frame_of_box, frame_of_image
from s2m.engine.prompts import draw_strokes, prompt_maps
from s2m.types import BACKGROUND_ID, ObjectMasks, Sign, Stroke

SQUARE = Frame((64, 64), (0, 0, 64, 64), (64, 64))


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
    mask = np.zeros((1, 32, 32), np.float32)
    mask[0, :16] = 1
    maps = prompt_maps([], ObjectMasks((7,), mask), (7, 8), SQUARE, 4, 6.5)
    assert maps.shape == (2, 3, 16, 16)
    assert maps[0, 2, :8].min() == 1
    assert maps[0, 2, 8:].max() == 0
    assert not maps[1].any()


def test_a_frame_shows_its_part_of_the_previous_mask() -> None:
    mask = np.zeros((1, 64, 64), np.float32)
    mask[0, 32:, 32:] = 1
    frame = frame_of_box((64, 64), (32, 32, 64, 64), 64, 32)
    assert prompt_maps([], ObjectMasks((1,), mask), (1,), frame, 4, 6.5)[0, 2].min() == 1
