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
TRY_AGAIN_LATER = 1013


class PageConnection:
    """One browser page that is connected."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.page = ""
        self.image: str | None = None
        self.known = PageKnowledge()
        self._waiting: deque[tuple[Callable[[], MessageToPage], bool]] = deque()
        self._ready = asyncio.Event()

    def send(self, message: MessageToPage) -> None:
        """Have a message sent as soon as the page takes it."""
        self._put(lambda: message, passing=False)

    def send_late(self, make: Callable[[], MessageToPage]) -> None:
        """Have a message made and sent in its turn."""
        self._put(make, passing=False)

    def send_passing(self, make: Callable[[], MessageToPage]) -> None:
        """Have a message made and sent, unless another passing one comes before its turn."""
        self._put(make, passing=True)

    def _put(self, make: Callable[[], MessageToPage], *, passing: bool) -> None:
        if passing and self._waiting and self._waiting[-1][1]:
            self._waiting.pop()
        self._waiting.append((make, passing))
        self._ready.set()

    async def run(self) -> None:
        """Send messages until the connection is cut; a page that does not listen is cut off and starts anew."""
        while len(self._waiting) < MOST_WAITING:
            await self._ready.wait()
            self._ready.clear()
            while self._waiting:
                make, _ = self._waiting.popleft()
                await self.socket.send_text(json.dumps(make(), separators=(",", ":"), allow_nan=False))
        await self.socket.close(TRY_AGAIN_LATER)
