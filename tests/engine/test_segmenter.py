from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from s2m.engine.geometry import Frame
from s2m.engine.model_cards import ModelCard
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import FeatureCache, Features, Segmenter
from s2m.errors import ImageError, StrokeError
from s2m.types import BACKGROUND_ID, ByteArray, FloatArray, LabelMap, ObjectMasks, Stroke


def stroke(x: float, y: float, object_id: int = 1) -> Stroke:
    return Stroke(np.array([[x - 6, y], [x + 6, y]]), object_id)


def overlap(label_map: LabelMap, truth: LabelMap, object_id: int) -> float:
    got, wanted = label_map == object_id, truth == object_id
    return float((got & wanted).sum() / (got | wanted).sum())


def test_two_strokes_give_two_objects(tiny_model: OnnxModel, two_discs: ByteArray, two_discs_labels: LabelMap) -> None:
    segmenter = Segmenter(tiny_model)
    prediction = segmenter.predict(segmenter.encode(two_discs), [stroke(32, 48, 1), stroke(96, 48, 7)])

    label_map = prediction.label_map()

    assert prediction.object_ids == (1, 7)
    assert label_map.shape == (96, 128)
    assert label_map.dtype == np.int32
    assert overlap(label_map, two_discs_labels, 1) > 0.8
    assert overlap(np.where(label_map == 7, 2, 0).astype(np.int32), two_discs_labels, 2) > 0.8


def test_probabilities_sum_to_one_and_agree_with_the_label_map(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    segmenter = Segmenter(tiny_model)
    prediction = segmenter.predict(segmenter.encode(two_discs), [stroke(32, 48, 3), stroke(96, 48, 5)])

    probs = prediction.probs((50, 60))

    assert probs.shape == (3, 50, 60)
    np.testing.assert_allclose(probs.sum(axis=0), 1, atol=1e-5)
    assert (np.array([0, 3, 5])[probs.argmax(axis=0)] == prediction.label_map((50, 60))).all()


def test_large_images_are_joined_band_by_band_without_a_seam(
    tiny_model: OnnxModel, two_discs: ByteArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = Segmenter(tiny_model)
    strokes = [stroke(32, 48, 1), stroke(96, 48, 2)]
    whole = segmenter.predict(segmenter.encode(two_discs), strokes)
    box = segmenter.predict(segmenter.encode(two_discs, (10, 20, 120, 80)), strokes, whole.masks)
    expected = [(answer.label_map((300, 401)), answer.probs((300, 401))) for answer in (whole, box)]

    monkeypatch.setattr("s2m.engine.segmenter._VALUES_AT_ONCE", 401 * 2 * 7)

    for answer, (label_map, probs) in zip((whole, box), expected, strict=True):
        assert (answer.label_map((300, 401)) == label_map).all()
        np.testing.assert_allclose(answer.probs((300, 401)), probs, atol=1e-5)


def test_a_negative_stroke_alone_takes_a_previous_mask_away(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    segmenter = Segmenter(tiny_model)
    features = segmenter.encode(two_discs)
    before = segmenter.predict(features, [stroke(32, 48)])
    eraser = Stroke(np.array([[20.0, 48.0], [44.0, 48.0]]), BACKGROUND_ID)

    after = segmenter.predict(features, [eraser], before.masks)

    assert after.object_ids == (1,)
    assert before.label_map()[48, 32] == 1
    assert after.label_map()[48, 32] == 0


def test_the_same_call_gives_the_same_answer_whatever_came_between(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    segmenter = Segmenter(tiny_model)
    features = segmenter.encode(two_discs)
    first = segmenter.predict(features, [stroke(32, 48)])
    segmenter.predict(features, [stroke(96, 48, 2)], first.masks)

    assert (segmenter.predict(features, [stroke(32, 48)]).logits == first.logits).all()


def test_more_objects_than_go_through_at_once_answer_like_one_by_one(
    tiny_model: OnnxModel, two_discs: ByteArray
) -> None:
    segmenter = Segmenter(tiny_model)
    features = segmenter.encode(two_discs)
    strokes = [stroke(10 + 10 * place, 48, place + 1) for place in range(11)]

    together = segmenter.predict(features, strokes)

    assert together.logits.shape[0] == 11
    for place in (0, 8, 10):
        alone = segmenter.predict(features, strokes, object_ids=[place + 1])
        np.testing.assert_allclose(together.logits[place], alone.logits[0], atol=1e-5)


def test_a_box_is_answered_inside_and_the_previous_mask_holds_outside(
    tiny_model: OnnxModel, two_discs: ByteArray, two_discs_labels: LabelMap
) -> None:
    segmenter = Segmenter(tiny_model)
    blue = ObjectMasks((1,), (two_discs_labels == 2).astype(np.float32)[None])
    features = segmenter.encode(two_discs, box_xyxy=(0, 16, 64, 80))

    prediction = segmenter.predict(features, [stroke(32, 48)], blue)

    assert overlap(prediction.label_map(), np.minimum(two_discs_labels, 1), 1) > 0.85
    assert prediction.masks.probs.shape[1:] == (96, 128)
    assert prediction.masks.probs[0, 48, 96] > 0.99
    assert prediction.masks.probs[0, 90, 64] < 0.01


def test_what_lies_outside_a_box_without_previous_mask_is_background(
    tiny_model: OnnxModel, two_discs: ByteArray
) -> None:
    segmenter = Segmenter(tiny_model)
    prediction = segmenter.predict(segmenter.encode(two_discs, (0, 16, 64, 80)), [stroke(32, 48)])

    label_map = prediction.label_map()

    assert label_map[48, 32] == 1
    assert not label_map[:, 64:].any()
    assert not label_map[:16].any()


class LeansRight:
    """A model whose answer is the share of the way from left to right, whatever is drawn."""

    card = ModelCard("leans right", "none", "1", 64, 32, 4, 5, mirrored_size=32)

    def encode(self, image: FloatArray) -> tuple[FloatArray, ...]:
        return (image,)

    def decode(self, features: tuple[FloatArray, ...], prompts: FloatArray) -> FloatArray:
        height, width = features[0].shape[2:]
        ramp = (np.arange(width, dtype=np.float32) + 0.5) / width
        return np.broadcast_to(ramp, (len(prompts), height, width)).copy()


def test_an_object_without_a_mask_is_the_mean_of_the_image_and_its_mirror() -> None:
    segmenter = Segmenter(LeansRight())
    features = segmenter.encode(np.zeros((64, 64, 3), np.uint8))
    masks = ObjectMasks((1, 2, 3), np.stack([np.ones((8, 8)), np.zeros((8, 8)), np.ones((8, 8))]).astype(np.float32))

    logits = segmenter.predict(features, [stroke(32, 32, object_id) for object_id in (1, 2, 3, 4)], masks).logits

    assert logits.shape == (4, 64, 64)
    ramp = np.broadcast_to((np.arange(64) + 0.5) / 64, (64, 64))
    for object_id, expected in ((1, ramp), (2, np.full((64, 64), 0.5)), (3, ramp), (4, np.full((64, 64), 0.5))):
        np.testing.assert_allclose(logits[object_id - 1], expected, atol=0.01)


def test_strokes_lie_where_they_were_drawn_in_the_mirrored_look_too(
    tiny_model: OnnxModel, two_discs: ByteArray, two_discs_labels: LabelMap
) -> None:
    tiny_model.card = replace(tiny_model.card, mirrored_size=96)
    segmenter = Segmenter(tiny_model)
    features = segmenter.encode(two_discs)
    assert features.mirrored is not None
    assert features.mirrored.frame.size_hw == (64, 96)

    label_map = segmenter.predict(features, [stroke(32, 48, 1), stroke(96, 48, 2)]).label_map()

    assert overlap(label_map, two_discs_labels, 1) > 0.8
    assert overlap(label_map, two_discs_labels, 2) > 0.8


def test_the_mirrored_look_takes_memory_and_a_box_has_none(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    alone = Segmenter(tiny_model).encode(two_discs)
    tiny_model.card = replace(tiny_model.card, mirrored_size=96)
    segmenter = Segmenter(tiny_model)

    features = segmenter.encode(two_discs)

    assert alone.mirrored is None
    assert features.mirrored is not None
    assert features.nbytes == alone.nbytes + sum(array.nbytes for array in features.mirrored.maps)
    assert segmenter.encode(two_discs, (0, 16, 64, 80)).mirrored is None


def test_parts_of_the_same_colour_are_left_out_unless_a_stroke_or_the_mask_before_touches_them(
    tiny_model: OnnxModel, two_discs: ByteArray, two_discs_labels: LabelMap
) -> None:
    alike = np.where((two_discs_labels == 2)[..., None], two_discs[48, 32], two_discs).astype(np.uint8)
    both = ObjectMasks((1,), (two_discs_labels > 0).astype(np.float32)[None])

    def found(previous: ObjectMasks | None, *strokes: Stroke) -> tuple[bool, bool]:
        label_map = segmenter.predict(segmenter.encode(alike), strokes, previous).label_map()
        return bool(label_map[48, 32]), bool(label_map[48, 96])

    segmenter = Segmenter(tiny_model)
    assert found(None, stroke(32, 48)) == (True, True)
    tiny_model.card = replace(tiny_model.card, touched_parts_only=True)
    assert found(None, stroke(32, 48)) == (True, False)
    assert found(None, stroke(32, 48), stroke(96, 48)) == (True, True)
    assert found(both, stroke(32, 48)) == (True, True)


def test_no_object_at_all_is_an_error_that_says_what_to_do(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    segmenter = Segmenter(tiny_model)
    features = segmenter.encode(two_discs)

    with pytest.raises(StrokeError, match="draw at least one stroke"):
        segmenter.predict(features, [stroke(5, 5, BACKGROUND_ID)])
    with pytest.raises(StrokeError, match="positive and different"):
        segmenter.predict(features, [stroke(5, 5)], object_ids=[1, 1])


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_arrays_that_are_no_rgb_image_are_refused(tiny_model: OnnxModel, array: ByteArray) -> None:
    with pytest.raises(ImageError, match="uint8"):
        Segmenter(tiny_model).encode(array)


@pytest.mark.parametrize("box", [(-1, 0, 5, 5), (0, 0, 129, 5), (5, 5, 5, 9), (0, 97, 5, 96)])
def test_a_box_outside_the_image_is_refused(
    tiny_model: OnnxModel, two_discs: ByteArray, box: tuple[int, int, int, int]
) -> None:
    with pytest.raises(ImageError, match="box"):
        Segmenter(tiny_model).encode(two_discs, box)


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 300), (300, 1), (37, 53)])
def test_images_of_any_shape_get_masks_of_their_size(tiny_model: OnnxModel, size_hw: tuple[int, int]) -> None:
    segmenter = Segmenter(tiny_model)
    features = segmenter.encode(np.zeros((*size_hw, 3), np.uint8))

    assert segmenter.predict(features, [stroke(0.5, 0.5)]).label_map().shape == size_hw


def features_of(numbers: int) -> Features:
    maps: tuple[FloatArray, ...] = (np.zeros(numbers, np.float32),)
    return Features(Frame((8, 8), (0, 0, 8, 8), (32, 32)), maps, 0.0)


def test_the_cache_forgets_what_was_unused_for_longest() -> None:
    cache: FeatureCache[Features] = FeatureCache(limit_bytes=1000)
    cache.put("a", features_of(100))
    cache.put("b", features_of(100))
    assert cache.get("a") is not None

    cache.put("c", features_of(100))

    assert cache.get("b") is None
    assert cache.get("a") is not None
    assert cache.get("c") is not None
    assert cache.nbytes == 800


def test_the_cache_keeps_the_newest_features_even_when_they_alone_are_too_large() -> None:
    cache: FeatureCache[Features] = FeatureCache(limit_bytes=100)
    cache.put("a", features_of(10))
    large = features_of(1000)
    cache.put("b", large)

    assert cache.get("a") is None
    assert cache.get("b") is large


def test_a_cleared_cache_holds_nothing() -> None:
    cache: FeatureCache[Features] = FeatureCache(limit_bytes=1000)
    cache.put("a", features_of(10))

    cache.clear()

    assert cache.get("a") is None
    assert cache.nbytes == 0
