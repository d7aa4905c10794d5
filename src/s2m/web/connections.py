"""Connections of strangers in; few of them at once, and none for long, out: the token is not needed to open one.

A connection counts as a stranger's until a request on it has passed the gate (``s2m.web.security``).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

MOST_STRANGERS = 128
STRANGER_LEAVES_AFTER_S = 5.0
TRUST = "s2m.trust"
"""Where the scope of a request has the function that says: this connection is no stranger's."""


class BoundedProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, on connections that are cut where nobody with the token is at their other end."""

    _strangers: dict[BoundedProtocol, None] = {}

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.app: Any = _with_trust(self.app, self._trust)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is open; where there are too many strangers, the one that waited longest goes."""
        super().connection_made(transport)
        self._strangers[self] = None
        self._deadline = self.loop.call_later(STRANGER_LEAVES_AFTER_S, self._cut)
        while len(self._strangers) > MOST_STRANGERS:
            next(iter(self._strangers))._cut()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._trust()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        """From here on it is a WebSocket, which the gate has let through or refused within the same moment."""
        self._trust()
        super().handle_websocket_upgrade(event)

    def _cut(self) -> None:
        self._trust()
        self.transport.abort()

    def _trust(self) -> None:
        self._strangers.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _with_trust(app: Any, trust: Callable[[], None]) -> ASGIApp:
    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        scope[TRUST] = trust
        await app(scope, receive, send)

    return call


class OnceAMinute(logging.Filter):
    """Lets each kind of line through once a minute, and says how many more there were."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._kinds: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a line."""
        kind, now = (record.pathname, record.lineno), self._clock()
        since, left_out = self._kinds.get(kind, (now - 60.0, 0))
        if now - since < 60.0:
            self._kinds[kind] = (since, left_out + 1)
            return False
        self._kinds[kind] = (now, 0)
        if left_out:
            record.msg, record.args = f"{record.getMessage()} ({left_out} more like this before)", ()
        return True
