from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from s2m.compat import SamPredictor
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import ImageError, MaskError, S2MError, StrokeError
from s2m.types import ByteArray, LabelMap


@pytest.fixture
def predictor(tiny_model: OnnxModel, two_discs: ByteArray) -> SamPredictor:
    made = SamPredictor(Segmenter(tiny_model))
    made.set_image(two_discs)
    return made


def test_the_signature_is_that_of_segment_anything() -> None:
    parameters = inspect.signature(SamPredictor.predict).parameters
    assert list(parameters) == [
        *("self", "point_coords", "point_labels", "box", "mask_input", "multimask_output", "return_logits")
    ]
    assert parameters["multimask_output"].default is True
    assert list(inspect.signature(SamPredictor.set_image).parameters) == ["self", "image", "image_format"]


def test_a_point_gives_the_mask_its_score_and_logits_that_go_in_again(
    predictor: SamPredictor, two_discs_labels: LabelMap
) -> None:
    masks, scores, logits = predictor.predict(np.array([[32, 48]]), np.array([1]))
    assert masks.shape == (1, 96, 128)
    assert masks.dtype == np.bool_
    assert scores.shape == (1,)
    assert 0.5 < scores[0] <= 1
    assert logits.shape == (1, 192, 256)
    assert (masks[0] == (two_discs_labels == 1)).mean() > 0.95
    again, _, _ = predictor.predict(np.array([[32, 48]]), np.array([1]), mask_input=logits, multimask_output=False)
    assert (again == masks).mean() > 0.95


def test_labels_of_0_take_away_and_boxes_are_prompts(predictor: SamPredictor, two_discs_labels: LabelMap) -> None:
    points = np.array([[32, 48], [96, 48]])
    only_left, _, _ = predictor.predict(points, np.array([1, 0]))
    assert not only_left[0][48, 96]
    boxed, _, _ = predictor.predict(box=np.array([74, 26, 118, 70]))
    assert (boxed[0] == (two_discs_labels == 2)).mean() > 0.9


def test_logits_instead_of_masks(predictor: SamPredictor) -> None:
    masks, _, _ = predictor.predict(np.array([[32, 48]]), np.array([1]))
    logits, _, _ = predictor.predict(np.array([[32, 48]]), np.array([1]), return_logits=True)
    assert logits.dtype == np.float32
    np.testing.assert_array_equal(logits > 0, masks)


def test_bgr_is_turned_round(tiny_model: OnnxModel, two_discs: ByteArray, predictor: SamPredictor) -> None:
    other = SamPredictor(Segmenter(tiny_model))
    other.set_image(two_discs[..., ::-1], "BGR")
    wanted, got = (one.predict(np.array([[32, 48]]), np.array([1]))[0] for one in (predictor, other))
    np.testing.assert_array_equal(wanted, got)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, StrokeError),
        ({"point_coords": np.zeros((2, 2))}, StrokeError),
        ({"point_coords": np.zeros((1, 2)), "point_labels": np.array([3])}, StrokeError),
        ({"box": np.array([1, 2, 3])}, StrokeError),
        ({"box": np.array([9, 2, 3, 4])}, StrokeError),
        ({"mask_input": np.zeros((4, 4), dtype=np.float32)}, MaskError),
    ],
)
def test_prompts_that_are_none_are_refused(
    predictor: SamPredictor, arguments: dict[str, Any], error: type[S2MError]
) -> None:
    with pytest.raises(error):
        predictor.predict(**arguments)


def test_an_image_comes_first(predictor: SamPredictor) -> None:
    predictor.reset_image()
    assert not predictor.is_image_set
    with pytest.raises(ImageError, match="set_image"):
        predictor.predict(np.array([[1, 1]]), np.array([1]))
    with pytest.raises(ImageError):
        predictor.set_image(np.zeros((4, 4), dtype=np.uint8))
    with pytest.raises(ImageError):
        predictor.set_image(np.zeros((4, 4, 3), dtype=np.uint8), "HSV")
