"""A project and a server without one, both answering in this process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.session import Project
from s2m.types import ByteArray
from s2m.web.api.headless import create_headless
from s2m.web.api.service import ApiService
from s2m.web.api.sessions import Limits
from s2m.web.app import create_app
from s2m.web.security import Access
from s2m.web.workspace import Workspace, WorkspaceSettings

ORIGIN = "http://127.0.0.1:8000"
TOKEN = "a-secret-of-programs"
BEARER = {"authorization": f"Bearer {TOKEN}"}


def access() -> Access:
    return Access(TOKEN, frozenset({ORIGIN}), requests_per_second=1e6, burst=1e6)


@pytest.fixture
def project_client(tmp_path: Path, two_discs: ByteArray, tiny_model: OnnxModel) -> Iterator[TestClient]:
    """The API of ``s2m annotate`` on a folder of two images."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a", "b"):
        Image.fromarray(two_discs).save(folder / f"{name}.png")
    settings = WorkspaceSettings("images", "tiny")
    workspace = Workspace(Project.open(folder, tmp_path / "out"), Segmenter(tiny_model), settings)
    with TestClient(create_app(workspace, access()), base_url=ORIGIN, headers=BEARER) as client:
        yield client


@pytest.fixture
def service(tiny_model: OnnxModel) -> ApiService:
    return ApiService(Segmenter(tiny_model), Limits(sessions=3, nbytes=200_000, idle_s=60))


@pytest.fixture
def client(service: ApiService) -> Iterator[TestClient]:
    """The API of ``s2m serve``."""
    app = partial(create_headless, service, ())(access())
    with TestClient(app, base_url=ORIGIN, headers=BEARER) as started:
        yield started
