"""Exports that a page asks for: over HTTP, and in the dialog."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from page_driver import PageDriver, Serve, write_picture
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import OutputError
from s2m.session import Draw, DrawnStroke, Project
from s2m.types import ByteArray
from s2m.web import exporting
from s2m.web.app import create_app
from s2m.web.security import Access
from s2m.web.workspace import Workspace, WorkspaceSettings

ORIGIN = "http://127.0.0.1:8000"
HEADERS = {"cookie": "s2m-8000=secret", "origin": ORIGIN, "host": "127.0.0.1:8000"}


@pytest.fixture
def images(two_discs: ByteArray, tmp_path: Path) -> Path:
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    return tmp_path / "images"


def served(project: Project, model: OnnxModel) -> TestClient:
    workspace = Workspace(project, Segmenter(model), WorkspaceSettings("images", "tiny"))
    return TestClient(create_app(workspace, Access("secret", frozenset({ORIGIN}))), base_url=ORIGIN, headers=HEADERS)


@pytest.fixture
def client(tiny_model: OnnxModel, images: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A server of two images with a stroke each; one was never saved."""
    project = Project.open(images, tmp_path / "out")
    for name in ("a.png", "b.png"):
        session = project.open_session(name, Segmenter(tiny_model))
        session.do(Draw(strokes=(DrawnStroke(points=((24, 48), (40, 48))),)))
        if name == "a.png":
            project.save(session)
        session.close()
    with served(Project.reopen(tmp_path / "out"), tiny_model) as started:
        yield started


def ended(client: TestClient) -> dict[str, Any]:
    """What is said of the export once it has ended."""
    for _ in range(500):
        progress: dict[str, Any] = client.get("/api/export").json()
        if progress["state"] != "running":
            return progress
        time.sleep(0.02)
    raise AssertionError("the export does not end")


def test_an_export_is_written_into_the_output_folder(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/api/export").json()["state"] == "none"
    request = {"formats": ["coco", "yolo"], "folder": "for training", "shares": {"train": 50, "val": 50}}
    begun = client.post("/api/export", json=request)
    assert begun.json()["state"] == "running"
    found = ended(client)
    folder = tmp_path / "out" / "for training"
    assert (found["state"], found["folder"], found["total"]) == ("done", str(folder), 2)
    assert found["lines"][0].startswith("2 images, 2 objects")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["formats"] == ["coco", "yolo"]
    assert {name: one["images"] for name, one in manifest["splits"].items()} == {"train": 1, "val": 1}
    assert "coco" in [each["name"] for each in client.get("/api/export/formats").json()]


def test_a_check_writes_nothing_and_a_strict_export_neither(client: TestClient, tmp_path: Path) -> None:
    for how in ({"only_check": True}, {"strict": True}):
        client.post("/api/export", json={"classes": ["cat"], **how})
        found = ended(client)
        assert found["state"] == "found"
        assert "no object has the class cat" in found["lines"]
    assert not (tmp_path / "out" / "export").exists()


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        ({"folder": "../elsewhere"}, "folder"),
        ({"folder": "a.png"}, "folder"),
        ({"formats": "coco"}, "formats"),
        ({"colour": "red"}, "colour"),
        ([], "the request"),
    ],
)
def test_what_is_no_request_is_refused(client: TestClient, request_body: object, words: str) -> None:
    answer = client.post("/api/export", json=request_body)
    assert answer.status_code == 422
    assert words in answer.text


def test_what_cannot_be_exported_is_said(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "out" / "export").mkdir()
    (tmp_path / "out" / "export" / "mine.txt").write_text("mine")
    for request, words in (
        ({"formats": ["nonsense"], "folder": "new"}, "nonsense"),
        ({"shares": {"../up": 1}, "folder": "new"}, "../up"),
        ({}, "holds files that are no export"),
    ):
        client.post("/api/export", json=request)
        found = ended(client)
        assert found["state"] == "failed"
        assert words in found["lines"][0]
    assert not (tmp_path / "out" / "new").exists()


def test_one_export_runs_at_a_time_and_can_be_cancelled(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_in, go_on = threading.Event(), threading.Event()
    follow = exporting.ExportRun._follow

    def wait_and_follow(run: exporting.ExportRun, done: int, total: int) -> None:
        is_in.set()
        assert go_on.wait(10)
        follow(run, done, total)

    monkeypatch.setattr(exporting.ExportRun, "_follow", wait_and_follow)
    client.post("/api/export", json={})
    assert is_in.wait(10)
    second = client.post("/api/export", json={})
    assert second.status_code == 409
    assert "is running" in second.text
    client.post("/api/export/cancel")
    go_on.set()
    assert ended(client)["state"] == "cancelled"
    assert not [path.name for path in (tmp_path / "out").iterdir() if "export" in path.name]


def test_a_read_only_project_is_not_exported(tiny_model: OnnxModel, images: Path, tmp_path: Path) -> None:
    Project.open(images, tmp_path / "out")
    project = Project.open_read_only(images, tmp_path / "out", OutputError("cannot write it"))
    with served(project, tiny_model) as client:
        assert client.post("/api/export", json={}).status_code == 403


def test_the_dialog_exports_checks_and_says_what_was_written(
    driver: PageDriver, serve: Serve, images: Path, tmp_path: Path
) -> None:
    driver.open(serve(images, tmp_path / "out").url)
    driver.draw((24, 48), (40, 48))
    driver.page.keyboard.press("Shift+E")
    driver.page.get_by_label("COCO, run lengths").wait_for()
    said = driver.page.locator("#export-progress .said")
    driver.page.get_by_label("Only images that are marked as done").check()
    driver.page.locator("#export-start").click()
    driver.page.locator("#export-progress .failed").wait_for()
    assert "annotate some first" in said.inner_text()
    driver.page.get_by_label("Only images that are marked as done").uncheck()
    driver.page.get_by_label("YOLO").check()
    driver.page.get_by_label("Folder in").fill("../up")
    driver.page.locator("#export-start").click()
    assert driver.page.evaluate("document.querySelector('#export input:invalid').name") == "folder"
    driver.page.get_by_label("Folder in").fill("set 1")
    driver.page.get_by_text("Split into train").click()
    driver.page.get_by_label("train %").fill("100")
    driver.page.locator("#export-start").click()
    driver.page.locator("#export-progress .done").wait_for()
    folder = tmp_path / "out" / "set 1"
    assert f"1 images, 1 objects: {folder}" in said.inner_text()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["formats"] == ["coco", "yolo"]
    assert manifest["splits"]["train"]["images"] == 1
    driver.page.get_by_role("button", name="Copy path").click()
    driver.wait_for(f"document.getElementById('status-text').textContent.includes({str(folder)!r})")
    driver.page.get_by_role("button", name="Only check").click()
    driver.page.locator("#export-progress .checked, #export-progress .found").wait_for()
