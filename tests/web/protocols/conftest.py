"""Programs that ask a server without a page, in the protocols of their own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest
import uvicorn
from starlette.testclient import TestClient

from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.web.api.headless import create_headless
from s2m.web.api.service import ApiService
from s2m.web.protocols.label_studio_files import LabelStudioFiles
from s2m.web.protocols.table import protocol_routes
from s2m.web.security import Access

TOKEN = "a-secret-of-programs"
ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
def start(tiny_model: OnnxModel) -> Iterator[Callable[..., TestClient]]:
    """Starts ``s2m serve`` with protocols; the requests have the headers that are given."""
    with ExitStack() as stack:

        def begin(protocols: str, headers: dict[str, str], files: LabelStudioFiles | None = None) -> TestClient:
            service = ApiService(Segmenter(tiny_model))
            routes = protocol_routes(protocols, service, files)
            app = create_headless(service, routes, Access(TOKEN, frozenset({ORIGIN})))
            return stack.enter_context(TestClient(app, base_url=ORIGIN, headers=headers))

        yield begin


@pytest.fixture
def serving(tiny_model: OnnxModel) -> Callable[..., AbstractContextManager[str]]:
    """Serves protocols on a port of this machine, for clients in other processes; gives the address."""

    @contextmanager
    def begin(protocols: str, files: LabelStudioFiles | None = None) -> Iterator[str]:
        service = ApiService(Segmenter(tiny_model))
        with socket.create_server(("127.0.0.1", 0)) as listening:
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            access = Access(TOKEN, frozenset({address}))
            app = create_headless(service, protocol_routes(protocols, service, files), access)
            server = uvicorn.Server(uvicorn.Config(app, log_config=None))
            thread = threading.Thread(target=server.run, args=([listening],))
            thread.start()
            try:
                yield address
            finally:
                server.should_exit = True
                thread.join()

    return begin
