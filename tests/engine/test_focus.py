from __future__ import annotations

import numpy as np
import pytest

from s2m.engine.focus import BoxSettings, FocusedSegmenter, FocusSettings, canvas_size_hw, focus_box, part_box
from s2m.engine.geometry import resize_maps
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.types import ByteArray, FloatArray, LabelMap, ObjectMasks, Sign, Stroke

BOX = BoxSettings(smallest_side_px=16)
SETTINGS = FocusSettings(early_strokes=0, later=BOX)


def dot(x: float, y: float, object_id: int = 1, sign: Sign = "positive") -> Stroke:
    return Stroke(np.array([[x, y]]), object_id, sign)


def mask_of(top: int, bottom: int, left: int, right: int) -> FloatArray:
    mask = np.zeros((100, 200), np.float32)
    mask[top:bottom, left:right] = 1
    return mask


def iou(answer: LabelMap, truth: LabelMap, object_id: int) -> float:
    ours, theirs = answer == object_id, truth == object_id
    return float((ours & theirs).sum() / (ours | theirs).sum())


def test_the_box_holds_the_object_with_a_margin() -> None:
    box = focus_box(mask_of(40, 60, 80, 110), [dot(95, 50)], (100, 200), BOX)
    assert box is not None
    left, top, right, bottom = box
    assert left <= 80 - 10
    assert right >= 110 + 10
    assert top <= 40 - 7
    assert bottom >= 60 + 7
    assert right - left < 90


def test_the_box_holds_strokes_outside_the_mask() -> None:
    box = focus_box(mask_of(40, 60, 80, 110), [dot(95, 50), dot(30, 20, sign="negative")], (100, 200), BOX)
    assert box is not None
    assert box[0] <= 30
    assert box[1] <= 20


def test_parts_that_no_stroke_touches_do_not_widen_the_box() -> None:
    mask = np.maximum(mask_of(40, 60, 80, 100), mask_of(0, 5, 190, 200))
    box = focus_box(mask, [dot(90, 50)], (100, 200), BOX)
    assert box is not None
    assert box[2] < 150


def test_small_changes_of_the_object_keep_the_box() -> None:
    boxes = {focus_box(mask_of(40, 60, 80, 110 + grown), [dot(95, 50)], (100, 200), BOX) for grown in range(2)}
    assert len(boxes) == 1


def test_a_large_object_needs_no_box() -> None:
    assert focus_box(mask_of(5, 95, 20, 180), [dot(95, 50)], (100, 200), BOX) is None


def test_without_mask_and_strokes_there_is_no_box() -> None:
    assert focus_box(np.zeros((100, 200), np.float32), [], (100, 200), BOX) is None


def test_a_box_at_the_edge_stays_in_the_image() -> None:
    box = focus_box(mask_of(0, 12, 0, 12), [dot(5, 5)], (100, 200), BOX)
    assert box is not None
    assert box[:2] == (0, 0)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (95, 50), (199, 99), (120, 3), (-20, 300)])
def test_a_part_is_half_of_the_image_around_the_stroke(x: float, y: float) -> None:
    box = part_box(dot(x, y), (100, 200), SETTINGS)
    assert box is not None
    left, top, right, bottom = box
    assert (right - left, bottom - top) == (100, 100)
    assert left >= 0
    assert right <= 200
    assert left <= min(max(x, 0), 199) < right


def test_strokes_beside_each_other_share_a_part() -> None:
    assert len({part_box(dot(95 + step, 50), (100, 200), SETTINGS) for step in range(3)}) == 1


def test_long_strokes_and_small_images_have_no_part() -> None:
    long = Stroke(np.array([[10.0, 10.0], [150.0, 20.0]]), 1)
    assert part_box(long, (100, 200), SETTINGS) is None
    assert part_box(dot(10, 10), (20, 30), SETTINGS) is None


def test_after_some_strokes_on_a_large_object_its_part_is_looked_at(tiny_model: OnnxModel) -> None:
    image = np.full((120, 240, 3), (200, 30, 30), np.uint8)
    segmenter = FocusedSegmenter(tiny_model, FocusSettings(early_strokes=0, whole_strokes=4, later=BOX))
    features = segmenter.encode(image)
    previous = ObjectMasks((1,), np.ones((1, 120, 240), np.float32))
    strokes = [dot(20 + 30 * number, 60) for number in range(4)]
    whole = segmenter.predict(features, strokes, previous)
    assert np.array_equal(whole.logits, segmenter.segmenter.predict(features.whole, strokes, previous).logits)
    fifth = dot(30, 60, sign="negative")
    after = segmenter.predict(features, [*strokes, fifth], previous)
    box = part_box(fifth, (120, 240), segmenter.settings)
    assert box is not None
    changed = np.abs(after.logits[0] - np.log(0.9999546 / (1 - 0.9999546))) > 1e-2
    assert changed[box[1] : box[3], box[0] : box[2]].any()
    changed[box[1] : box[3], box[0] : box[2]] = False
    assert not changed.any(), "outside the part the mask before holds"


@pytest.mark.parametrize(
    ("size_hw", "expected"), [((300, 400), (300, 400)), ((3200, 6400), (512, 1024)), ((1, 9000), (1, 1024))]
)
def test_the_answer_has_the_size_of_the_image_up_to_a_limit(
    size_hw: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert canvas_size_hw(size_hw, FocusSettings()) == expected


def test_small_objects_come_out_sharper_than_from_the_whole(tiny_model: OnnxModel) -> None:
    image = np.full((600, 800, 3), (40, 160, 40), np.uint8)
    truth = np.zeros((600, 800), np.int32)
    truth[300:331, 403:434] = 1
    truth[100:131, 603:634] = 2
    image[truth == 1] = (200, 30, 30)
    image[truth == 2] = (30, 30, 200)
    strokes = [dot(418, 315, 1), dot(618, 115, 2)]
    whole, focused = Segmenter(tiny_model), FocusedSegmenter(tiny_model, SETTINGS)
    before = whole.predict(whole.encode(image), strokes)
    coarse = before.label_map()
    sharp = focused.predict(focused.encode(image), strokes, before.masks).label_map()
    for object_id in (1, 2):
        assert iou(sharp, truth, object_id) > iou(coarse, truth, object_id) + 0.1


def test_a_small_object_is_guessed_from_the_whole_and_from_its_box(tiny_model: OnnxModel) -> None:
    image = np.full((600, 800, 3), (40, 160, 40), np.uint8)
    truth = np.zeros((600, 800), np.int32)
    truth[300:331, 403:434] = 1
    image[truth == 1] = (200, 30, 30)
    strokes = [dot(418, 315)]
    whole, focused = Segmenter(tiny_model), FocusedSegmenter(tiny_model)
    coarse = whole.predict(whole.encode(image), strokes)
    answer = focused.predict(focused.encode(image), strokes)
    assert iou(answer.label_map(), truth, 1) > iou(coarse.label_map(), truth, 1) + 0.05

    box = focus_box(coarse.masks.of(1), strokes, (600, 800), focused.settings.guess)
    assert box is not None
    left, top, right, bottom = box
    closer = whole.predict(whole.encode(image, box, focused.settings.guess.detail), strokes)
    near = resize_maps(closer.logits, (bottom - top, right - left))
    far = resize_maps(coarse.logits, (600, 800))
    expected = far.copy()
    expected[:, top:bottom, left:right] = (near + far[:, top:bottom, left:right]) / 2
    np.testing.assert_allclose(answer.logits, expected, atol=1e-4)


def test_a_small_object_beside_one_with_a_mask_is_looked_at_closer_too(tiny_model: OnnxModel) -> None:
    image = np.full((600, 800, 3), (40, 160, 40), np.uint8)
    image[300:331, 403:434] = (200, 30, 30)
    image[50:250, 50:750] = (30, 30, 200)
    focused = FocusedSegmenter(tiny_model)
    features = focused.encode(image)
    large = focused.predict(features, [dot(400, 150)])
    assert np.array_equal(large.logits, focused.segmenter.predict(features.whole, [dot(400, 150)]).logits)
    both = focused.predict(features, [dot(400, 150), dot(418, 315, 2)], large.masks)
    alone = focused.predict(features, [dot(400, 150), dot(418, 315, 2)], large.masks, object_ids=(2,))
    assert both.object_ids == (1, 2)
    np.testing.assert_allclose(both.logits[1], alone.logits[0], atol=1e-4)


@pytest.mark.parametrize(("early_share", "is_closer"), [(0.2, False), (1.0, True)])
def test_the_first_strokes_on_a_mask_look_closer_only_where_it_is_small(
    tiny_model: OnnxModel, two_discs: ByteArray, early_share: float, is_closer: bool
) -> None:
    whole = Segmenter(tiny_model)
    focused = FocusedSegmenter(
        tiny_model,
        FocusSettings(early_strokes=2, early=BoxSettings(largest_share=early_share, smallest_side_px=16), later=BOX),
    )
    strokes, features = [dot(32, 48), dot(34, 48)], focused.encode(two_discs)
    previous = whole.predict(features.whole, strokes).masks
    from_whole = whole.predict(features.whole, strokes, previous).logits
    second = focused.predict(features, strokes, previous)
    assert np.array_equal(second.logits, from_whole) is not is_closer
    third = focused.predict(features, [*strokes, dot(36, 48)], previous)
    assert third.logits.shape[1:] == two_discs.shape[:2], "the third is closer whatever the size"


def test_a_small_object_is_shown_in_less_detail_until_its_third_stroke(tiny_model: OnnxModel) -> None:
    image = np.full((600, 800, 3), (40, 160, 40), np.uint8)
    image[300:331, 403:434] = (200, 30, 30)
    whole, focused = Segmenter(tiny_model), FocusedSegmenter(tiny_model)
    mask = np.zeros((1, 600, 800), np.float32)
    mask[0, 300:331, 403:434] = 1
    previous = ObjectMasks((1,), mask)
    strokes = [dot(418, 315), dot(410, 320), dot(425, 310)]
    for count, rule in ((2, focused.settings.early), (3, focused.settings.later)):
        box = focus_box(mask[0], strokes[:count], (600, 800), rule)
        assert box is not None
        left, top, right, bottom = box
        closer = whole.encode(image, box, rule.detail)
        assert max(closer.frame.size_hw) == rule.detail * tiny_model.card.working_size
        expected = resize_maps(whole.predict(closer, strokes[:count], previous).logits, (bottom - top, right - left))
        answer = focused.predict(focused.encode(image), strokes[:count], previous)
        np.testing.assert_allclose(answer.logits[:, top:bottom, left:right], expected, atol=1e-4)
    assert focused.settings.early.detail < focused.settings.later.detail


def test_the_same_history_gives_the_same_answer_whatever_was_looked_at_before(
    tiny_model: OnnxModel, two_discs: ByteArray
) -> None:
    segmenter = FocusedSegmenter(tiny_model, SETTINGS)
    fresh, used = segmenter.encode(two_discs), segmenter.encode(two_discs)
    other = [dot(96, 48, 2), dot(3, 3, 2, "negative")]
    segmenter.predict(used, other, segmenter.predict(used, other).masks)
    strokes = [dot(32, 48), dot(40, 50)]
    previous = segmenter.predict(fresh, strokes).masks
    answers = [segmenter.predict(features, strokes, previous).logits for features in (fresh, used)]
    assert np.array_equal(answers[0], answers[1])


def test_outside_its_box_an_object_keeps_the_masks_before(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    segmenter = FocusedSegmenter(tiny_model, FocusSettings(early=BoxSettings(smallest_side_px=16, largest_share=1.0)))
    before = np.zeros((1, 96, 128), np.float32)
    before[0, 38:58, 22:42] = 1
    before[0, :4, 120:] = 1
    answer = segmenter.predict(segmenter.encode(two_discs), [dot(32, 48)], ObjectMasks((1,), before))
    label_map = answer.label_map()
    assert (label_map[:3, 122:] == 1).all()
    assert label_map[48, 15] == 1, "the closer look found the rest of the disc"


def test_objects_nobody_asked_about_stay_out(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    segmenter = FocusedSegmenter(tiny_model, SETTINGS)
    prediction = segmenter.predict(segmenter.encode(two_discs), [dot(32, 48, 1), dot(96, 48, 2)], object_ids=(2,))
    assert prediction.object_ids == (2,)
    assert set(np.unique(prediction.label_map())) == {0, 2}
