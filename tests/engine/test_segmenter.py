from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from s2m.engine.geometry import resize_maps
from s2m.engine.model_cards import ModelCard
from s2m.engine.models import SHIPPED_MODEL, OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.engine.views import views_of_guess, views_of_image
from s2m.errors import ImageError, StrokeError
from s2m.types import BACKGROUND_ID, ByteArray, FloatArray, LabelMap, ObjectLogits, Stroke


def stroke(x: float, y: float, object_id: int = 1) -> Stroke:
    return Stroke(np.array([[x - 6, y], [x + 6, y]]), object_id)


def dot(x: float, y: float, object_id: int = 1) -> Stroke:
    return Stroke(np.array([[x, y]]), object_id)


def overlap(label_map: LabelMap, truth: LabelMap, object_id: int) -> float:
    got, wanted = label_map == object_id, truth == object_id
    return float((got & wanted).sum() / (got | wanted).sum())


def small_red_square() -> tuple[ByteArray, LabelMap]:
    """A picture (600, 800, 3) of a red square of 31 pixels on green, and its truth."""
    image, truth = np.full((600, 800, 3), (40, 160, 40), np.uint8), np.zeros((600, 800), np.int32)
    truth[300:331, 403:434] = 1
    image[truth == 1] = (200, 30, 30)
    return image, truth


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
    answer = segmenter.predict(segmenter.encode(two_discs), [stroke(32, 48, 1), stroke(96, 48, 2)])
    label_map, probs = answer.label_map((300, 401)), answer.probs((300, 401))

    monkeypatch.setattr("s2m.engine.segmenter._VALUES_AT_ONCE", 401 * 2 * 7)

    assert (answer.label_map((300, 401)) == label_map).all()
    np.testing.assert_allclose(answer.probs((300, 401)), probs, atol=1e-5)


@pytest.mark.parametrize(
    ("size_hw", "expected"), [((300, 400), (300, 400)), ((3200, 6400), (512, 1024)), ((1, 9000), (1, 1024))]
)
def test_the_answer_has_the_size_of_the_image_up_to_a_limit(
    tiny_model: OnnxModel, size_hw: tuple[int, int], expected: tuple[int, int]
) -> None:
    segmenter = Segmenter(tiny_model)
    answer = segmenter.predict(segmenter.encode(np.zeros((*size_hw, 3), np.uint8)), [dot(0.5, 0.5)])
    assert answer.logits.shape == (1, *expected)
    assert answer.label_map().shape == size_hw


def test_a_negative_stroke_alone_takes_a_previous_mask_away(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    segmenter = Segmenter(tiny_model)
    embedding = segmenter.encode(two_discs)
    before = segmenter.predict(embedding, [stroke(32, 48)])
    eraser = Stroke(np.array([[20.0, 48.0], [44.0, 48.0]]), BACKGROUND_ID)

    after = segmenter.predict(embedding, [eraser], before.masks)

    assert after.object_ids == (1,)
    assert before.label_map()[48, 32] == 1
    assert after.label_map()[48, 32] == 0


@pytest.mark.parametrize("strokes", [[], [stroke(5, 5, BACKGROUND_ID)]])
def test_without_strokes_on_objects_everything_is_background(
    tiny_model: OnnxModel, two_discs: ByteArray, strokes: Sequence[Stroke]
) -> None:
    segmenter = Segmenter(tiny_model)

    answer = segmenter.predict(segmenter.encode(two_discs), strokes)

    assert answer.object_ids == ()
    assert answer.logits.shape == (0, 96, 128)
    assert answer.label_map().shape == (96, 128)
    assert not answer.label_map().any()
    assert answer.probs().shape == (1, 96, 128)
    assert (answer.probs() == 1).all()


def test_the_same_history_gives_the_same_answer_whatever_came_between(
    tiny_model: OnnxModel, two_discs: ByteArray
) -> None:
    segmenter = Segmenter(tiny_model)
    fresh, used = segmenter.encode(two_discs), segmenter.encode(two_discs)
    other = segmenter.predict(used, [stroke(96, 48, 2)])
    segmenter.predict(used, [stroke(96, 48, 2), dot(3, 3, 2)], other.masks)
    strokes = [stroke(32, 48), dot(40, 50)]
    previous = segmenter.predict(fresh, strokes).masks

    answers = [segmenter.predict(embedding, strokes, previous).logits for embedding in (fresh, used)]

    assert (answers[0] == answers[1]).all()


def test_more_objects_than_go_through_at_once_answer_like_one_by_one(
    tiny_model: OnnxModel, two_discs: ByteArray
) -> None:
    segmenter = Segmenter(tiny_model)
    embedding = segmenter.encode(two_discs)
    strokes = [stroke(10 + 10 * place, 48, place + 1) for place in range(11)]

    together = segmenter.predict(embedding, strokes)

    assert together.logits.shape[0] == 11
    for place in (0, 8, 10):
        alone = segmenter.predict(embedding, strokes, object_ids=[place + 1])
        np.testing.assert_allclose(together.logits[place], alone.logits[0], atol=1e-5)


def test_a_small_object_with_a_mask_comes_out_sharper_from_its_crop(
    tiny_model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, truth = small_red_square()
    truth[100:131, 603:634] = 2
    image[truth == 2] = (30, 30, 200)
    strokes, segmenter = [dot(418, 315, 1), dot(618, 115, 2)], Segmenter(tiny_model)
    embedding = segmenter.encode(image)
    with monkeypatch.context() as patch:
        patch.setattr("s2m.engine.views.LARGEST_FIRST_CROP", 0)
        before = segmenter.predict(embedding, strokes)

    sharp = segmenter.predict(embedding, strokes, before.masks).label_map()

    for object_id in (1, 2):
        assert overlap(sharp, truth, object_id) > overlap(before.label_map(), truth, object_id) + 0.1


def test_a_small_object_is_guessed_from_the_image_and_from_its_crop(tiny_model: OnnxModel) -> None:
    image, truth = small_red_square()
    strokes, segmenter = [dot(418, 315)], Segmenter(tiny_model)
    embedding = segmenter.encode(image)
    (whole,) = views_of_image((600, 800), tiny_model.card)
    guess = segmenter._decode(segmenter._maps(embedding, whole), whole, strokes, None, [1])
    far = resize_maps(guess, (600, 800))
    (crop,) = views_of_guess(far[0], strokes, (600, 800), tiny_model.card)
    left, top, right, bottom = crop.frame.box_xyxy
    near = segmenter._decode(segmenter._maps(embedding, crop), crop, strokes, None, [1])
    expected = far.copy()
    expected[:, top:bottom, left:right] += resize_maps(near, (bottom - top, right - left))
    expected[:, top:bottom, left:right] /= 2

    answer = segmenter.predict(embedding, strokes)

    np.testing.assert_allclose(answer.logits, expected, atol=1e-4)
    coarse = np.asarray(far[0] > 0, dtype=np.int32)
    assert overlap(answer.label_map(), truth, 1) > overlap(coarse, truth, 1) + 0.05


def test_a_small_object_beside_one_with_a_mask_is_found_in_its_crop_too(tiny_model: OnnxModel) -> None:
    image, _ = small_red_square()
    image[50:250, 50:750] = (30, 30, 200)
    segmenter = Segmenter(tiny_model)
    embedding = segmenter.encode(image)
    large = segmenter.predict(embedding, [dot(400, 150)])
    strokes = [dot(400, 150), dot(418, 315, 2)]

    both = segmenter.predict(embedding, strokes, large.masks)
    alone = segmenter.predict(embedding, strokes, large.masks, object_ids=(2,))

    assert both.object_ids == (1, 2)
    np.testing.assert_allclose(both.logits[1], alone.logits[0], atol=1e-4)


def test_outside_its_crop_an_object_keeps_the_mask_before(tiny_model: OnnxModel) -> None:
    image, truth = small_red_square()
    before = np.zeros((1, 600, 800), bool)
    before[0, 305:325, 408:428] = True
    before[0, :40, 700:] = True
    segmenter = Segmenter(tiny_model)

    answer = segmenter.predict(segmenter.encode(image), [dot(418, 315)], ObjectLogits.of_masks((1,), before))

    assert (answer.label_map()[:40, 700:] == 1).all()
    assert not answer.label_map()[50:250].any()
    assert overlap(answer.label_map()[200:], truth[200:], 1) > 0.8


class LeansRight:
    """A model whose answer is the share of the way from left to right, whatever is drawn."""

    card = ModelCard("leans right", "none", "1", 64, 32, 4, 5, flip_size=32)

    def encode(self, image: FloatArray) -> tuple[FloatArray, ...]:
        return (image,)

    def decode(self, features: tuple[FloatArray, ...], prompts: FloatArray) -> FloatArray:
        height, width = features[0].shape[2:]
        ramp = (np.arange(width, dtype=np.float32) + 0.5) / width
        return np.broadcast_to(ramp, (len(prompts), height, width)).copy()


def test_an_object_without_a_mask_is_the_mean_of_the_image_and_its_flip() -> None:
    segmenter = Segmenter(LeansRight())
    embedding = segmenter.encode(np.zeros((64, 64, 3), np.uint8))
    masks = ObjectLogits.of_masks((1, 2, 3), [np.full((8, 8), value) for value in (True, False, True)])

    logits = segmenter.predict(embedding, [stroke(32, 32, object_id) for object_id in (1, 2, 3, 4)], masks).logits

    assert logits.shape == (4, 64, 64)
    ramp = np.broadcast_to((np.arange(64) + 0.5) / 64, (64, 64))
    for object_id, expected in ((1, ramp), (2, np.full((64, 64), 0.5)), (3, ramp), (4, np.full((64, 64), 0.5))):
        np.testing.assert_allclose(logits[object_id - 1], expected, atol=0.01)


def test_strokes_lie_where_they_were_drawn_in_the_flip_too(
    tiny_model: OnnxModel, two_discs: ByteArray, two_discs_labels: LabelMap
) -> None:
    tiny_model.card = replace(tiny_model.card, flip_size=96)
    segmenter = Segmenter(tiny_model)

    label_map = segmenter.predict(segmenter.encode(two_discs), [stroke(32, 48, 1), stroke(96, 48, 2)]).label_map()

    assert overlap(label_map, two_discs_labels, 1) > 0.8
    assert overlap(label_map, two_discs_labels, 2) > 0.8


def test_components_of_the_same_colour_are_dropped_unless_a_stroke_or_the_mask_before_touches_them(
    tiny_model: OnnxModel, two_discs: ByteArray, two_discs_labels: LabelMap
) -> None:
    alike = np.where((two_discs_labels == 2)[..., None], two_discs[48, 32], two_discs).astype(np.uint8)
    both = ObjectLogits.of_masks((1,), (two_discs_labels > 0)[None])

    def found(previous: ObjectLogits | None, *strokes: Stroke) -> tuple[bool, bool]:
        label_map = segmenter.predict(segmenter.encode(alike), strokes, previous).label_map()
        return bool(label_map[48, 32]), bool(label_map[48, 96])

    segmenter = Segmenter(tiny_model)
    assert found(None, stroke(32, 48)) == (True, True)
    tiny_model.card = replace(tiny_model.card, drop_untouched_components=True)
    assert found(None, stroke(32, 48)) == (True, False)
    assert found(None, stroke(32, 48), stroke(96, 48)) == (True, True)
    assert found(both, stroke(32, 48)) == (True, True)


def test_objects_nobody_asked_about_stay_out(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    segmenter = Segmenter(tiny_model)
    prediction = segmenter.predict(segmenter.encode(two_discs), [dot(32, 48, 1), dot(96, 48, 2)], object_ids=(2,))
    assert prediction.object_ids == (2,)
    assert set(np.unique(prediction.label_map())) == {0, 2}


@pytest.mark.parametrize("object_ids", [[1, 1], [0, 1]])
def test_ids_that_occur_twice_or_are_the_background_are_refused(
    tiny_model: OnnxModel, two_discs: ByteArray, object_ids: Sequence[int]
) -> None:
    segmenter = Segmenter(tiny_model)
    with pytest.raises(StrokeError, match="positive and different"):
        segmenter.predict(segmenter.encode(two_discs), [stroke(5, 5)], object_ids=object_ids)


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_arrays_that_are_no_rgb_image_are_refused(tiny_model: OnnxModel, array: ByteArray) -> None:
    with pytest.raises(ImageError, match="uint8"):
        Segmenter(tiny_model).encode(array)


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 300), (300, 1), (37, 53)])
def test_images_of_any_shape_get_masks_of_their_size(tiny_model: OnnxModel, size_hw: tuple[int, int]) -> None:
    segmenter = Segmenter(tiny_model)
    embedding = segmenter.encode(np.zeros((*size_hw, 3), np.uint8))

    first = segmenter.predict(embedding, [stroke(0.5, 0.5)])

    assert first.label_map().shape == size_hw
    assert segmenter.predict(embedding, [stroke(0.5, 0.5)], first.masks).label_map().shape == size_hw


class Counting:
    """A model that notes how often it encodes."""

    def __init__(self, model: OnnxModel) -> None:
        self.model, self.card, self.encoded, self.decoded = model, model.card, 0, 0

    def encode(self, image: FloatArray) -> tuple[FloatArray, ...]:
        self.encoded += 1
        return self.model.encode(image)

    def decode(self, features: tuple[FloatArray, ...], prompts: FloatArray) -> FloatArray:
        self.decoded += 1
        return self.model.decode(features, prompts)


def test_a_quick_answer_encodes_nothing_and_decodes_once(tiny_model: OnnxModel) -> None:
    model, (image, _) = Counting(tiny_model), small_red_square()
    segmenter = Segmenter(model)
    embedding = segmenter.encode(image)
    quick = segmenter.predict(embedding, [dot(418, 315)], quick=True)
    assert (model.encoded, model.decoded) == (1, 1)
    assert (quick.logits > 0).any()
    first = segmenter.predict(embedding, [dot(418, 315)])
    decoded = model.decoded
    further = segmenter.predict(embedding, [dot(418, 315), dot(420, 317)], first.masks, quick=True)
    assert (model.encoded, model.decoded) == (2, decoded + 1)
    full = segmenter.predict(embedding, [dot(418, 315), dot(420, 317)], first.masks)
    np.testing.assert_array_equal(further.logits, full.logits)


def test_what_an_answer_will_need_is_encoded_ahead(tiny_model: OnnxModel) -> None:
    model, (image, _) = Counting(tiny_model), small_red_square()
    segmenter = Segmenter(model)
    embedding = segmenter.encode(image)
    strokes = [dot(418, 315)]
    quick = segmenter.predict(embedding, strokes, quick=True)
    segmenter.prepare(embedding, strokes, None, quick.masks)
    assert model.encoded == 2
    first = segmenter.predict(embedding, strokes)
    assert model.encoded == 2
    strokes.append(stroke(418, 500))
    segmenter.prepare(embedding, strokes, first.masks, quick.masks)
    assert model.encoded == 3
    segmenter.predict(embedding, strokes, first.masks)
    assert model.encoded == 3


def test_each_view_is_encoded_once(tiny_model: OnnxModel) -> None:
    model, (image, _) = Counting(tiny_model), small_red_square()
    segmenter = Segmenter(model)
    embedding = segmenter.encode(image)
    assert model.encoded == 1

    first = segmenter.predict(embedding, [dot(418, 315)])
    assert model.encoded == 2, "the crop of the guess"
    segmenter.predict(embedding, [dot(418, 315)])
    assert model.encoded == 2

    segmenter.predict(embedding, [dot(418, 315)], first.masks)
    assert model.encoded == 2, "the crop of the mask is that of the guess"
    segmenter.predict(embedding, [dot(418, 315), stroke(418, 500)], first.masks)
    assert model.encoded == 3, "it grows with the strokes"


def test_views_that_were_forgotten_are_encoded_again(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    model = Counting(tiny_model)
    segmenter = Segmenter(model)
    embedding = segmenter.encode(two_discs)
    before = segmenter.predict(embedding, [stroke(32, 48)]).logits
    assert segmenter.nbytes == 3 * 24 * 32 * 4

    segmenter.forget()

    assert segmenter.nbytes == 0
    assert (segmenter.predict(embedding, [stroke(32, 48)]).logits == before).all()
    assert model.encoded == 2


def test_memory_for_views_has_a_limit_and_the_newest_is_kept(tiny_model: OnnxModel, two_discs: ByteArray) -> None:
    one_view = 3 * 24 * 32 * 4
    for limit, kept in ((2 * one_view, 2 * one_view), (one_view // 2, one_view // 2)):
        model = Counting(tiny_model)
        segmenter = Segmenter(model, limit)
        embeddings = [segmenter.encode(two_discs) for _ in range(3)]
        assert segmenter.nbytes == kept
        segmenter.predict(embeddings[2], [stroke(32, 48)])
        assert model.encoded == 3
        segmenter.predict(embeddings[0], [stroke(32, 48)])
        assert model.encoded == 4


def test_without_a_model_the_shipped_one_is_used() -> None:
    model = Segmenter().model
    assert isinstance(model, OnnxModel)
    assert model.folder == SHIPPED_MODEL
