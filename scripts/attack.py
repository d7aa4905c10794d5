"""Attacks on a real server: ``python scripts/attack.py`` kills it and sends it garbage, large pictures and long work.

It fails where something acknowledged is lost, where the server dies, answers 5xx or writes a traceback, where it takes
more than 2 GB, and where its memory grows without end.  ``make attack`` runs it in full; a test runs it in short.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import click
import cv2
import numpy as np
from PIL import Image
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from s2m.errors import S2MError
from s2m.files.label_files import read_label_map
from s2m.session import Project, read_journal

_SIZE = (320, 240)
_MOST_BYTES = 2_000_000_000
_MOST_GROWTH = 1.25
_LARGEST = {
    "photograph.jpg": (185, np.uint8),
    "deep.tif": (102, np.uint16),
    "deep.png": (102, np.uint16),
    "floats.tif": (68, np.float32),
    "photograph.webp": (97, np.uint8),
}
"""The largest pictures that are read, in megapixels of RGB (docs/files.md)."""

_WORDS: tuple[Any, ...] = (
    None, True, -1, 0, 1, 255, 2**31, 2**63, 2**80, 1e308, float("nan"), float("inf"), "", "a", "../../etc/passwd",
    "\ud800", "\0", "9" * 5000, "x" * 100_000, [], {}, [[]] * 1000, {"a": {"a": {}}},
)  # fmt: skip


@dataclass
class Server:
    """A server in its own process.

    Attributes:
        folder: holds the photographs, the output and the log.
        options: of the command line.
    """

    folder: Path
    options: tuple[str, ...]
    process: subprocess.Popen[bytes] = field(init=False)
    address: str = field(init=False)
    cookie: str = field(init=False)
    _pages: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Start, and wait until it says where it is."""
        log = self.folder / "server.log"
        with log.open("ab") as file:
            before = file.tell()
            command = [sys.executable, "-u", "-c", "from s2m.cli import main; main()", str(self.folder / "photos")]
            more = ["-o", str(self.folder / "out"), "--port", "0", "--no-browser", *self.options]
            self.process = subprocess.Popen([*command, *more], stdout=file, stderr=subprocess.STDOUT)
        for _ in range(1200):
            found = re.search(rb"Open http://(\S+)/\?token=(\S+)", log.read_bytes()[before:])
            if found:
                self.address = found[1].decode()
                self.cookie = f"s2m-{self.address.rpartition(':')[2]}={found[2].decode()}"
                return
            self.check_alive()
            time.sleep(0.05)
        raise click.ClickException("the server does not start")

    def check_alive(self) -> None:
        """Make sure that the process lives and has written no traceback."""
        if self.process.poll() is not None:
            raise click.ClickException(f"the server died with {self.process.returncode}")
        if b"Traceback" in (self.folder / "server.log").read_bytes():
            raise click.ClickException(f"a traceback in {self.folder / 'server.log'}")

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()
        self._pages.close()

    def memory(self, name: str) -> int:
        """Bytes of memory: ``VmRSS`` now, ``VmHWM`` at most."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(rf"{name}:\s+(\d+)", status)[0]) * 1024

    def page(self) -> ClientConnection:
        """A page that is connected."""
        headers = {"Cookie": self.cookie, "Origin": f"http://{self.address}"}
        address = f"ws://{self.address}/ws"
        page = self._pages.enter_context(connect(address, additional_headers=headers, max_size=None, compression=None))
        page.send(json.dumps({"type": "hello", "page": "attack"}))
        return page

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> int | None:
        """The status of an answer, or None where there is none."""
        address = urlsplit(f"//{self.address}")
        connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
        try:
            connection.request(method, path, body or None, headers)
            return connection.getresponse().status
        except (HTTPException, OSError, ValueError):
            return None
        finally:
            connection.close()


def hear(page: ClientConnection, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The next message of a kind."""
    while True:
        message: dict[str, Any] = json.loads(page.recv(timeout=120))
        if is_wanted(message):
            return message


def command_of(dice: random.Random, number: int) -> dict[str, Any]:
    """Something that a person may do."""
    points = [[round(dice.uniform(0, side), 2) for side in _SIZE] for _ in range(dice.randint(1, 8))]
    stroke = {"points": points, "object_id": dice.randint(1, 3), "key": f"k{number}"}
    draw = {"kind": "draw", "strokes": [stroke]}
    brush = {"kind": "brush", "points": points, "object_id": 1, "width_px": dice.choice([3, 40, 3000])}
    others = ({"kind": "undo"}, {"kind": "redo"}, {"kind": "keep"}, {"kind": "fill_holes", "object_id": 1})
    return dice.choice((draw, draw, draw, draw, brush, *others))


def attack_by_kills(server: Server, dice: random.Random, kills: int) -> int:
    """Kill the server at random moments; gives how many acknowledged commands were all found again."""
    acknowledged: set[str] = set()
    name = "0.png"
    for kill in range(kills):
        server.start()
        page = server.page()
        page.send(json.dumps({"type": "open", "image": name}))
        hear(page, lambda message: message["type"] == "image")
        until = time.monotonic() + dice.uniform(0, 1)
        number = 0
        while time.monotonic() < until:
            number += 1
            body = command_of(dice, kill * 1000 + number)
            page.send(json.dumps({"type": "command", "id": f"c{kill}-{number}", "image": name, "body": body}))
            told = hear(page, lambda message: message["type"] in ("done", "failed"))
            if told["type"] == "done":
                acknowledged.add(told["id"])
        pen = {"type": "pen", "image": name, "key": f"pen{kill}", "object_id": 1, "sign": "positive", "tool": "stroke"}
        page.send(json.dumps({**pen, "width_px": 6, "first": 0, "points": [[5, 5], [60, 60]]}))
        time.sleep(dice.uniform(0, 0.2))
        server.check_alive()
        server.kill()
        reading = read_journal(server.folder / "out" / "journals" / f"{name}.jsonl")
        lost = acknowledged - {line.request for line in reading.lines}
        if lost:
            raise click.ClickException(f"{len(lost)} acknowledged commands are lost: {sorted(lost)[:3]}")
    return len(acknowledged)


def mutated(dice: random.Random, text: str) -> str:
    """A text with some of it changed, doubled or gone."""
    for _ in range(dice.randint(1, 4)):
        start = dice.randrange(len(text) + 1)
        end = min(len(text), start + dice.randint(0, 12))
        text = text[:start] + dice.choice(["", "9" * 400, "[" * 300, "é", "\\u0000", text[start:end] * 3]) + text[end:]
    return text


def bad_message(dice: random.Random) -> str:
    """Something that no page says."""
    pen = {"first": 0, "points": [[1, 2]], "sign": "positive", "tool": "stroke", "width_px": 3, "key": "k"}
    body = command_of(dice, dice.randrange(10**9))
    whole: dict[str, Any] = {"type": "command", "id": "x", "image": "1.png", "body": body, "object_id": 1}
    kind = dice.choice(["hello", "open", "command", "pen", "save", "view", "preferences", "add_class", "copy_objects"])
    whole = {"type": kind, **(pen if kind == "pen" else {}), **({} if dice.random() < 0.5 else whole)}
    where = dice.choice((whole, body))
    where[dice.choice([*where, "strange"])] = dice.choice(_WORDS)
    text = json.dumps(whole)
    return mutated(dice, text) if dice.random() < 0.5 else text


def attack_by_garbage(server: Server, dice: random.Random, inputs: int) -> None:
    """Bad addresses, bodies, messages and files, over every door."""
    server.start()
    own = {"Cookie": server.cookie, "Origin": f"http://{server.address}"}
    page = server.page()
    for number in range(inputs):
        door = number % 4
        if door < 2:
            word = quote(str(dice.choice(_WORDS))[:8000].encode("utf-8", "replace"))
            place = dice.choice(["/", "//", "/api/images/0/tiles/0/0/", "/api/images/", "/static/", "/api/masks?name="])
            path = mutated(dice, f"{place}{word}").encode("ascii", "replace").decode().replace(" ", "")
            body = mutated(dice, '{"images": [{"id": 1, "file_name": "1.png"}], "annotations": []}').encode()
            if door:
                path = f"/api/masks?name={quote(dice.choice(['1.json', '1.png', '..', '.json', word[:300]]))}"
            status = server.ask(dice.choice(["GET", "POST"]), path, body, own)
            if status is not None and status >= 500:
                raise click.ClickException(f"{status} for {path[:200]} with {body[:200]!r}")
        else:
            try:
                page.send(bad_message(dice).encode("utf-8", "replace") if door == 2 else bad_message(dice))
                for _ in range(20):
                    page.recv(timeout=0)
            except ConnectionClosed:
                page = server.page()
            except (UnicodeEncodeError, TimeoutError):
                continue
        if number % 50 == 0:
            server.check_alive()
    page.send(json.dumps({"type": "save", "id": "last", "image": "2.png"}))
    try:
        hear(page, lambda message: message.get("id") == "last")
    except ConnectionClosed:
        server.page()
    server.check_alive()
    check_peak(server, "garbage")
    server.kill()


def check_peak(server: Server, what: str) -> int:
    """The most bytes of memory that it took so far, 2 GB or less."""
    peak = server.memory("VmHWM")
    if peak > _MOST_BYTES:
        raise click.ClickException(f"the server took {peak / 1e9:.2f} GB with {what}")
    return peak


def attack_by_size(server: Server, dice: random.Random, share: float) -> int:
    """Draw in pictures as large as the limits, keep the masks and save them; gives the most bytes that this took."""
    peaks = []
    for name, (megapixels, dtype) in _LARGEST.items():
        side = int((share * megapixels * 1e6) ** 0.5)
        path = server.folder / "photos" / name
        write_picture(path, side, np.dtype(dtype), dice)
        server.start()
        page = server.page()
        page.send(json.dumps({"type": "open", "image": name}))
        told = hear(page, lambda message: message["type"] in ("image", "unreadable"))
        points = [[0.4 * side, 0.4 * side], [0.5 * side, 0.45 * side]]
        bodies = ({"kind": "draw", "strokes": [{"points": points, "object_id": 1, "key": "k"}]}, {"kind": "keep"})
        for number, body in enumerate(bodies if told["type"] == "image" else ()):
            page.send(json.dumps({"type": "command", "id": f"size-{number}", "image": name, "body": body}))
            told = hear(page, lambda message: message["type"] in ("done", "failed"))
        if told["type"] != "done":
            raise click.ClickException(f"{name} of {side} x {side} pixels: {told}")
        page.send(json.dumps({"type": "save", "id": "last", "image": name}))
        hear(page, lambda message: message.get("id") == "last")
        server.check_alive()
        peaks.append(check_peak(server, f"{name} of {side} x {side} pixels"))
        server.kill()
        path.unlink()
    return max(peaks)


def write_picture(path: Path, side: int, dtype: np.dtype[Any], dice: random.Random) -> None:
    """A picture of coloured squares, as large as is asked for."""
    colours = np.random.default_rng(dice.randrange(2**32)).uniform(0, 1, (24, 24, 3))
    most = np.iinfo(dtype).max if dtype.kind == "u" else 1
    squares = (colours * most).astype(dtype)
    picture = cv2.resize(squares, (side, side), interpolation=cv2.INTER_NEAREST)
    if not cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 1] if path.suffix == ".png" else []):
        raise click.ClickException(f"{path} cannot be written")


def attack_files(server: Server, dice: random.Random, inputs: int) -> None:
    """Bytes of the project's own files changed: the other images are listed, and what is wrong is one line."""
    journals = server.folder / "out" / "journals"
    for _ in range(inputs):
        path = dice.choice([each for each in journals.iterdir() if each.suffix in (".jsonl", ".npz", ".json")])
        whole = path.read_bytes()
        changed = bytearray(whole[: dice.choice([len(whole), dice.randrange(len(whole) + 1)])])
        for _ in range(dice.randint(0, 3) if changed else 0):
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        path.write_bytes(changed)
        try:
            project = Project.open(server.folder / "photos", server.folder / "out")
            if len(project.images) != 3:
                raise click.ClickException(f"images are missing after {path.name} was changed")
            project.kept_state(project.images[0].name)
            project.view(project.images[0].name)
        except S2MError as error:
            if "\n" in str(error):
                raise click.ClickException(f"not one line: {error}") from error
        path.write_bytes(whole)


def soak(server: Server, dice: random.Random, seconds: float) -> tuple[int, int]:
    """Draw in image after image; memory after a quarter of the time, and at its end."""
    server.start()
    page = server.page()
    started, early, number = time.monotonic(), 0, 0
    while (elapsed := time.monotonic() - started) < seconds:
        number += 1
        name = f"{number // 20 % 3}.png"
        if number % 20 == 1:
            page.send(json.dumps({"type": "open", "image": name}))
        body = {"kind": "keep"} if number % 20 == 19 else command_of(dice, 10**6 + number)
        page.send(json.dumps({"type": "command", "id": f"soak-{number}", "image": name, "body": body}))
        hear(page, lambda message: message["type"] in ("done", "failed"))
        if not early and elapsed > seconds / 4:
            early = server.memory("VmRSS")
    late = server.memory("VmRSS")
    server.check_alive()
    server.kill()
    if early and late > _MOST_GROWTH * early + 50_000_000:
        raise click.ClickException(f"memory grew from {early / 1e6:.0f} to {late / 1e6:.0f} MB")
    return early, late


@click.command()
@click.option("--kills", type=int, default=1000, show_default=True)
@click.option("--inputs", type=int, default=10_000, show_default=True, help="Bad messages, requests and files.")
@click.option("--size", type=float, default=1, show_default=True, help="Of large pictures, as a share of the limits.")
@click.option("--soak", "soak_s", type=float, default=3600, show_default=True, help="Seconds of drawing.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--model", help="Folder of a model.  [default: the shipped one]")
def main(kills: int, inputs: int, size: float, soak_s: float, seed: int, model: str | None) -> None:
    """Kill the server, send it garbage and large pictures, draw in it for long; fail where it does not hold."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="s2m-attack-") as folder:
        server = Server(Path(folder), ("--model", model) if model else ())
        (server.folder / "photos").mkdir()
        colours = np.random.default_rng(seed)
        for number in range(3):
            picture = np.kron(colours.integers(0, 255, (6, 8, 3), dtype=np.uint8), np.ones((40, 40, 1), np.uint8))
            Image.fromarray(picture).save(server.folder / "photos" / f"{number}.png")
        try:
            found = attack_by_kills(server, dice, kills)
            click.echo(f"{kills} kills, {found} acknowledged commands found again")
            attack_by_garbage(server, dice, inputs)
            attack_files(server, dice, inputs // 10)
            click.echo(f"{inputs + inputs // 10} bad inputs: no traceback, no 5xx, no death")
            peak = attack_by_size(server, dice, size)
            click.echo(f"{len(_LARGEST)} pictures at {100 * size:.0f} % of the limits: {peak / 1e9:.2f} GB at most")
            early, late = soak(server, dice, soak_s)
            click.echo(
                f"{soak_s:.0f} s of drawing: {early / 1e6:.0f} MB after a quarter, {late / 1e6:.0f} MB at the end"
            )
            read_label_map(server.folder / "out" / "0.png")
        except (WebSocketException, TimeoutError, click.ClickException):
            click.echo((server.folder / "server.log").read_text(errors="replace")[-3000:], err=True)
            raise
        finally:
            if hasattr(server, "process") and server.process.poll() is None:
                server.kill()


if __name__ == "__main__":
    main()
