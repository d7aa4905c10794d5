from __future__ import annotations

from dataclasses import replace

import numpy as np

from s2m.engine.geometry import frame_of_box
from s2m.engine.model_cards import ModelCard
from s2m.engine.views import crop_box, views_of_guess, views_of_image, views_of_object
from s2m.types import ABSENT_LOGIT, FloatArray, Sign, Stroke

SIZE_HW = (100, 200)
CARD = ModelCard("tiny", "none", "1", 64, 32, 4, 5, flip_size=32)


def dot(x: float, y: float, sign: Sign = "positive") -> Stroke:
    return Stroke(np.array([[x, y]]), 1, sign)


def mask_of(top: int, bottom: int, left: int, right: int, size_hw: tuple[int, int] = SIZE_HW) -> FloatArray:
    logits = np.full(size_hw, ABSENT_LOGIT, np.float32)
    logits[top:bottom, left:right] = 5
    return logits


def box_of(logits: FloatArray, *strokes: Stroke) -> tuple[int, int, int, int] | None:
    return crop_box(logits, strokes, SIZE_HW, smallest_px=16)


def test_the_box_holds_the_object_with_a_margin() -> None:
    box = box_of(mask_of(40, 60, 80, 110), dot(95, 50))
    assert box is not None
    left, top, right, bottom = box
    assert left <= 80 - 10
    assert right >= 110 + 10
    assert top <= 40 - 7
    assert bottom >= 60 + 7
    assert right - left < 90


def test_the_box_holds_strokes_outside_the_mask() -> None:
    box = box_of(mask_of(40, 60, 80, 110), dot(95, 50), dot(30, 20, sign="negative"))
    assert box is not None
    assert box[0] <= 30
    assert box[1] <= 20


def test_components_that_no_stroke_touches_do_not_widen_the_box() -> None:
    box = box_of(np.maximum(mask_of(40, 60, 80, 100), mask_of(0, 5, 190, 200)), dot(90, 50))
    assert box is not None
    assert box[2] < 150


def test_small_changes_of_the_object_keep_the_box() -> None:
    assert len({box_of(mask_of(40, 60, 80, 110 + grown), dot(95, 50)) for grown in range(2)}) == 1


def test_a_large_object_has_no_box() -> None:
    assert box_of(mask_of(5, 95, 20, 180), dot(95, 50)) is None


def test_without_mask_and_strokes_there_is_no_box() -> None:
    assert box_of(mask_of(0, 0, 0, 0)) is None


def test_a_box_at_the_edge_stays_in_the_image() -> None:
    box = box_of(mask_of(0, 12, 0, 12), dot(5, 5))
    assert box is not None
    assert box[:2] == (0, 0)


def test_an_object_without_a_mask_has_the_image_and_its_smaller_flip() -> None:
    whole, flip = views_of_image(SIZE_HW, CARD)
    assert (whole.frame.box_xyxy, whole.frame.size_hw, whole.flip, whole.weight) == (
        (0, 0, 200, 100),
        (32, 64),
        False,
        0.5,
    )
    assert (flip.frame.box_xyxy, flip.frame.size_hw, flip.flip, flip.weight) == ((0, 0, 200, 100), (32, 32), True, 0.5)
    (alone,) = views_of_image(SIZE_HW, replace(CARD, flip_size=0))
    assert (alone.frame, alone.flip, alone.weight) == (whole.frame, False, 1.0)


def test_an_object_with_a_mask_has_its_crop_or_the_image_where_it_is_large() -> None:
    (whole, _), size_hw = views_of_image((600, 800), CARD), (600, 800)
    for right, is_crop in ((320, True), (360, True), (700, False)):
        logits = mask_of(100, 300, 100, right, size_hw)
        (view,) = views_of_object(logits, [dot(150, 150)], size_hw, CARD)
        box = crop_box(logits, [dot(150, 150)], size_hw)
        assert (box is not None) == is_crop
        assert view.frame == (whole.frame if box is None else frame_of_box(size_hw, box, 64, 32))
        assert (view.flip, view.weight) == (False, 1.0)


def test_a_small_guess_has_a_crop_that_counts_as_much_as_the_image_and_its_flip() -> None:
    size_hw = (600, 800)
    (crop,) = views_of_guess(mask_of(300, 331, 403, 434, size_hw), [dot(418, 315)], size_hw, CARD)
    left, top, right, bottom = crop.frame.box_xyxy
    assert left < 403 < 434 < right
    assert top < 300 < 331 < bottom
    assert max(right - left, bottom - top) <= 0.35 * 800
    assert crop.weight == sum(view.weight for view in views_of_image(size_hw, CARD))


def test_a_guess_that_is_large_or_shows_nothing_has_no_crop() -> None:
    size_hw = (600, 800)
    assert views_of_guess(mask_of(100, 300, 100, 400, size_hw), [dot(150, 150)], size_hw, CARD) == ()
    assert views_of_guess(mask_of(0, 0, 0, 0, size_hw), [dot(150, 150)], size_hw, CARD) == ()
