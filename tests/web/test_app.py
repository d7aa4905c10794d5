"""The application over HTTP and WebSocket, without a browser."""

from __future__ import annotations

import gc
import json
import shutil
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient, WebSocketTestSession

from page_driver import write_picture
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import OutputError, S2MError
from s2m.files.label_files import read_label_map, write_label_map
from s2m.session import ImagePredictor, Project, ViewState, read_journal
from s2m.types import ByteArray, FloatArray, LabelMap
from s2m.web.app import create_app
from s2m.web.faults import HTTP_STATUS
from s2m.web.security import Access
from s2m.web.workspace import Workspace, WorkspaceSettings

ORIGIN = "http://127.0.0.1:8000"
HEADERS = {"cookie": "s2m-8000=secret", "origin": ORIGIN, "host": "127.0.0.1:8000"}


@pytest.fixture
def client(tiny_model: OnnxModel, two_discs_file: Path, tmp_path: Path) -> Iterator[TestClient]:
    workspace = Workspace(
        Project.open(two_discs_file, tmp_path / "out"), Segmenter(tiny_model), WorkspaceSettings("discs", "tiny")
    )
    app = create_app(workspace, Access("secret", frozenset({ORIGIN})))
    with TestClient(app, base_url=ORIGIN, headers=HEADERS) as started:
        yield started


@pytest.fixture
def read_only_client(tiny_model: OnnxModel, two_discs_file: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A server of a read-only project."""
    project = Project.open(two_discs_file, tmp_path / "out")
    project.keep_view("discs.png", ViewState(selected_object_id=1))
    read_only = Project.open_read_only(two_discs_file, tmp_path / "out", OutputError("cannot write it"))
    mask = tmp_path / "mask.png"
    write_label_map(mask, np.ones((96, 128), dtype=np.int32))
    workspace = Workspace(read_only, Segmenter(tiny_model), WorkspaceSettings("discs", "tiny", mask))
    with TestClient(
        create_app(workspace, Access("secret", frozenset({ORIGIN}))), base_url=ORIGIN, headers=HEADERS
    ) as started:
        yield started


def say(socket: WebSocketTestSession, message: dict[str, Any]) -> None:
    socket.send_text(json.dumps(message))


def hear(socket: WebSocketTestSession, kind: str) -> dict[str, Any]:
    """The next message of a kind; those before it are passed over."""
    for _ in range(50):
        message: dict[str, Any] = json.loads(socket.receive_text())
        if message["type"] == kind:
            return message
    raise AssertionError(f"no message of the kind {kind}")


Connect = Callable[..., WebSocketTestSession]


@pytest.fixture
def connect(client: TestClient) -> Iterator[Connect]:
    """Open the image in further pages."""
    with ExitStack() as sockets:

        def start(page: str = "one") -> WebSocketTestSession:
            socket = sockets.enter_context(client.websocket_connect("/ws", headers=HEADERS))
            say(socket, {"type": "hello", "page": page})
            say(socket, {"type": "open", "image": "discs.png"})
            return socket

        yield start


def draw(number: int = 1, key: str = "k1") -> dict[str, Any]:
    stroke = {"key": key, "object_id": 1, "sign": "positive", "tool": "stroke", "points": [[24, 48], [40, 48]]}
    return {
        "type": "command",
        "id": f"one-{number}",
        "image": "discs.png",
        "body": {"kind": "draw", "strokes": [stroke]},
    }


def drawn_on(project: Project, model: OnnxModel) -> None:
    """A stroke in the first image, which is killed before it is saved."""
    session = project.open_session(project.images[0].name, Segmenter(model))
    session.draw([(24, 48), (40, 48)])
    session.close()


def test_a_label_map_older_than_its_journal_is_written_again_when_the_server_starts(
    tiny_model: OnnxModel, two_discs_file: Path, tmp_path: Path
) -> None:
    drawn_on(Project.open(two_discs_file, tmp_path / "out"), tiny_model)
    project = Project.open(two_discs_file, tmp_path / "out")
    workspace = Workspace(project, Segmenter(tiny_model), WorkspaceSettings("discs", "tiny 1"))
    label_map = tmp_path / "out" / "discs.png"
    assert not label_map.exists()
    with TestClient(create_app(workspace, Access("secret", frozenset({ORIGIN}))), base_url=ORIGIN, headers=HEADERS):
        wait_until(lambda: not project.is_behind("discs.png"))
    assert read_label_map(label_map)[48, 32] == 1


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_the_page_is_told_when_a_journal_that_was_taken_away_is_written_again(connect: Connect, tmp_path: Path) -> None:
    socket = connect()
    say(socket, draw())
    hear(socket, "done")
    shutil.rmtree(tmp_path / "out" / "journals")
    say(socket, draw(2, "k2"))
    assert "written again with everything in it" in hear(socket, "notice")["text"]
    (journal,) = (tmp_path / "out" / "journals").glob("*.jsonl")
    assert [line.label for line in read_journal(journal).lines if line.label] == [
        "stroke 1 of object 1",
        "stroke 2 of object 1",
    ]


def test_the_page_brings_everything_from_the_package(client: TestClient) -> None:
    page = client.get("/")
    assert "text/html" in page.headers["content-type"]
    assert "://" not in page.text
    for path in ("css/theme.css", "css/layout.css", "css/parts.css", "js/main.js", "icon.svg"):
        assert client.get(f"/static/{path}").status_code == 200


def test_no_path_outside_the_project_is_served(client: TestClient) -> None:
    for path in (
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static//etc/passwd",
        "/api/images/1/tiles/0/0/0",
        "/out",
    ):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        f"/api/images/{'9' * 5000}/thumbnail",
        f"/api/images/0/tiles/{'1' * 4400}/0/0",
        "/api/images/0/tiles/0/0/99999999999999999999",
        "/api/images/-1/thumbnail",
        "/static/%00",
        f"/static/{'a' * 5000}",
        f"/api/images/0/tiles/0/0/0?contrast_limits={'9' * 5000},1e999",
    ],
)
def test_an_address_that_leads_nowhere_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


GARBAGE = [
    "",
    "x",
    "null",
    "[" * 100_000,
    '{"type":' * 100_000,
    "{}",
    '{"type": 5}',
    '{"type": "open"}',
    '{"type": "hello", "page": ' + "9" * 5000 + "}",
    '{"type": "view", "image": "discs.png", "zoom": 1e999, "centre_xy": [1, 2], "fitted": true,'
    ' "selected_object_id": 1}',
    json.dumps({"type": "command", "id": "c", "image": "discs.png", "body": {"kind": ["draw"]}}),
    '{"type": "command", "id": "c", "image": "discs.png", "body": {"kind": "draw", "strokes": [{"points": [['
    + "9" * 5000
    + ", 1e400]]}]}}",
    json.dumps(
        {"type": "command", "id": "c", "image": "discs.png", "body": {"kind": "add_object", "object_id": 2**70}}
    ),
    json.dumps({"type": "copy_objects", "id": "c", "image": "discs.png", "into": "discs.png", "object_ids": [2**80]}),
    *(
        json.dumps(
            {
                "type": "pen",
                "image": "discs.png",
                "key": "k",
                "object_id": 1,
                "sign": "positive",
                "tool": "stroke",
                "width_px": 6,
                "first": 0,
                "points": [[5, 5]],
                **wrong,
            }
        )
        for wrong in ({"object_id": 9999}, {"width_px": 1e6}, {"points": [[5e6, 5]]}, {"key": "a:b"}, {"first": 2**63})
    ),
]


@pytest.mark.parametrize("text", GARBAGE, ids=lambda text: text[:30])
def test_garbage_is_refused_in_one_line_and_the_connection_holds(
    connect: Connect, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    socket = connect()
    hear(socket, "masks")
    socket.send_text(text)
    socket.send_bytes(text.encode())
    say(socket, {"type": "save", "id": "after", "image": "discs.png"})
    said = []
    while (message := json.loads(socket.receive_text())).get("id") != "after":
        said.append(message)
    refusals = [message["text"] for message in said if message["type"] in ("failed", "notice")]
    assert len(refusals) == 2
    assert all("\n" not in refusal and len(refusal) < 500 for refusal in refusals)
    assert not [record for record in caplog.records if record.exc_info]


def test_images_that_no_page_shows_are_closed_and_leave_no_memory_behind(
    tiny_model: OnnxModel, two_discs: ByteArray, tmp_path: Path
) -> None:
    names = [f"{number}.png" for number in range(8)]
    for name in names:
        write_picture(tmp_path / "images" / name, two_discs)
    project = Project.open(tmp_path / "images", tmp_path / "out")
    workspace = Workspace(project, Segmenter(tiny_model), WorkspaceSettings("discs", "tiny"))
    app = create_app(workspace, Access("secret", frozenset({ORIGIN})))
    sessions = []
    gc.collect()
    gc.disable()
    try:
        with ExitStack() as opened:
            client = opened.enter_context(TestClient(app, base_url=ORIGIN, headers=HEADERS))
            socket = opened.enter_context(client.websocket_connect("/ws", headers=HEADERS))
            say(socket, {"type": "hello", "page": "one"})
            for name in names:
                say(socket, {"type": "open", "image": name})
                say(socket, {**draw(key="k1"), "image": name, "id": f"one-{name}"})
                hear(socket, "done")
                hear(socket, "saved")
                open_image = workspace.open_images.get(name)
                assert open_image is not None
                sessions.append(weakref.ref(open_image.session))
                del open_image
            # The image shown, and the four left last.
            wait_until(lambda: len(workspace.open_images) <= 5)
            wait_until(lambda: sum(session() is not None for session in sessions) <= 5)
    finally:
        gc.enable()


def test_an_image_that_is_computed_for_long_holds_no_other_and_ends_when_it_is_left(
    tiny_model: OnnxModel, two_discs: ByteArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2m.web.workspace._OPENED_WITHIN_S", 0.2)
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    project = Project.open(tmp_path / "images", tmp_path / "out")
    session = project.open_session("a.png", Segmenter(tiny_model))
    for number in range(40):
        session.draw([(24, 20 + number), (40, 48)])
    project.save(session)
    session.close()
    (tmp_path / "out" / "journals" / "a.png.masks.npz").unlink()
    workspace = Workspace(project, Segmenter(tiny_model), WorkspaceSettings("discs", "tiny 1"))
    ask = workspace.encoder.predictor

    def slow(path: Path) -> ImagePredictor:
        predictor = ask(path)

        class Slow:
            sharpen = staticmethod(predictor.sharpen)

            def __call__(self, *asked: Any) -> FloatArray:
                time.sleep(0.3 if path.name == "a.png" else 0)
                return predictor(*asked)

        return Slow()

    monkeypatch.setattr(workspace.encoder, "predictor", slow)
    app = create_app(workspace, Access("secret", frozenset({ORIGIN})))
    with ExitStack() as opened:
        client = opened.enter_context(TestClient(app, base_url=ORIGIN, headers=HEADERS))
        socket = opened.enter_context(client.websocket_connect("/ws", headers=HEADERS))
        say(socket, {"type": "hello", "page": "one"})
        say(socket, {"type": "open", "image": "a.png"})
        assert "computed again from its journal" in hear(socket, "notice")["text"]
        started = time.perf_counter()
        say(socket, {"type": "open", "image": "b.png"})
        say(socket, {**draw(), "image": "b.png"})
        hear(socket, "done")
        assert time.perf_counter() - started < 5
        wait_until(lambda: not workspace.open_images.opening("a.png").locked())
        assert workspace.open_images.get("a.png") is None


def test_outlines_come_again_after_the_image_is_opened_again_at_once(connect: Connect) -> None:
    socket = connect()
    say(socket, draw())
    for _ in range(5):
        say(socket, {"type": "open", "image": "discs.png"})
    known: set[str] = set()
    say(socket, {"type": "save", "id": "after", "image": "discs.png"})
    while (message := json.loads(socket.receive_text())).get("id") != "after":
        if message["type"] == "image":
            known.clear()
        if message["type"] == "masks":
            known |= {entry["key"] for entry in message["masks"] if "rings" in entry}
            assert {entry["key"] for entry in message["masks"]} <= known


def test_tiles_come_with_their_type_and_may_be_kept(client: TestClient) -> None:
    tile = client.get("/api/images/0/tiles/0/0/0")
    assert tile.headers["content-type"] == "image/png"
    assert "immutable" in tile.headers["cache-control"]
    assert client.get("/api/images/0/thumbnail").headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("limits", ["5", "a,b", "9,3", "nan,3", "1,2,3", "0,inf"])
def test_what_are_no_contrast_limits_is_refused(client: TestClient, limits: str) -> None:
    refusal = client.get(f"/api/images/0/tiles/0/0/0?contrast_limits={limits}")
    assert refusal.status_code == 404
    assert "contrast limits" in refusal.text


def test_the_next_image_is_encoded_while_the_first_is_shown(
    tiny_model: OnnxModel, two_discs: ByteArray, tmp_path: Path
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    project = Project.open(tmp_path / "images", tmp_path / "out")
    workspace = Workspace(project, Segmenter(tiny_model), WorkspaceSettings("discs", "tiny"))
    app = create_app(workspace, Access("secret", frozenset({ORIGIN})))
    with ExitStack() as opened:
        client = opened.enter_context(TestClient(app, base_url=ORIGIN, headers=HEADERS))
        socket = opened.enter_context(client.websocket_connect("/ws", headers=HEADERS))
        say(socket, {"type": "hello", "page": "one"})
        say(socket, {"type": "open", "image": "a.png"})
        hear(socket, "encoding")
        assert eventually(lambda: workspace.encoder.has(tmp_path / "images" / "b.png"))
        assert not workspace.encoder.has(tmp_path / "images" / "c.png")


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something holds within a few seconds."""
    for _ in range(300):
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_the_memory_in_use_and_its_bounds_are_told(client: TestClient, connect: Connect) -> None:
    before = {use["name"]: use for use in client.get("/api/info").json()["memory"]}
    assert {name: use["used_bytes"] for name, use in before.items()} == dict.fromkeys(
        ("embeddings", "pictures", "tiles"), 0
    )
    socket = connect()
    hear(socket, "encoding")
    client.get("/api/images/0/tiles/0/0/0")
    say(socket, draw())
    hear(socket, "done")
    told = client.get("/api/info").json()
    assert (told["model"], told["open_images"]) == ("tiny", 1)
    used = {use["name"] for use in told["memory"] if 0 < use["used_bytes"] < use["limit_bytes"]}
    assert used == {"embeddings", "pictures", "tiles"}


@pytest.mark.parametrize(("side", "crops"), [(40, [1, 1, 1]), (120, [0, 1, 1]), (290, [0, 0, 0])])
def test_the_page_zooms_in_on_small_objects_at_once_and_on_medium_ones_that_have_a_mask(
    side: int, crops: list[int], tiny_model: OnnxModel, tmp_path: Path
) -> None:
    image = np.full((300, 400, 3), (40, 160, 40), np.uint8)
    image[5 : 5 + side, 105 : 105 + side] = (200, 30, 30)
    write_picture(tmp_path / "discs.png", image)
    project = Project.open(tmp_path / "discs.png", tmp_path / "out")
    workspace = Workspace(project, Segmenter(tiny_model), WorkspaceSettings("discs", "tiny"))
    app = create_app(workspace, Access("secret", frozenset({ORIGIN})))
    encoded, one_view = [], 9216
    with ExitStack() as opened:
        client = opened.enter_context(TestClient(app, base_url=ORIGIN, headers=HEADERS))
        socket = opened.enter_context(client.websocket_connect("/ws", headers=HEADERS))
        say(socket, {"type": "hello", "page": "one"})
        say(socket, {"type": "open", "image": "discs.png"})
        for number in range(3):
            message = draw(number, f"k{number}")
            message["body"]["strokes"][0]["points"] = [[115 + number, 25], [135, 25]]
            say(socket, message)
            hear(socket, "done")
            encoded.append(workspace.encoder.segmenter.nbytes - one_view)
        shown = workspace.open_images.get("discs.png")
        assert shown is not None
        layer = shown.session.state.layer
    assert [size > 0 for size in encoded] == [bool(number) for number in crops]
    assert layer.size_hw == (300, 400)


def test_masks_are_imported_by_the_page_that_edits_alone(
    client: TestClient, connect: Connect, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    write_label_map(tmp_path / "given.png", two_discs_labels)
    data = (tmp_path / "given.png").read_bytes()
    address = "/api/images/0/masks?name=given.png&page="
    assert "open the image first" in client.post(address + "one", content=data).text
    socket = connect("one")
    hear(socket, "masks")
    assert "another page" in client.post(address + "two", content=data).text
    assert client.post(address + "one", content=data).text == "imported"
    assert len(hear(socket, "state")["objects"]) == 2


@pytest.mark.parametrize("name", ["", "..", "a%00b.png", "x" * 300 + ".png"])
def test_files_with_impossible_names_are_refused(client: TestClient, name: str) -> None:
    refusal = client.post(f"/api/masks?name={name}", content=b"x")
    assert refusal.status_code == 422
    assert "rename it" in refusal.text


def test_a_command_is_done_once_however_often_it_arrives(connect: Connect) -> None:
    socket = connect()
    hear(socket, "masks")
    for _ in range(3):
        say(socket, draw())
    state = hear(socket, "state")
    assert [stroke["key"] for stroke in state["strokes"]] == ["k1"]
    say(socket, draw(2, "k2"))
    state = hear(socket, "state")
    assert [stroke["key"] for stroke in state["strokes"]] == ["k1", "k2"]
    assert "points" not in state["strokes"][0]


def test_a_stroke_that_is_sent_again_after_a_restart_is_known_by_its_key(connect: Connect) -> None:
    socket = connect()
    hear(socket, "masks")
    say(socket, draw(1))
    hear(socket, "done")
    say(socket, draw(77))
    hear(socket, "done")
    say(socket, {"type": "command", "id": "one-78", "image": "discs.png", "body": {"kind": "undo"}})
    assert hear(socket, "state")["strokes"] == []


def test_outlines_are_sent_once_and_named_afterwards(connect: Connect) -> None:
    socket = connect()
    hear(socket, "masks")
    say(socket, draw())
    (first,) = hear(socket, "masks")["masks"]
    assert first["rings"]
    assert first["area"] == pytest.approx(1040 / (96 * 128), abs=0.01)
    commit = {"type": "command", "id": "one-2", "image": "discs.png", "body": {"kind": "mark_image", "status": "done"}}
    say(socket, commit)
    (second,) = hear(socket, "masks")["masks"]
    assert second["key"] == first["key"]
    assert "rings" not in second


def test_a_stroke_in_progress_is_answered_and_forgotten_when_dropped(connect: Connect) -> None:
    socket = connect()
    hear(socket, "masks")
    pen = {
        "type": "pen", "image": "discs.png", "key": "k9", "object_id": 1, "sign": "positive", "tool": "stroke",
        "width_px": 6, "first": 0, "points": [[24, 48], [40, 48]],
    }  # fmt: skip
    say(socket, pen)
    message = hear(socket, "masks")
    assert (message["preview"], message["points"]) == ("k9", 2)
    say(socket, {**pen, "first": 2, "points": [[40, 50]]})
    assert hear(socket, "masks")["points"] == 3
    say(socket, {"type": "pen_cancel", "image": "discs.png", "key": "k9"})
    assert hear(socket, "masks")["masks"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "no such thing"},
        {"kind": "delete_objects", "object_ids": [4]},
        {"kind": "model_used", "model_id": "x"},
        {"kind": "draw", "strokes": []},
        {"kind": "draw", "strokes": [{"points": [[1e300, 2]]}]},
    ],
)
def test_a_command_that_does_not_fit_is_refused_and_changes_nothing(connect: Connect, body: dict[str, Any]) -> None:
    socket = connect()
    hear(socket, "masks")
    say(socket, {"type": "command", "id": "one-1", "image": "discs.png", "body": body})
    refusal = hear(socket, "failed")
    assert refusal["id"] == "one-1"
    assert refusal["text"]
    say(socket, draw(2))
    assert len(hear(socket, "state")["strokes"]) == 1


def test_a_second_page_follows_and_does_not_draw_until_it_takes_over(connect: Connect) -> None:
    first, second = connect(), connect("two")
    assert hear(first, "image")["editor"] is True
    assert hear(second, "image")["editor"] is False
    say(second, {**draw(), "id": "two-1"})
    assert "another page" in hear(second, "failed")["text"]
    say(second, {"type": "take_over", "image": "discs.png"})
    assert hear(first, "editor")["you"] is False
    say(second, {**draw(), "id": "two-2"})
    assert len(hear(first, "state")["strokes"]) == 1


def test_what_a_former_editor_drew_before_it_knew_is_not_lost(connect: Connect) -> None:
    first, second = connect(), connect("two")
    hear(first, "masks")
    say(second, {"type": "take_over", "image": "discs.png"})
    hear(second, "editor")
    say(first, draw())
    assert len(hear(second, "state")["strokes"]) == 1


def test_nobody_edits_a_read_only_project(read_only_client: TestClient, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    named = {"image": "discs.png", "id": "one-1"}
    messages: list[dict[str, Any]] = [
        draw(),
        {"type": "save", **named},
        {"type": "copy_objects", **named, "into": "discs.png", "object_ids": [1]},
        {"type": "add_class", "id": "one-1", "name": "cat"},
        {"type": "change_class", "id": "one-1", "name": "cat", "new_name": "lynx"},
        {"type": "remove_class", "id": "one-1", "name": "cat"},
        {"type": "take_over", "image": "discs.png"},
        {"type": "preferences", "preset": "cvat", "keys": {}},
        {"type": "pen_cancel", "image": "discs.png", "key": "k1"},
    ]
    with read_only_client.websocket_connect("/ws", headers=HEADERS) as socket:
        say(socket, {"type": "hello", "page": "one"})
        assert "cannot be written" in hear(socket, "welcome")["project"]["read_only"]
        say(socket, {"type": "open", "image": "discs.png"})
        assert hear(socket, "image")["editor"] is False
        assert hear(socket, "masks")["masks"] == []
        view = {"zoom": 2, "centre_xy": [1, 1], "fitted": False, "selected_object_id": 1}
        say(socket, {"type": "view", "image": "discs.png", **view})
        for message in messages:
            say(socket, message)
            refusal = hear(socket, "failed" if "id" in message else "notice")
            assert "cannot be written" in refusal["text"]
            assert refusal.get("code", "read_only") == "read_only"
        for address in ("/api/images/0/masks?page=one&name=mask.png", "/api/masks?name=mask.png"):
            answer = read_only_client.post(address, content=(tmp_path / "mask.png").read_bytes())
            assert (answer.status_code, answer.headers["X-S2M-Error"]) == (403, "read_only")
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_every_error_has_its_http_status() -> None:
    kinds: list[type[S2MError]] = [S2MError, *S2MError.__subclasses__()]
    assert {kind.code for kind in kinds} <= set(HTTP_STATUS)
