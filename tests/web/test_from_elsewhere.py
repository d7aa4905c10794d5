"""The page from another machine: the address, who connects, and HTTPS."""

from __future__ import annotations

import shutil
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from page_driver import PageDriver, Serve, Served


def said_until(served: Served, words: str) -> str:
    """What the terminal says, up to a line with some words."""
    assert served.process.stdout is not None
    lines = []
    for line in served.process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError(f"it never said {words!r}: {''.join(lines)}")


def test_the_terminal_says_the_address_with_a_code_for_a_camera_and_who_connects(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out", "--host", "0.0.0.0", "--allow-host", "driver.example")
    assert "?token=" in served.url
    said = said_until(served, "Whoever has this address")
    assert "driver.example" in said
    assert "\N{FULL BLOCK}" in said or "\N{UPPER HALF BLOCK}" in said
    driver.open(served.url)
    assert "is connected" in said_until(served, "a page of")
    driver.draw((24, 48), (40, 48))
    assert driver.mask(1)[48, 32]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="a certificate is made with openssl")
def test_the_page_is_served_over_https(driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> None:
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 "
        f"-keyout {tmp_path}/key.pem -out {tmp_path}/cert.pem"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    served = serve(two_discs_file, tmp_path / "out", "--tls-cert", certificate, "--tls-key", key)
    assert served.url.startswith("https://")
    client = driver.page.context.new_cdp_session(driver.page)
    client.send("Security.enable")
    client.send("Security.setIgnoreCertificateErrors", {"ignore": True})
    driver.open(served.url)
    driver.draw((24, 48), (40, 48))
    assert driver.mask(1)[48, 32]


def test_the_page_opens_behind_jupyter_server_proxy_and_through_a_forwarded_port(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    port = served.url.split(":")[-1].partition("/")[0]
    token = served.url.partition("token=")[2]
    with forwarded("127.0.0.1", int(port)) as other_port, jupyter(tmp_path) as hub:
        for url in (f"http://localhost:{other_port}/?token={token}", f"{hub}/user/me/proxy/{port}/?token={token}"):
            driver = new_driver().open(url)
            driver.page.evaluate("s2m.annotation.value.editor || s2m.navigation.takeOver()")
            driver.wait_for("s2m.annotation.value.editor")
            before = len(driver.strokes())
            driver.draw((24, 48), (40, 48))
            assert len(driver.strokes()) == before + 1
            assert "token=" not in driver.page.url


def test_the_page_opens_on_an_address_of_ipv6(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out", "--host", "::1")
    assert served.url.startswith("http://[::1]:")
    driver.open(served.url)
    driver.draw((24, 48), (40, 48))
    assert driver.mask(1)[48, 32]


@contextmanager
def forwarded(host: str, port: int) -> Iterator[int]:
    """Another port that leads to a server, as ``ssh -L`` makes it."""

    class Forward(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((host, port)) as there:
                back = threading.Thread(target=copy, args=(there, self.request), daemon=True)
                back.start()
                copy(self.request, there)

    def copy(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Forward) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@contextmanager
def jupyter(folder: Path) -> Iterator[str]:
    """A Jupyter server with jupyter-server-proxy, under a path of a user; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "ip": "127.0.0.1", "port": port, "base_url": "/user/me/", "token": "", "password": "", "open_browser": False,
        "allow_root": True, "root_dir": str(folder), "jpserver_extensions": "{'jupyter_server_proxy': True}",
    }  # fmt: skip
    options = [f"--ServerApp.{name}={value}" for name, value in settings.items()]
    options.append("--IdentityProvider.token=")
    command = [sys.executable, "-m", "jupyter_server", *options]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
