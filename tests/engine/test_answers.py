from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from s2m.engine.aggregation import label_map_from_logits
from s2m.engine.answers import AnswerRequest, answered_masks, previewed_masks
from s2m.engine.geometry import resize_maps
from s2m.types import FloatArray, LabelMap, Sign, Stroke

CELLS_HW = (20, 30)
IMAGE_HW = (60, 90)
"""Three pixels to a cell, so that the label map lies between cells."""


class Discs:
    """A network of a few lines: discs around positive strokes, cut out by negative ones; every question is noted."""

    def __init__(self, radius: float = 5.0) -> None:
        self.radius = radius
        self.asked: list[tuple[int, list[int]]] = []

    def __call__(self, strokes: Sequence[Stroke], object_id: int) -> FloatArray:
        self.asked.append((object_id, [stroke.object_id for stroke in strokes]))
        y, x = np.mgrid[: CELLS_HW[0], : CELLS_HW[1]] + 0.5
        logits = np.full(CELLS_HW, -6.0)
        for stroke in strokes:
            positive = stroke.object_id == object_id and stroke.sign == "positive"
            radius = self.radius if positive else self.radius / 2
            for point in stroke.points_xy / 3:
                reach = radius - np.hypot(x - point[0], y - point[1])
                logits = np.where(reach > 0, np.maximum(logits, reach) if positive else -reach, logits)
        return logits.astype(np.float32)


def dot(x: float, y: float, object_id: int = 1, sign: Sign = "positive") -> Stroke:
    return Stroke(np.array([[x, y]]) * 3, object_id, sign)


def labels(masks: dict[int, FloatArray]) -> LabelMap:
    logits = np.stack(list(masks.values()))
    return label_map_from_logits(resize_maps(logits, IMAGE_HW), tuple(masks))


def answered(
    strokes: Sequence[Stroke],
    masks: dict[int, FloatArray],
    network: Discs,
    *,
    new: int = 1,
    kept_ids: Sequence[int] = (),
    finished_ids: Sequence[int] = (),
) -> dict[int, FloatArray]:
    request = AnswerRequest(strokes, strokes[len(strokes) - new :], IMAGE_HW, kept_ids, finished_ids)
    return answered_masks(request, masks, network)


def test_a_stroke_answers_its_object_and_nothing_else() -> None:
    masks = {1: Discs()([dot(5, 5)], 1), 2: Discs()([dot(25, 15, 2)], 2)}
    network = Discs()
    after = answered([dot(5, 5), dot(25, 15, 2), dot(7, 5)], masks, network)
    assert set(after) == {1}
    assert network.asked == [(1, [1, 1])]


def test_an_object_that_is_run_over_is_answered_and_told_why() -> None:
    masks = {1: Discs()([dot(5, 5)], 1)}
    network = Discs()
    after = answered([dot(5, 5), dot(7, 5, 2)], masks, network)
    assert set(after) == {1, 2}
    assert network.asked == [(1, [1]), (2, [2]), (1, [1, 2]), (2, [1, 2])]
    assert after[1][5, 7] < 0 < after[2][5, 7]


def test_a_negative_stroke_of_one_object_says_nothing_about_others() -> None:
    masks = {1: Discs()([dot(5, 5)], 1), 2: Discs()([dot(12, 5, 2)], 2)}
    assert set(answered([dot(5, 5), dot(12, 5, 2), dot(12, 5, 1, "negative")], masks, Discs())) == {1}


def test_a_stroke_of_the_background_answers_what_it_runs_over() -> None:
    masks = {1: Discs()([dot(5, 5)], 1), 2: Discs()([dot(25, 15, 2)], 2)}
    after = answered([dot(5, 5), dot(25, 15, 2), dot(5, 5, 0)], masks, Discs())
    assert set(after) == {1}
    assert after[1][5, 5] < 0


def test_kept_objects_are_never_asked_for() -> None:
    masks = {1: Discs()([dot(5, 5)], 1)}
    network = Discs()
    after = answered([dot(5, 5), dot(7, 5, 2)], masks, network, kept_ids=(1,))
    assert set(after) == {2}
    assert {object_id for object_id, _ in network.asked} == {2}


def test_a_finished_object_changes_where_a_stroke_touches_the_change() -> None:
    masks = {1: Discs()([dot(5, 5)], 1)}
    strokes = [dot(5, 5), dot(25, 15), dot(10, 5)]
    whole = answered(strokes, masks, Discs())
    local = answered(strokes, masks, Discs(), finished_ids=(1,))
    assert whole[1][15, 25] > 0
    assert local[1][15, 25] < 0
    assert local[1][5, 12] > 0


def test_objects_that_may_overlap_do_not_know_of_each_other() -> None:
    masks = {1: Discs()([dot(5, 5)], 1)}
    network = Discs()
    strokes = [dot(5, 5), dot(7, 5, 2)]
    request = AnswerRequest(strokes, strokes[1:], IMAGE_HW, exclusive=False)
    after = answered_masks(request, masks, network)
    assert network.asked == [(2, [2])]
    np.testing.assert_array_equal(after[2], Discs()([dot(7, 5, 2)], 2))


def test_half_precision_stays_half_precision() -> None:
    def ask(strokes: Sequence[Stroke], object_id: int) -> np.ndarray:
        return Discs()(strokes, object_id).astype(np.float16)

    masks = {1: ask([dot(5, 5)], 1)}
    strokes = [dot(5, 5), dot(12, 5, 2)]
    after = answered_masks(AnswerRequest(strokes, strokes[1:], IMAGE_HW, kept_ids=(1,)), masks, ask)
    assert after[2].dtype == np.float16


def test_an_answered_object_keeps_what_it_had_won_from_one_that_is_kept() -> None:
    masks = {1: Discs(4.0)([dot(10, 5)], 1), 2: Discs(8.0)([dot(15, 5, 2)], 2)}
    before = labels(masks)
    after = answered([dot(15, 5, 2), dot(20, 5, 2)], masks, Discs(8.0), kept_ids=(1,))
    had = (before == 2) & (resize_maps(masks[1][None], IMAGE_HW)[0] > 0)
    assert had.any()
    assert (labels({**masks, **after})[had] == 2).all()


def previewed(
    strokes: Sequence[Stroke], masks: dict[int, FloatArray], network: Discs, finished_ids: Sequence[int] = ()
) -> dict[int, FloatArray]:
    return previewed_masks(AnswerRequest(strokes, strokes[-1:], IMAGE_HW, (), finished_ids), masks, network)


def test_a_preview_asks_once_for_the_object_under_the_pen_alone() -> None:
    masks = {1: Discs()([dot(5, 5)], 1), 2: Discs()([dot(25, 15, 2)], 2)}
    network = Discs()
    shown = previewed([dot(5, 5), dot(25, 15, 2), dot(7, 5, 2)], masks, network)
    assert set(shown) == {2}
    assert network.asked == [(2, [1, 2, 2])]
    assert shown[2][5, 7] > masks[1][5, 7]


def test_a_preview_takes_nothing_from_objects_that_the_pen_does_not_meet() -> None:
    masks = {1: Discs()([dot(5, 5)], 1)}
    before = labels(masks) == 1
    shown = previewed([dot(5, 5), dot(13, 5, 2)], masks, Discs(9.0))
    assert (labels({**masks, **shown})[before] == 1).all()


def test_a_preview_of_the_background_shows_what_it_takes_away() -> None:
    masks = {1: Discs()([dot(5, 5)], 1), 2: Discs()([dot(25, 15, 2)], 2)}
    shown = previewed([dot(5, 5), dot(25, 15, 2), dot(5, 5, 0)], masks, Discs())
    assert set(shown) == {1}
    assert shown[1][5, 5] < 0


def test_a_preview_of_a_finished_object_changes_it_where_the_pen_is() -> None:
    masks = {1: Discs()([dot(5, 5)], 1)}
    shown = previewed([dot(5, 5), dot(25, 15), dot(10, 5)], masks, Discs(), finished_ids=(1,))
    assert shown[1][15, 25] < 0 < shown[1][5, 12]


places = st.tuples(st.integers(0, CELLS_HW[1] - 1), st.integers(0, CELLS_HW[0] - 1))
histories = st.lists(st.tuples(places, st.integers(1, 4), st.sampled_from(["positive", "negative"])), max_size=10)


@given(histories, st.floats(2, 9), st.sets(st.integers(1, 4)), st.sets(st.integers(1, 4)))
def test_an_object_that_is_not_answered_loses_no_pixel(
    history: list[tuple[tuple[int, int], int, Sign]], radius: float, kept: set[int], finished: set[int]
) -> None:
    masks: dict[int, FloatArray] = {}
    strokes: list[Stroke] = []
    for (x, y), object_id, sign in history:
        if object_id in kept and object_id in masks:
            continue
        strokes.append(dot(x + 0.5, y + 0.5, object_id, sign))
        before = labels(masks) if masks else np.zeros(IMAGE_HW, dtype=np.int32)
        after = answered(
            strokes, masks, Discs(radius), kept_ids=sorted(kept & set(masks)), finished_ids=sorted(finished)
        )
        untouched = {one: logits.copy() for one, logits in masks.items() if one not in after}
        masks = {**masks, **after}
        for one, logits in untouched.items():
            assert masks[one].tobytes() == logits.tobytes()
            sure = (before == one) & (resize_maps(logits[None], IMAGE_HW)[0] > 0)
            assert (labels(masks)[sure] == one).all()


@given(st.permutations([dot(4, 4), dot(25, 4, 2), dot(4, 16, 3), dot(25, 16, 4), dot(5, 5), dot(24, 15, 4)]))
def test_strokes_on_objects_that_do_not_meet_come_in_any_order(order: list[Stroke]) -> None:
    masks: dict[int, FloatArray] = {}
    for count in range(1, len(order) + 1):
        masks.update(answered(order[:count], masks, Discs(4.0)))
    expected = {1: [dot(4, 4), dot(5, 5)], 2: [dot(25, 4, 2)], 3: [dot(4, 16, 3)], 4: [dot(25, 16, 4), dot(24, 15, 4)]}
    for object_id, own in expected.items():
        drawn = [one for one in order if any(np.array_equal(one.points_xy, other.points_xy) for other in own)]
        np.testing.assert_array_equal(masks[object_id], Discs(4.0)(drawn, object_id))
