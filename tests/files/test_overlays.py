from __future__ import annotations

import numpy as np
import pytest

from s2m.errors import MaskError
from s2m.files.overlays import OBJECT_COLOURS, draw_overlay, object_colour
from s2m.types import Stroke


def grey_image() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((60, 80, 3), 100, np.uint8)


def test_an_object_is_filled_and_outlined_and_the_background_stays() -> None:
    image, label_map = grey_image(), np.zeros((60, 80), np.int32)
    label_map[20:40, 20:50] = 2

    picture = draw_overlay(image, label_map)

    colour = np.array(object_colour(2))
    assert tuple(picture[30, 20].tolist()) == tuple(colour.tolist())
    np.testing.assert_allclose(picture[30, 35], 100 * 0.58 + colour * 0.42, atol=1)
    assert (picture[:10] == 100).all()
    assert (image == 100).all()


def test_holes_are_outlined_too() -> None:
    label_map = np.ones((60, 80), np.int32)
    label_map[25:35, 30:50] = 0

    picture = draw_overlay(grey_image(), label_map)

    assert tuple(picture[24, 40].tolist()) == object_colour(1)
    assert tuple(picture[30, 40].tolist()) == (100, 100, 100)


def test_positive_strokes_have_a_coloured_core_and_negative_ones_a_light_one() -> None:
    line = np.array([[10.0, 30.0], [70.0, 30.0]])
    empty = np.zeros((60, 80), np.int32)

    positive = draw_overlay(grey_image(), empty, [Stroke(line, 1, "positive", 8)])
    negative = draw_overlay(grey_image(), empty, [Stroke(line, 1, "negative", 8)])
    dot = draw_overlay(grey_image(), empty, [Stroke(line[:1], 1)])

    assert tuple(positive[30, 40].tolist()) == object_colour(1)
    assert tuple(negative[30, 40].tolist()) == (255, 255, 255)
    assert tuple(dot[30, 10].tolist()) == object_colour(1)
    assert tuple(dot[30, 40].tolist()) == (100, 100, 100)


def test_colours_differ_for_four_times_eight_objects_and_the_background_has_its_own() -> None:
    count = 4 * len(OBJECT_COLOURS)
    assert len({object_colour(object_id) for object_id in range(count + 1)}) == count + 1
    assert object_colour(count + 1) == object_colour(1)
    assert object_colour(0) not in OBJECT_COLOURS
    assert len(set(OBJECT_COLOURS)) == len(OBJECT_COLOURS)


def test_a_label_map_of_another_size_is_refused() -> None:
    with pytest.raises(MaskError, match="not of the image's size"):
        draw_overlay(grey_image(), np.zeros((4, 4), np.int32))
