"""What nnInteractive's client sends gets the drawn slice, exactly as Python gives it; bounds hold before unpacking."""

from __future__ import annotations

import base64
import json
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from s2m.engine.geometry import resize_maps
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import ConfigError, DataError
from s2m.files.scribble_pictures import strokes_of_scribbles
from s2m.types import BoolArray, Box, ByteArray, Stroke
from s2m.web.api.service import ApiService
from s2m.web.api.sessions import Limits, SessionRefused
from s2m.web.protocols.leases import LIVENESS_S, Leases
from s2m.web.protocols.packed_arrays import pack, unpack
from s2m.web.protocols.table import protocol_routes

TOKEN = "a-secret-of-programs"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CLIENT = Path(__file__).with_name("nninteractive_client.py")
REQUESTS = json.loads(CLIENT.with_name("nninteractive_requests.json").read_text())
"""What the client, version 2.6.0, sent on behalf of ``nninteractive_client.py``."""

GETS = ("/healthz", "/lease_status")


@pytest.fixture
def wanted(tiny_model: OnnxModel, two_discs: ByteArray) -> Mapping[str, BoolArray]:
    """The masks of the client's steps, of the same strokes on the same slice through Python."""
    segmenter = Segmenter(tiny_model)
    # The red of the discs, between the contrast limits 0 and 200 of the volume.
    greys = np.round(two_discs[:, :, :1] * (255 / 200)).astype(np.uint8)
    embedding = segmenter.encode(np.repeat(greys, 3, axis=2))

    def mask(*strokes: Stroke) -> BoolArray:
        logits = segmenter.predict(embedding, strokes, None, (1,)).masks.logits
        return np.asarray(resize_maps(logits, (96, 128))[0] > 0)

    scribbled = np.full((96, 128), -1, dtype=np.int32)
    scribbled[47:50, 24:41] = 1
    line = np.full((96, 128), -1, dtype=np.int32)
    line[48, 88:105] = 1
    positive = strokes_of_scribbles(scribbled)
    negative = [Stroke(one.points_xy, 1, "negative", one.width_px) for one in strokes_of_scribbles(line)]
    square = np.array([[75.5, 27.5], [75.5, 69.5], [117.5, 69.5], [117.5, 27.5], [75.5, 27.5]])
    return {
        "scribble": mask(*positive),
        "not here": mask(*positive, *negative),
        "undo": mask(*positive),
        "lasso": mask(Stroke(square, 1, "negative"), Stroke(np.array([[96.5, 48.5]]))),
        "queued": np.zeros((96, 128), dtype=bool),
        "point": mask(Stroke(np.array([[32.5, 48.5]]))),
        "box": mask(*Box(75, 27, 117, 69).strokes()),
        "nothing left": np.zeros((96, 128), dtype=bool),
    }


def test_recorded_requests_of_the_client_get_the_drawn_slice(
    start: Callable[..., TestClient], wanted: Mapping[str, BoolArray]
) -> None:
    client = start("nninteractive", BEARER)
    lease = {"X-Lease-Token": client.post("/claim").json()["lease_token"]}
    abilities = client.get("/capabilities", headers=lease).json()
    assert abilities["supported_interactions"]["scribble"]
    assert client.post("/undo", headers=lease).status_code == 400
    target = np.zeros((3, 96, 128), dtype=np.uint8)
    masks, has_run = [], []
    for one in REQUESTS:
        headers = lease if one["meta"] is None else {**lease, "X-Meta": one["meta"]}
        method = "GET" if one["path"] in GETS else "POST"
        answer = client.request(method, one["path"], headers=headers, content=base64.b64decode(one["body"]))
        assert answer.status_code == 200, answer.text
        if one["path"] == "/reset_interactions":
            target[...] = 0
        if one["path"] == "/set_image":
            assert answer.json()["original_image_shape"] == [1, 3, 96, 128]
        if "X-Meta" in answer.headers:
            meta = json.loads(answer.headers["X-Meta"])
            if meta["bbox"] is not None:
                target[tuple(slice(*ends) for ends in meta["bbox"])] = unpack(answer.content, 100_000)
            assert not target[[0, 2]].any()
            has_run.append(meta["ran_prediction"])
            masks.append(target[1] > 0)
    for (name, mask), seen in zip([*wanted.items(), ("", np.zeros((96, 128)))], masks, strict=True):
        np.testing.assert_array_equal(seen, mask, name)
    assert wanted["scribble"].any()
    assert has_run == [True, True, True, True, False, True, True, True, False]
    assert client.post("/heartbeat", headers=lease).status_code == 410
    assert client.post("/claim", headers={"Authorization": "Bearer wrong"}).status_code == 403


def test_what_is_drawn_wrongly_says_why(start: Callable[..., TestClient]) -> None:
    client = start("nninteractive", BEARER)
    lease = {"X-Lease-Token": client.post("/claim").json()["lease_token"]}
    volume = np.zeros((3, 8, 9, 10), dtype=np.uint8)
    assert client.post("/set_image", headers=lease, content=pack(volume)).status_code == 200

    def drawn(shape: tuple[int, ...], fill: int, bbox: Any = None, path: str = "scribble") -> tuple[int, str]:
        meta = json.dumps({"include_interaction": True, "interaction_bbox": bbox})
        content = pack(np.full(shape, fill, dtype=np.uint8))
        answer = client.post(f"/add_{path}_interaction", headers={**lease, "X-Meta": meta}, content=content)
        return answer.status_code, str(answer.json()["detail"])

    for one, reason in (
        (drawn((8, 9, 10), 1), "one slice"),
        (drawn((8, 9, 10), 0), "nothing is drawn"),
        (drawn((8, 9, 9), 1), "shape"),
        (drawn((1, 9, 10), 1, [[8, 9], [0, 9], [0, 10]]), "does not lie"),
        (drawn((1, 9, 10), 1, [[-1, 0], [0, 9], [0, 10]], "lasso"), "does not lie"),
        (drawn((1, 9), 1, [[0, 1], [0, 9]]), "interaction_bbox"),
    ):
        assert one[0] == 422
        assert reason in one[1]
    for path, body, reason in (
        ("add_point_interaction", {"coordinates": [8, 0, 0], "include_interaction": True}, "outside"),
        ("add_point_interaction", {"coordinates": [0, 0], "include_interaction": True}, "coordinates"),
        ("add_bbox_interaction", {"bbox_coords": [[0, 2], [0, 2], [0, 2]], "include_interaction": True}, "one slice"),
        ("add_bbox_interaction", {"bbox_coords": [[0, 1], [0, 2], [0, 2]], "include_interaction": False}, "rectangle"),
        ("set_target_buffer", {"shape": [8, 9], "dtype": "uint8"}, "target"),
    ):
        answer = client.post(f"/{path}", headers=lease, json=body)
        assert answer.status_code == 422
        assert reason in answer.json()["detail"]
    assert client.post("/set_image", headers=lease, content=pack(volume[:2])).status_code == 422
    # A slice across each axis, chosen by what is drawn; a point then stays on the axis of the last one.
    assert client.post("/set_image", headers=lease, content=pack(volume)).status_code == 200
    for axis in range(3):
        box = [[2, 6], [2, 6], [2, 6]]
        box[axis] = [3, 4]
        bodies: list[tuple[str, dict[str, Any]]] = [
            ("add_bbox_interaction", {"bbox_coords": box}),
            ("add_point_interaction", {"coordinates": [3, 3, 3]}),
        ]
        for path, body in bodies:
            answer = client.post(f"/{path}", headers=lease, json={**body, "include_interaction": True})
            whole = [[0, 8], [0, 9], [0, 10]]
            whole[axis] = [3, 4]
            assert json.loads(answer.headers["X-Meta"])["bbox"] == whole


def test_arrays_are_checked_before_they_are_unpacked() -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    good = pack(array)
    np.testing.assert_array_equal(unpack(good, 24), array)
    with pytest.raises(DataError, match="23 are left"):
        unpack(good, 23)
    vast = good.replace(struct.pack("<q", 4), struct.pack("<q", 2**40))
    with pytest.raises(DataError, match="are left"):
        unpack(vast, 10**9)
    for length in range(len(good)):
        with pytest.raises(DataError):
            unpack(good[:length], 24)
    other_type = good.replace(b"uint8", b"obj42")
    other_size = good.replace(struct.pack("<q", 4), struct.pack("<q", 5))
    other_sign = good.replace(struct.pack("<q", 4), struct.pack("<q", -4))
    for bad in (b"", b"PK" + good[2:], other_type, other_size, other_sign):
        with pytest.raises(DataError):
            unpack(bad, 10**6)


def test_leases_are_bounded_and_end_by_silence() -> None:
    now = 0.0
    leases = Leases(Limits(sessions=2, idle_s=600), lambda: now)
    first, second = leases.claim(), leases.claim()
    with pytest.raises(SessionRefused, match="2 clients"):
        leases.claim()
    now = LIVENESS_S - 1
    assert leases.get(first.token, is_used=False) is first
    now = LIVENESS_S + 1
    with pytest.raises(SessionRefused, match="connect again"):
        leases.get(second.token, is_used=True)
    assert leases.claim() is not second
    while now < 600:
        now += 100
        leases.get(first.token, is_used=False) if now <= 600 else None
    with pytest.raises(SessionRefused):
        leases.get(first.token, is_used=False)


def test_without_blosc2_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tiny_model: OnnxModel) -> None:
    monkeypatch.setitem(sys.modules, "blosc2", None)
    with pytest.raises(ConfigError, match=r"pip install 's2m\[nninteractive\]'"):
        protocol_routes("nninteractive", ApiService(Segmenter(tiny_model)))


@pytest.mark.clients
def test_the_real_client_draws_in_a_volume(
    pytestconfig: pytest.Config,
    serving: Callable[..., AbstractContextManager[str]],
    two_discs: ByteArray,
    wanted: Mapping[str, BoolArray],
) -> None:
    red = json.dumps(two_discs[:, :, 0].tolist())
    with serving("nninteractive") as address:
        command = [str(pytestconfig.getoption("--clients")), str(CLIENT), address, TOKEN]
        done = subprocess.run(command, input=red, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    steps = dict(json.loads(done.stdout)["steps"])
    assert steps.keys() == wanted.keys()
    for name, mask in wanted.items():
        np.testing.assert_array_equal(np.array(steps[name]["mask"]) > 0, mask, name)
        assert steps[name]["voxels"] == mask.sum()
    assert steps["scribble"]["answer"] == [[1, 2], [0, 96], [0, 128]]
    assert steps["queued"]["answer"] is None
    assert steps["nothing left"]["answer"] == [True, False]
