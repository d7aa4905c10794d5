"""Sessions of programs: an image in, strokes, masks out; on images that are sent, and on those of the project."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from s2m.session.opening import open_image
from s2m.types import ByteArray
from s2m.web.api.service import ApiService

STROKE = {"points": [[20, 48], [44, 48]], "object_id": 1, "key": "one"}
DRAW = {"kind": "draw", "strokes": [STROKE]}


def png(pixels: ByteArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def pixels_of(data: bytes) -> ByteArray:
    return np.asarray(Image.open(io.BytesIO(data)))


def opened(client: TestClient, pixels: ByteArray) -> str:
    answer = client.post("/api/v1/sessions?name=discs.png", content=png(pixels))
    assert answer.status_code == 201, answer.text
    return f"/api/v1/sessions/{answer.json()['session']}"


def fault_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_an_image_that_is_sent_becomes_a_session_with_the_masks_of_python(
    client: TestClient, service: ApiService, two_discs: ByteArray
) -> None:
    address = opened(client, two_discs)
    python = open_image(two_discs, service.segmenter)
    mask = python.draw(STROKE["points"])  # type: ignore[arg-type]

    state = client.post(f"{address}/commands?request=first", json=DRAW).json()
    again = client.post(f"{address}/commands?request=first", json=DRAW).json()

    assert state == again
    assert (state["width"], state["height"]) == two_discs.shape[1::-1]
    assert state["objects"][0]["area_px"] == mask.sum()
    assert mask.any()
    assert np.array_equal(pixels_of(client.get(f"{address}/label-map.png").content), python.label_map())
    assert np.array_equal(pixels_of(client.get(f"{address}/objects/1/mask.png").content), mask * np.uint8(255))
    soft = pixels_of(client.get(f"{address}/objects/1/probabilities.png").content)
    assert np.array_equal(soft >= 128, mask)
    runs = client.get(f"{address}/run-lengths").json()["runs"]
    flat = np.repeat([value for value, _ in runs], [length for _, length in runs])
    assert np.array_equal(flat.reshape(mask.shape), python.label_map())

    assert client.post(f"{address}/undo").json()["objects"] == []
    assert client.post(f"{address}/redo").json()["objects"] == state["objects"]
    with zipfile.ZipFile(io.BytesIO(client.get(f"{address}/export?formats=coco,cutouts").content)) as archive:
        assert {"manifest.json", "coco/annotations.json"} <= set(archive.namelist())
        content = json.loads(archive.read("coco/annotations.json"))
    assert content["images"][0]["file_name"] == "discs.png"
    assert content["annotations"][0]["area"] == mask.sum()

    assert client.delete(address).status_code == 204
    assert fault_of(client.get(address)) == (404, "session")


def test_what_cannot_be_done_says_why(client: TestClient, two_discs: ByteArray) -> None:
    address = opened(client, two_discs)
    assert fault_of(client.post("/api/v1/sessions", content=b"no image")) == (422, "image")
    assert fault_of(client.post("/api/v1/sessions", content=b"")) == (422, "image")
    assert fault_of(client.post("/api/v1/sessions?name=a/b", content=png(two_discs))) == (422, "request")
    assert fault_of(client.post(f"{address}/commands", json={"kind": "model_used", "model_id": "x"})) == (
        422,
        "request",
    )
    assert fault_of(client.post(f"{address}/commands", content=b"{")) == (422, "request")
    assert fault_of(client.post(f"{address}/undo")) == (409, "journal")
    assert fault_of(client.get(f"{address}/objects/7/mask.png")) == (409, "journal")
    assert fault_of(client.get(f"{address}/export?formats=nothing")) == (422, "config")
    assert fault_of(client.get("/api/v1/images")) == (409, "server")
    assert fault_of(client.get("/api/v1/nowhere")) == (404, "request")
    answer = client.delete("/api/v1/health")
    assert fault_of(answer) == (405, "request")
    assert "GET" in answer.headers["allow"]


def test_sessions_are_bounded_in_number_bytes_and_idle_time(
    client: TestClient, service: ApiService, two_discs: ByteArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = np.zeros((256, 257, 3), dtype=np.uint8)
    addresses = [opened(client, two_discs) for _ in range(3)]
    assert fault_of(client.post("/api/v1/sessions", content=png(two_discs))) == (429, "full")
    client.delete(addresses[0])
    assert fault_of(client.post("/api/v1/sessions", content=png(large))) == (429, "full")
    assert len(client.get("/api/v1/sessions").json()["sessions"]) == 2

    numbers = client.get("/api/v1/metrics").text
    assert "s2m_sessions 2.0" in numbers
    assert 's2m_requests_total{operation="open_upload",status="429"} 2.0' in numbers

    moment = service.sessions._clock() + 61
    monkeypatch.setattr(service.sessions, "_clock", lambda: moment)
    opened(client, two_discs)
    assert fault_of(client.get(addresses[1])) == (404, "session")
    assert client.get("/api/v1/health").json()["sessions"] == 1


def test_an_image_of_the_project_is_edited_as_by_a_page(project_client: TestClient, tmp_path: Path) -> None:
    images = project_client.get("/api/v1/images").json()["images"]
    assert [(one["index"], one["name"], one["status"]) for one in images] == [
        (0, "a.png", "untouched"),
        (1, "b.png", "untouched"),
    ]
    first = project_client.post("/api/v1/images/0/sessions").json()["session"]
    assert fault_of(project_client.post("/api/v1/images/0/sessions")) == (409, "server")
    state = project_client.post(f"/api/v1/sessions/{first}/commands", json=DRAW).json()
    assert state["objects"][0]["area_px"] > 0

    second = project_client.post("/api/v1/images/0/sessions?take_over=true").json()["session"]
    assert fault_of(project_client.post(f"/api/v1/sessions/{first}/undo")) == (409, "server")
    assert project_client.post(f"/api/v1/sessions/{second}/undo").json()["redo"] == state["undo"]
    project_client.post(f"/api/v1/sessions/{second}/redo")
    assert fault_of(project_client.post("/api/v1/images/2/sessions")) == (422, "image")
    for session in (first, second):
        assert project_client.delete(f"/api/v1/sessions/{session}").status_code == 204

    answer = project_client.get("/api/v1/export?formats=coco,voc")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        annotations = json.loads(archive.read("coco/annotations.json"))["annotations"]
    assert [one["area"] for one in annotations] == [state["objects"][0]["area_px"]]
    assert (tmp_path / "out" / "a.png").is_file()


def test_the_api_needs_the_token_the_host_and_no_other_page(client: TestClient) -> None:
    assert client.get("/api/v1/health", headers={"authorization": "Bearer wrong"}).status_code == 403
    assert client.get("/api/v1/health", headers={"host": "evil.example"}).status_code == 421
    assert client.post("/api/v1/sessions", headers={"origin": "http://evil.example"}).status_code == 403
