"""What X-AnyLabeling sends gets the polygons that it draws."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_masks
from starlette.testclient import TestClient

from s2m.compat import SamPredictor
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import ConfigError
from s2m.types import ByteArray
from s2m.web.api.service import ApiService
from s2m.web.protocols.table import protocol_routes


@pytest.fixture
def client(start: Callable[..., TestClient]) -> TestClient:
    return start("xanylabeling", {"Content-Type": "application/json", "Token": "a-secret-of-programs"})


def question(pixels: ByteArray, *marks: dict[str, Any]) -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    image = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    params = {"conf_threshold": 0.0, "iou_threshold": 0.0, "epsilon_factor": 0.001, "marks": list(marks)}
    return {"model": "s2m", "image": image, "params": params}


def drawn(shapes: list[dict[str, Any]], size_hw: tuple[int, int]) -> Any:
    outlines = [np.array(shape["points"], dtype=float).ravel().tolist() for shape in shapes]
    return coco_masks.decode(coco_masks.merge(coco_masks.frPyObjects(outlines, *size_hw)))


def test_a_model_with_its_buttons_is_offered(client: TestClient) -> None:
    (about,) = client.get("/v1/models").json()["data"].values()
    assert "button_add_point" in {one["name"] for one in about["widgets"]}
    assert client.get("/v1/models", headers={"Token": "wrong"}).status_code == 403


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
def test_the_polygons_of_points_and_of_a_rectangle_are_exactly_the_mask(
    client: TestClient, two_discs: ByteArray, tiny_model: OnnxModel
) -> None:
    inside = {"type": "point", "data": [32, 48], "label": 1}
    outside = {"type": "point", "data": [96, 48], "label": 0}
    around = {"type": "rectangle", "data": [117, 69, 75, 27], "label": 1}
    python = SamPredictor(Segmenter(tiny_model))
    python.set_image(two_discs)
    by_points, _, _ = python.predict(np.array([[32, 48], [96, 48]]), np.array([1, 0]))
    by_box, _, _ = python.predict(box=np.array([75.5, 27.5, 117.5, 69.5]))
    for marks, mask in (((inside, outside), by_points[0]), ((around,), by_box[0])):
        data = client.post("/v1/predict", json=question(two_discs, *marks)).json()["data"]
        assert {shape["shape_type"] for shape in data["shapes"]} == {"polygon"}
        assert mask.any()
        assert np.array_equal(drawn(data["shapes"], (96, 128)) > 0, mask)
    assert client.post("/v1/predict", json=question(two_discs)).json()["data"]["shapes"] == []


def test_what_is_not_understood_says_why(client: TestClient, two_discs: ByteArray) -> None:
    good = question(two_discs, {"type": "point", "data": [1, 1], "label": 1})
    bad = [
        {**good, "model": "another"},
        {**good, "image": "data:image/png;base64,AAAA"},
        {**good, "image": "data:image/png;base64,A"},
        question(two_discs, {"type": "rectangle", "data": [1, 2], "label": 1}),
        question(two_discs, {"type": "rectangle", "data": [1, 2, 9, 9], "label": 0}),
        question(two_discs, {"type": "rectangle", "data": [1, 2, 1, 9], "label": 1}),
        question(two_discs, {"type": "line", "data": [1, 2]}),
    ]
    for each in bad:
        answer = client.post("/v1/predict", json=each)
        assert (answer.status_code, answer.json()["success"]) == (422, False), each
        assert answer.json()["error"]["message"]


def test_an_unknown_protocol_names_those_that_there_are(tiny_model: OnnxModel) -> None:
    with pytest.raises(ConfigError, match="xanylabeling"):
        protocol_routes("xanylabeling,fax", ApiService(Segmenter(tiny_model)))
