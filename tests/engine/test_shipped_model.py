from __future__ import annotations

import numpy as np
import pytest

from s2m.engine.models import OnnxModel
from s2m.engine.precision import Precision
from s2m.engine.segmenter import Prediction, Segmenter
from s2m.files.demo import DEMO_IMAGE, DEMO_OBJECTS, DEMO_STROKES
from s2m.files.images import read_image
from s2m.files.stroke_files import read_strokes
from s2m.simulated_user.scribbles import StrokeStyle, draw_stroke, errors_by_area
from s2m.types import BoolArray, LabelMap, ObjectLogits, Stroke


@pytest.fixture(scope="module")
def demo_prediction() -> Prediction:
    """The shipped model's answer to the shipped strokes."""
    segmenter = Segmenter()
    image_rgb = read_image(DEMO_IMAGE)
    return segmenter.predict(segmenter.encode(image_rgb), demo_strokes())


def demo_strokes() -> tuple[Stroke, ...]:
    return read_strokes(DEMO_STROKES, (512, 512))


def labels_under(stroke: Stroke, label_map: LabelMap) -> LabelMap:
    columns, rows = stroke.points_xy.astype(int).T
    return np.asarray(label_map[rows, columns])


@pytest.mark.parametrize("stroke", demo_strokes(), ids=lambda stroke: f"object {stroke.object_id}")
def test_what_is_drawn_on_is_in_its_object(demo_prediction: Prediction, stroke: Stroke) -> None:
    assert (labels_under(stroke, demo_prediction.label_map()) == stroke.object_id).mean() > 0.9


def test_the_objects_of_the_demo_are_about_as_large_as_they_are(demo_prediction: Prediction) -> None:
    shares = np.bincount(demo_prediction.label_map().ravel(), minlength=3) / 512**2

    assert demo_prediction.object_ids == tuple(range(1, len(DEMO_OBJECTS) + 1))
    assert 0.25 < shares[1] < 0.6
    assert 0.02 < shares[2] < 0.09


@pytest.mark.parametrize("kept", [(), demo_strokes()], ids=["kept", "strokes still there"])
def test_negative_strokes_over_an_object_end_with_an_empty_mask(kept: tuple[Stroke, ...]) -> None:
    segmenter = Segmenter()
    image_rgb = read_image(DEMO_IMAGE)
    embedding = segmenter.encode(image_rgb)
    before = segmenter.predict(embedding, demo_strokes())
    for object_id in before.object_ids:
        masks, strokes = before.masks, list(kept)
        for seed in range(5):
            left = segmenter_mask(masks, object_id)
            if not left.any():
                break
            known = np.ones_like(left)
            error = errors_by_area(np.zeros_like(left), left, known)[0]
            points = draw_stroke(error.region, StrokeStyle({"centre_line": 1.0}), np.random.default_rng(seed))
            scale_xy = (image_rgb.shape[1] / left.shape[1], image_rgb.shape[0] / left.shape[0])
            strokes.append(Stroke(points * scale_xy, object_id, "negative"))
            masks = segmenter.predict(embedding, strokes, masks, (object_id,)).masks
        first = segmenter_mask(before.masks, object_id)
        assert segmenter_mask(masks, object_id).sum() < 0.01 * first.sum()


def segmenter_mask(masks: ObjectLogits, object_id: int) -> BoolArray:
    mask = masks.of(object_id)
    assert mask is not None
    return np.asarray(mask > 0, dtype=np.bool_)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_integers_give_nearly_the_same_masks_as_floats(precision: Precision, demo_prediction: Prediction) -> None:
    segmenter = Segmenter(OnnxModel(precision=precision))
    labels = segmenter.predict(segmenter.encode(read_image(DEMO_IMAGE)), demo_strokes()).label_map()
    assert (labels == demo_prediction.label_map()).mean() > 0.99
