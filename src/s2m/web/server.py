"""An application and an address in; a running server, its address said in the terminal, out."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import re
import socket
import threading
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from s2m.errors import ServerError
from s2m.web.connections import BoundedProtocol, OnceAMinute
from s2m.web.messages_from_page import MAX_MESSAGE_BYTES
from s2m.web.security import Access, new_token

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8426
"""Always the same, so that the browser remembers what it was told, unless it is taken."""
_EVERYWHERE = ("0.0.0.0", "::", "")
_LOOPBACKS = ("127.0.0.1", "localhost", "::1")
_CLOSE_WITHIN_S = 3
_TLS_WITHIN_S = 5.0
_QUIET = ("uvicorn.error", "asyncio")
"""Loggers to which anybody who connects can write."""


@dataclass(frozen=True)
class Address:
    """Where the server listens.

    Attributes:
        host: a name or number of this machine; ``0.0.0.0`` for all of them.
        port: or None for the usual one, or any free one where that is taken.
        allowed_hosts: further names under which other machines know this one, or proxies, ``name`` or ``name:port``.
        root_path: what addresses begin with behind a proxy, such as ``/s2m``.
        tls_certificate: PEM file, or None for HTTP.
        tls_key: PEM file of its key.
    """

    host: str = LOOPBACK
    port: int | None = None
    allowed_hosts: tuple[str, ...] = ()
    root_path: str = ""
    tls_certificate: Path | None = None
    tls_key: Path | None = None

    def __post_init__(self) -> None:
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise ServerError(f'a root path begins with "/" and does not end so, got "{self.root_path}"; try /s2m')
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ServerError("a certificate needs its key and a key its certificate; give --tls-cert and --tls-key")
        for path in (self.tls_certificate, self.tls_key):
            if path is not None and not path.is_file():
                raise ServerError(f"{path} does not exist; name a PEM file")

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return "http" if self.tls_certificate is None else "https"

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server."""
        return self.host in _LOOPBACKS

    def listen(self) -> socket.socket:
        """A socket that listens.

        Raises:
            ServerError: the port is in use, or the address is none of this machine.
        """
        if self.port is not None:
            return _listen(self.host, self.port)
        try:
            return _listen(self.host, DEFAULT_PORT)
        except ServerError:
            return _listen(self.host, 0)

    def names(self) -> tuple[str, ...]:
        """The host names under which the server answers, the best to print first."""
        own = (_outward_address(),) if self.host in _EVERYWHERE else (self.host,)
        loopbacks = _LOOPBACKS if self.host in (*_EVERYWHERE, *_LOOPBACKS) else ()
        return tuple(dict.fromkeys((*own, *self.allowed_hosts, *loopbacks)))


@dataclass(frozen=True)
class Greeting:
    """What to tell the user once the server listens.

    Attributes:
        url: with its token; whoever has it can edit.
        others: the same under further names.
        browser_url: opens the page once, for the browser that is started here: command lines can be read by others.
        is_local: whether only this machine reaches it.
        is_encrypted: whether nobody between here and there can read the token.
    """

    url: str
    others: tuple[str, ...]
    browser_url: str
    is_local: bool
    is_encrypted: bool


def serve(
    make_app: Callable[[Access], ASGIApp],
    address: Address,
    greet: Callable[[Greeting], None],
    token: str | None = None,
) -> None:
    """Serve an application until Ctrl+C.

    Args:
        make_app: makes it for those who have access.
        address: where.
        greet: called once, when it answers.
        token: the secret, or None for a new one.

    Raises:
        ServerError: the port is in use, or the certificate is not one.
    """
    listening = address.listen()
    port = listening.getsockname()[1]
    origins = frozenset(_origin(address.scheme, name, port) for name in address.names())
    proxies = frozenset(name.lower() for name in address.allowed_hosts)
    access = Access(token or new_token(), origins, proxies, address.root_path)
    config = uvicorn.Config(
        make_app(access),
        log_config=None,
        access_log=False,
        http=BoundedProtocol,
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=20,
        timeout_graceful_shutdown=_CLOSE_WITHIN_S,
        ssl_certfile=str(address.tls_certificate) if address.tls_certificate else None,
        ssl_keyfile=str(address.tls_key) if address.tls_key else None,
    )
    try:
        config.load()
    except OSError as error:
        raise ServerError(f"the certificate or its key cannot be used ({error}); name PEM files") from error
    server = _GreetingServer(config, lambda: greet(_greeting(address, access, port)))
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    for name in _QUIET:
        logging.getLogger(name).addFilter(OnceAMinute())
    # Ctrl+C has been obeyed by then: everything is saved and closed.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve([listening]))


def open_browser(url: str) -> None:
    """Open the page in the user's browser, without waiting for it."""
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


class _GreetingServer(uvicorn.Server):
    """Says where it is as soon as it answers."""

    def __init__(self, config: uvicorn.Config, greet: Callable[[], None]) -> None:
        super().__init__(config)
        self._greet = greet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self.config.is_ssl:
            loop = asyncio.get_running_loop()
            listen = partial(loop.create_server, ssl_handshake_timeout=_TLS_WITHIN_S)
            loop.create_server = listen  # type: ignore[method-assign]
        await super().startup(sockets)
        if self.started:
            self._greet()


def _greeting(address: Address, access: Access, port: int) -> Greeting:
    origins = [_origin(address.scheme, name, port) for name in _printed(address.names())]
    urls = [f"{origin}{address.root_path}/?token={access.token}" for origin in origins]
    once = urls[0].replace(access.token, access.new_code())
    return Greeting(urls[0], tuple(urls[1:]), once, address.is_local, address.scheme == "https")


def _printed(names: Sequence[str]) -> Sequence[str]:
    """Names worth showing: of the names of this machine itself one is enough."""
    outside = [name for name in names if name not in _LOOPBACKS]
    return outside or names[:1]


def _origin(scheme: str, name: str, port: int) -> str:
    if re.fullmatch(r"[^:]+:\d+", name):
        return f"{scheme}://{name.lower()}"
    host = f"[{name}]" if ":" in name else name.lower()
    usual = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}" if port == usual else f"{scheme}://{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends answers at once (TCP_NODELAY); without, they wait 40 ms for one another.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        code = getattr(error, "errno", None)
        if code == errno.EADDRINUSE:
            raise ServerError(f"port {port} is in use; choose another with --port, or --port 0 for any") from error
        if code == errno.EACCES:
            raise ServerError(f"port {port} needs more rights; choose one above 1023 with --port") from error
        raise ServerError(f"cannot listen on {host} port {port} ({error}); check --host and --port") from error
    listening.listen(128)
    return listening


def _outward_address() -> str:
    """The number under which other machines of the network know this one; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return LOOPBACK
        return str(probe.getsockname()[0])
