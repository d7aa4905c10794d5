"""The page from another machine: the address, who connects, and HTTPS."""

from __future__ import annotations

import shutil
import subprocess
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
