"""Photographs that are dropped on the page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from page_driver import PageDriver, Serve, write_picture
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.session import Project
from s2m.types import ByteArray
from s2m.web.app import create_app
from s2m.web.security import Access
from s2m.web.workspace import Workspace, WorkspaceSettings

ORIGIN = "http://127.0.0.1:8000"
HEADERS = {"cookie": "s2m-8000=secret", "origin": ORIGIN, "host": "127.0.0.1:8000"}


@pytest.fixture
def images(two_discs: ByteArray, tmp_path: Path) -> Path:
    write_picture(tmp_path / "images" / "a.png", two_discs)
    left_by_a_kill = tmp_path / "images" / ".s2m-a1b2c3d4.part"
    left_by_a_kill.write_bytes(b"half a photograph")
    os.utime(left_by_a_kill, (0, 0))
    return tmp_path / "images"


@pytest.fixture
def photograph(two_discs: ByteArray, tmp_path: Path) -> Path:
    Image.fromarray(two_discs).save(tmp_path / "new.jpg")
    return tmp_path / "new.jpg"


@pytest.fixture
def client(tiny_model: OnnxModel, images: Path, tmp_path: Path) -> Iterator[TestClient]:
    workspace = Workspace(
        Project.open(images, tmp_path / "out"), Segmenter(tiny_model), WorkspaceSettings("images", "tiny")
    )
    app = create_app(workspace, Access("secret", frozenset({ORIGIN})))
    with TestClient(app, base_url=ORIGIN, headers=HEADERS) as started:
        yield started


def test_only_new_photographs_with_names_for_files_are_taken(
    client: TestClient, images: Path, photograph: Path
) -> None:
    data = photograph.read_bytes()
    before = (images / "a.png").read_bytes()
    for name, sent, words in (
        ("a.png", data, "is in"),
        ("../up.jpg", b"no image", "up.jpg"),
        ("..", data, "no photograph can be called"),
        (".hidden.jpg", data, "no photograph can be called"),
        ("a\nb.jpg", data, "no photograph can be called"),
        ("x.exe", data, "does not end as a photograph"),
        ("x" * 300 + ".jpg", data, "bytes"),
        ("empty.jpg", b"", "empty.jpg"),
    ):
        answer = client.post("/api/images", params={"name": name}, content=sent)
        assert answer.status_code == 404, name
        assert words in answer.text
    assert [path.name for path in images.iterdir()] == ["a.png"]
    assert (images / "a.png").read_bytes() == before
    assert client.post("/api/images", params={"name": "../../new.jpg"}, content=data).text == "new.jpg"
    assert (images / "new.jpg").read_bytes() == data
    assert not (images.parent.parent / "new.jpg").exists()
    assert client.get("/api/images/1/thumbnail").status_code == 200


def test_a_dropped_photograph_is_copied_and_opened_where_one_wants_so(
    driver: PageDriver, serve: Serve, images: Path, photograph: Path, two_discs_file: Path, tmp_path: Path
) -> None:
    drop = """(bytes) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([new Uint8Array(bytes)], "new.jpg"));
        document.getElementById("side").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
    }"""
    data = list(photograph.read_bytes())
    driver.open(serve(images, tmp_path / "out").url)
    driver.page.evaluate(drop, data)
    driver.page.get_by_role("button", name="Cancel").click()
    assert not (images / "new.jpg").exists()
    driver.page.evaluate(drop, data)
    driver.page.locator("#take-in").click()
    driver.wait_for("s2m.annotation.value.image?.name === 'new.jpg'")
    driver.page.evaluate(drop, data)
    driver.page.locator("#take-in").click()
    driver.wait_for("!document.getElementById('status-error').hidden")
    assert "is in" in driver.error()
    driver.open(serve(two_discs_file, tmp_path / "out2").url)
    driver.page.evaluate(drop, data)
    driver.page.locator("#take-in").click()
    driver.wait_for("!document.getElementById('status-error').hidden")
    assert "s2m new.jpg" in driver.error()
