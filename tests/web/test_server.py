"""Where the server listens, and what it needs for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from s2m.errors import ServerError
from s2m.web.server import Address


def test_a_port_in_use_is_one_sentence_that_says_what_to_do() -> None:
    with Address(port=0).listen() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"port {port} is in use; choose another with --port"):
            Address(port=port).listen()


def test_only_this_machine_is_served_unless_a_host_is_given() -> None:
    assert Address().is_local
    assert Address().names() == ("127.0.0.1", "localhost", "::1")
    assert not Address("0.0.0.0").is_local
    assert "workstation.example" in Address("0.0.0.0", allowed_hosts=("workstation.example",)).names()


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="--tls-key"):
        Address(tls_certificate=tmp_path / "cert.pem")
