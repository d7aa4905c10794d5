"""The options that say where a server listens, and under which names."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from s2m.web.server import LOOPBACK, Address

Command = TypeVar("Command", bound=Callable[..., None])

_OPTIONS = (
    click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 for any free one."),
    click.option(
        "--host", default=LOOPBACK, show_default=True, help="Address to listen on; 0.0.0.0 lets other machines connect."
    ),
    click.option(
        "--allow-host",
        "allowed_hosts",
        multiple=True,
        metavar="NAME[:PORT]",
        help="Another name of this machine, or a proxy in front of it.",
    ),
    click.option("--root-path", default="", metavar="/PATH", help="What addresses begin with behind a proxy."),
    click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate (PEM) to serve HTTPS."),
    click.option("--tls-key", type=click.Path(path_type=Path), help="Its key (PEM)."),
)


def address_options(command: Command) -> Command:
    """Give a command the options, and what they say as ``address``."""

    @wraps(command)
    def with_address(
        *arguments: Any,
        host: str,
        port: int | None,
        allowed_hosts: tuple[str, ...],
        root_path: str,
        tls_cert: Path | None,
        tls_key: Path | None,
        **others: Any,
    ) -> None:
        address = Address(host, port, allowed_hosts, root_path, tls_cert, tls_key)
        command(*arguments, address=address, **others)

    decorated: Any = with_address
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]
