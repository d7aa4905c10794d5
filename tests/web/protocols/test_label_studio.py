"""What Label Studio sends gets brush labels that are exactly the mask; images come from it alone."""

from __future__ import annotations

import base64
import io
import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from s2m.compat import SamPredictor
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import ConfigError, ImageError
from s2m.files.formats.label_studio import brush_mask
from s2m.types import ByteArray
from s2m.web.protocols import label_studio_files
from s2m.web.protocols.label_studio_files import LabelStudioFiles

BASIC = {"Authorization": "Basic " + base64.b64encode(b"s2m:a-secret-of-programs").decode()}
CONFIG = """<View><!-- drawn by hand --><Image name="photo" value="$picture" zoom="true"/>
<BrushLabels name="brush" toName="photo"><Label value="cat"/><Label value="a dog" alias="dog"/></BrushLabels>
<KeyPointLabels name="point" toName="photo" smart="true"><Label value="cat"/><Label value="dog"/></KeyPointLabels>
<RectangleLabels name="box" toName="photo" smart="true"><Label value="dog"/></RectangleLabels></View>"""
OTHERS = {"original_width": 128, "original_height": 96, "image_rotation": 0, "id": "x", "to_name": "photo"}


def point(x: float, y: float, label: str, is_positive: bool) -> dict[str, Any]:
    value = {"x": x / 128 * 100, "y": y / 96 * 100, "width": 0.4, "keypointlabels": [label]}
    about = {"type": "keypointlabels", "from_name": "point", "value": value}
    return {**OTHERS, **about, "is_positive": is_positive}


def rectangle(x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    place = {"x": x0 / 128 * 100, "y": y0 / 96 * 100, "width": (x1 - x0) / 128 * 100, "height": (y1 - y0) / 96 * 100}
    value = {**place, "rotation": 0, "rectanglelabels": ["dog"]}
    return {**OTHERS, "type": "rectanglelabels", "from_name": "box", "value": value, "is_positive": True}


def file_of(pixels: ByteArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def question(picture: object, *marks: dict[str, Any]) -> dict[str, Any]:
    """What Label Studio 1.23 posts to /predict."""
    task = {"id": 1, "data": {"picture": picture}, "annotations": [], "predictions": [], "project": 1}
    context = {"result": list(marks), "draft": None} if marks else None
    params = {"login": None, "password": None, "context": context}
    return {"tasks": [task], "model_version": "x", "project": "1.2", "label_config": CONFIG, "params": params}


@contextmanager
def label_studio(data: bytes) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A Label Studio with one upload; its address, and what it was asked with which authorization."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Authorization", "")))
            if self.path == "/tasks/1/resolve":
                self.send_response(303)
                self.send_header("Location", "/data/upload/1/a.png")
                self.end_headers()
                return
            self._answer(200 if self.path == "/data/upload/1/a.png" else 401, data)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, json.loads(body)["refresh"]))
            self._answer(200, b'{"access": "of-minutes"}')

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_points_and_a_rectangle_become_brush_labels_that_are_exactly_the_mask(
    start: Callable[..., TestClient], two_discs: ByteArray, tiny_model: OnnxModel
) -> None:
    python = SamPredictor(Segmenter(tiny_model))
    python.set_image(two_discs)
    by_points, _, _ = python.predict(np.array([[32, 48], [96, 48]]), np.array([1, 0]))
    by_box, _, _ = python.predict(box=np.array([75, 27, 117, 69]))
    points = (point(32, 48, "dog", True), point(96, 48, "cat", False))
    with label_studio(file_of(two_discs)) as (address, asked):
        client = start("label-studio", BASIC, LabelStudioFiles(address, "legacy"))
        assert client.get("/health").json()["status"] == "UP"
        setup = {"project": "1.2", "schema": CONFIG, "hostname": address, "access_token": "x", "extra_params": None}
        version = client.post("/setup", json=setup).json()["model_version"]
        assert client.get("/versions").json() == {"versions": [version]}
        assert client.post("/webhook", json={"action": "PROJECT_UPDATED"}).status_code == 201
        for marks, label, mask in ((points, "cat", by_points[0]), ((rectangle(75, 27, 117, 69),), "dog", by_box[0])):
            for picture in ("/data/upload/1/a.png", f"{address}/data/upload/1/a.png"):
                answer = client.post("/predict", json=question(picture, *marks)).json()
                assert answer["model_version"] == answer["results"][0]["model_version"] == version
                (region,) = answer["results"][0]["result"]
                assert (region["from_name"], region["to_name"], region["type"]) == ("brush", "photo", "brushlabels")
                assert (region["original_width"], region["original_height"]) == (128, 96)
                assert region["value"]["brushlabels"] == [label]
                assert 0.5 < region["score"] <= 1
                assert mask.any()
                assert np.array_equal(brush_mask(region["value"]["rle"], (96, 128)), mask)
        assert asked == [("/data/upload/1/a.png", "Token legacy")] * 4
    # Tasks without points, as when predictions are wanted for a whole project.
    empty = client.post("/predict", json={**question("x"), "tasks": [{"data": {}}] * 3}).json()
    assert [one["result"] for one in empty["results"]] == [[], [], []]
    assert client.get("/health", headers={"Authorization": "Basic eDp5"}).status_code == 403


def test_images_are_fetched_from_the_label_studio_that_was_named_alone(
    two_discs: ByteArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    with label_studio(file_of(two_discs)) as (address, asked):
        files = LabelStudioFiles(address, "a.personal.token")
        assert files.fetch("/data/upload/1/a.png") == file_of(two_discs)
        assert asked == [("/api/token/refresh", "a.personal.token"), ("/data/upload/1/a.png", "Bearer of-minutes")]
        asked.clear()
        port = address.rpartition(":")[2]
        for elsewhere in (
            "http://169.254.169.254/latest/meta-data",
            "//169.254.169.254/",
            f"http://localhost:{port}/data/upload/1/a.png",
            f"https://127.0.0.1:{port}/data/upload/1/a.png",
            f"http://127.0.0.1:{int(port) - 1}/",
            f"http://127.0.0.1:{port}@169.254.169.254/",
            f"http://user@127.0.0.1:{port}/data/upload/1/a.png",
            "file:///etc/passwd",
            "s3://bucket/a.png",
            "http://[/",
        ):
            with pytest.raises(ImageError, match="only that Label Studio"):
                files.fetch(elsewhere)
        assert asked == []
        plain = LabelStudioFiles(address, "")
        with pytest.raises(ImageError, match="pre-signed"):
            plain.fetch("/tasks/1/resolve")
        with pytest.raises(ImageError, match="LABEL_STUDIO_API_KEY"):
            plain.fetch("/data/upload/2/secret.png")
        assert [path for path, _ in asked] == ["/tasks/1/resolve", "/data/upload/2/secret.png"]
        monkeypatch.setattr(label_studio_files, "MAX_BODY_BYTES", 10)
        with pytest.raises(ImageError, match="larger than 10"):
            plain.fetch("/data/upload/1/a.png")
    with pytest.raises(ImageError, match="--label-studio"):
        plain.fetch("/data/upload/1/a.png")
    for wrong in ("localhost:8080", "ftp://a", "http://", "http://a:b"):
        with pytest.raises(ConfigError, match="http://localhost:8080"):
            LabelStudioFiles(wrong, "")


def test_what_is_not_understood_says_why(
    start: Callable[..., TestClient], two_discs: ByteArray, caplog: pytest.LogCaptureFixture
) -> None:
    client = start("label-studio", BASIC)
    picture = "data:image/png;base64," + base64.b64encode(file_of(two_discs)).decode()
    dot, box = point(32, 48, "cat", True), rectangle(75, 27, 117, 69)
    good = question(picture, dot)
    assert client.post("/predict", json=good).json()["results"][0]["result"]
    turned = {**box, "value": {**box["value"], "rotation": 30}}
    bad = [
        (question("/data/upload/1/a.png", dot), "--label-studio"),
        (question(7, dot), "field 'picture'"),
        (question("data:image/png;base64,A", dot), "base64"),
        (question("data:image/png;base64,AAAA", dot), "image"),
        (question(picture, {**box, "is_positive": False}), "rectangle"),
        (question(picture, rectangle(5, 5, 5, 9)), "left < right"),
        (question(picture, turned), "turned"),
        (question(picture, {**dot, "image_rotation": 90}), "turned"),
        (question(picture, {**dot, "type": "ellipselabels"}), "type"),
        (question(picture, {**dot, "value": {"x": "left", "y": 0}}), "x:"),
        ({**good, "tasks": good["tasks"] * 2}, "one task"),
        ({**good, "label_config": "<View>"}, "no XML"),
        ({**good, "label_config": "<!DOCTYPE x><View/>"}, "document type"),
        ({**good, "label_config": CONFIG.replace("BrushLabels", "PolygonLabels")}, "BrushLabels"),
        ({**good, "label_config": CONFIG.replace('name="photo"', 'name="other"')}, "BrushLabels"),
    ]
    for each, reason in bad:
        answer = client.post("/predict", json=each)
        assert answer.status_code == 422, (reason, answer.text)
        assert reason in answer.json()["error"]
        assert reason in caplog.messages[-1]


@pytest.mark.labelstudio
@pytest.mark.timeout(900)
def test_a_real_label_studio_connects_and_gets_the_masks(
    pytestconfig: pytest.Config,
    serving: Callable[..., AbstractContextManager[str]],
    two_discs_file: Path,
    two_discs: ByteArray,
    tiny_model: OnnxModel,
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    python = SamPredictor(Segmenter(tiny_model))
    python.set_image(two_discs)
    wanted = [python.predict(np.array([[32, 48], [96, 48]]), np.array([1, 0]))[0][0]]
    wanted.append(python.predict(box=np.array([75, 27, 117, 69]))[0][0])
    driver = Path(__file__).with_name("label_studio_driver.py")
    command = [str(pytestconfig.getoption("--labelstudio")), str(driver), str(tmp_path), str(port), str(two_discs_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        # A personal token: legacy ones are refused by default.
        key = running.stdout.readline().strip()
        assert key.count(".") == 2
        with serving("label-studio", LabelStudioFiles(f"http://127.0.0.1:{port}", key)) as backend:
            marks = [[point(32, 48, "cat", True), point(96, 48, "cat", False)], [rectangle(75, 27, 117, 69)]]
            config = CONFIG.replace("$picture", "$image")
            asked = {"backend": backend, "token": "a-secret-of-programs", "config": config, "marks": marks}
            running.stdin.write(json.dumps(asked) + "\n")
            running.stdin.flush()
            answer = json.loads(running.stdout.read())
    assert answer["state"] == "Connected"
    for seen, mask in zip(answer["masks"], wanted, strict=True):
        assert mask.any()
        np.testing.assert_array_equal(np.array(seen) > 0, mask)
