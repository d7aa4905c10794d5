"""Connections of strangers, and of pages that do not listen, at a real server."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from page_driver import Serve, Served
from s2m.web.connection import MOST_WAITING, PageConnection
from s2m.web.connections import MOST_STRANGERS, OnceAMinute
from s2m.web.messages_to_page import error_notice


@pytest.fixture
def served(serve: Serve, two_discs_file: Path, tmp_path: Path) -> Served:
    return serve(two_discs_file, tmp_path / "out")


@pytest.fixture
def strangers(served: Served) -> Iterator[list[socket.socket]]:
    """Connections that say half a request, or nothing."""
    with ExitStack() as opened:
        address = urlsplit(served.url)
        sockets = []
        for number in range(3 * MOST_STRANGERS):
            stranger = opened.enter_context(socket.create_connection((address.hostname or "", address.port or 0)))
            if number % 2:
                stranger.sendall(b"GET / HTTP/1.1\r\nHost: half\r\n")
            sockets.append(stranger)
        yield sockets


def cookie_of(served: Served) -> dict[str, str]:
    address = urlsplit(served.url)
    return {"cookie": f"s2m-{address.port}={address.query.removeprefix('token=')}"}


def get(served: Served, path: str = "/api/info") -> bytes:
    address = urlsplit(served.url)
    answer: bytes = urlopen(Request(f"http://{address.netloc}{path}", headers=cookie_of(served)), timeout=10).read()
    return answer


def is_cut(stranger: socket.socket) -> bool:
    stranger.settimeout(0.01)
    try:
        return stranger.recv(100) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_strangers_are_few_and_stay_for_a_short_time(served: Served, strangers: list[socket.socket]) -> None:
    assert b"model" in get(served)
    assert sum(map(is_cut, strangers[: 2 * MOST_STRANGERS - 10])) >= 2 * MOST_STRANGERS - 20
    time.sleep(6)
    assert all(map(is_cut, strangers))
    assert b"model" in get(served)


def test_a_web_socket_without_the_token_is_refused_before_it_is_one(served: Served) -> None:
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as stranger:
        lines = (
            "GET /ws HTTP/1.1",
            f"Host: {address.netloc}",
            f"Origin: http://{address.netloc}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        )
        stranger.sendall("\r\n".join((*lines, "", "")).encode())
        answer = b""
        while part := stranger.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 403")


def test_answers_do_not_wait_for_one_another(served: Served) -> None:
    address = urlsplit(served.url)
    request = f"GET /api/info HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie_of(served)['cookie']}\r\n\r\n"
    seconds = []
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as page:
        for _ in range(20):
            started = time.perf_counter()
            page.sendall(request.encode())
            answer = b""
            while not answer.endswith(b"]}"):
                answer += page.recv(65536)
            seconds.append(time.perf_counter() - started)
    assert sorted(seconds)[len(seconds) // 2] < 0.03


class DeafSocket:
    """A page that reads nothing."""

    async def send_text(self, _: str) -> None:
        await asyncio.Event().wait()


T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: the browser tests leave an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(coroutine)).result()


@pytest.mark.parametrize(("length", "count"), [(10, 10 * MOST_WAITING), (5_000_000, 100)])
def test_a_page_that_does_not_listen_is_cut_off(length: int, count: int) -> None:
    async def talk() -> int:
        connection = PageConnection(DeafSocket())  # type: ignore[arg-type]
        talking = asyncio.create_task(connection.run())
        most = 0
        for number in range(count):
            connection.send(error_notice("x" * length))
            connection.send_passing(lambda: error_notice("never sent"))
            most = max(most, connection.waiting_bytes)
            if number % 10 == 0:
                await asyncio.sleep(0)
        await asyncio.wait_for(talking, 5)
        return most

    assert run(talk()) < 80_000_000


def test_of_passing_messages_the_newest_alone_waits() -> None:
    class Heard:
        def __init__(self) -> None:
            self.texts: list[str] = []

        async def send_text(self, text: str) -> None:
            self.texts.append(text)

    async def talk() -> list[str]:
        page = Heard()
        connection = PageConnection(page)  # type: ignore[arg-type]
        for number in range(5):
            connection.send_passing(lambda number=number: error_notice(f"passing {number}"))  # type: ignore[misc]
            connection.send(error_notice(f"fixed {number}"))
        talking = asyncio.create_task(connection.run())
        await asyncio.sleep(0.05)
        connection.send_passing(lambda: error_notice("passing 5"))
        await asyncio.sleep(0.05)
        talking.cancel()
        return page.texts

    texts: list[Any] = [text.split('"text":"')[1][:-2] for text in run(talk())]
    assert texts == ["fixed 0", "fixed 1", "fixed 2", "fixed 3", "passing 4", "fixed 4", "passing 5"]


def test_a_line_that_anybody_can_cause_is_written_once_a_minute() -> None:
    now = [0.0]
    once = OnceAMinute(lambda: now[0])
    written = []
    for _ in range(1000):
        record = logging.LogRecord("uvicorn.error", logging.WARNING, "h11.py", 7, "Invalid %s", ("request",), None)
        if once.filter(record):
            written.append(record.getMessage())
        now[0] += 0.1
    assert written == ["Invalid request", "Invalid request (599 more like this before)"]
