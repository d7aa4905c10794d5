"""The connection to one page: messages out, in order; of answers to a stroke in progress only the newest waits."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable

from starlette.websockets import WebSocket

from s2m.web.messages_to_page import MessageToPage
from s2m.web.page_state import PageKnowledge

MOST_WAITING = 2000
MOST_WAITING_BYTES = 64_000_000


class PageConnection:
    """One browser page that is connected."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.page = ""
        self.image: str | None = None
        self.known = PageKnowledge()
        self._waiting: deque[str | Callable[[], MessageToPage]] = deque()
        self._passing: Callable[[], MessageToPage] | None = None
        self.waiting_bytes = 0
        self._ready = asyncio.Event()
        self._overflow = asyncio.Event()

    def send(self, message: MessageToPage) -> None:
        """Have a message sent as soon as the page takes it."""
        self._put(_text_of(message))

    def send_late(self, make: Callable[[], MessageToPage]) -> None:
        """Have a message made and sent in its turn."""
        self._put(make)

    def send_passing(self, make: Callable[[], MessageToPage]) -> None:
        """Have a message made and sent, unless another passing one comes before its turn."""
        if self._passing is not None:
            self._waiting.remove(self._passing)
        self._passing = None if self._overflow.is_set() else make
        self._put(make)

    def _put(self, waiting: str | Callable[[], MessageToPage]) -> None:
        if self._overflow.is_set():
            return
        self._waiting.append(waiting)
        self.waiting_bytes += len(waiting) if isinstance(waiting, str) else 0
        self._ready.set()
        if len(self._waiting) > MOST_WAITING or self.waiting_bytes > MOST_WAITING_BYTES:
            self._waiting.clear()
            self._passing = None
            self._overflow.set()

    async def run(self) -> None:
        """Send messages until the connection is cut, or the page has not listened for too long: it starts anew."""
        sending = asyncio.create_task(self._send_all())
        overflow = asyncio.create_task(self._overflow.wait())
        try:
            await asyncio.wait((sending, overflow), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            sending.cancel()
            overflow.cancel()

    async def _send_all(self) -> None:
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._waiting:
                waiting = self._waiting.popleft()
                if waiting is self._passing:
                    self._passing = None
                if isinstance(waiting, str):
                    self.waiting_bytes -= len(waiting)
                await self.socket.send_text(waiting if isinstance(waiting, str) else _text_of(waiting()))


def _text_of(message: MessageToPage) -> str:
    return json.dumps(message, separators=(",", ":"), allow_nan=False)
