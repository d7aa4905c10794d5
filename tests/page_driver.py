"""What the browser tests share: a server in its own process, and a page with short words for what a person does."""

from __future__ import annotations

import io
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright

from s2m.types import BoolArray, ByteArray

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MS = 30_000


def launch_chromium(playwright: Playwright) -> Browser:
    """A headless Chromium, whichever is installed."""
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    assert found, f"this needs one of {', '.join(CHROMIUM_NAMES)}; on Debian: apt-get install chromium"
    return playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_ARGUMENTS))


@dataclass
class Served:
    """A running server: its address with the token, and its process."""

    url: str
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        """End it as Ctrl+C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)

    def close(self) -> None:
        """End it, and hear no more of it."""
        self.stop()
        assert self.process.stdout is not None
        self.process.stdout.close()


Serve = Callable[..., Served]


def run_server(arguments: list[str], file_limit_bytes: int | None = None, before: str = "") -> Served:
    """Start ``s2m annotate`` and wait until it says where it is.

    Args:
        arguments: of the command line.
        file_limit_bytes: no file may grow beyond it, as if the disk were full then.
        before: Python that the process runs first.
    """

    def limit() -> None:
        if file_limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit_bytes, resource.RLIM_INFINITY))

    command = [
        sys.executable,
        "-u",
        "-c",
        f"{before}\nfrom s2m.cli import main; main()",
        *arguments,
        "--no-browser",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=limit)
    said: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        found = re.search(r"^Open (\S+)", line)
        if found:
            return Served(found[1], process, said)
    raise AssertionError(f"the server did not start: {''.join(said)}")


_READ_ONLY = """
import errno, os, sys
def refuse(event, arguments):
    if event == "open":
        writes = (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    else:
        writes = event in ("os.mkdir", "os.remove", "os.rename", "os.truncate", "os.chmod", "os.utime")
    if writes and not isinstance(arguments[0], int) and os.path.abspath(arguments[0]).startswith({folder!r}):
        raise OSError(errno.EROFS, "Read-only file system", str(arguments[0]))
sys.addaudithook(refuse)
"""


def read_only(folder: Path) -> str:
    """Python for ``run_server``: a process for which a folder is on a read-only disk, whoever runs it."""
    return _READ_ONLY.format(folder=str(folder.absolute()))


@dataclass
class PageDriver:
    """A page in the browser, and short words for what a person does in it."""

    page: Page
    errors: list[str]

    def open(self, url: str) -> PageDriver:
        """Go to the page and wait until the photograph and its annotation are there."""
        self.page.goto(url)
        self.wait_for(
            "s2m.annotation.value.image !== null && s2m.layers.tiles.readyCount > 0 && !s2m.annotation.value.encoding"
        )
        self.wait_for("s2m.annotation.value.status !== 'untouched'")
        return self

    def wait_for(self, condition: str) -> None:
        """Wait until a condition of the page holds."""
        self.page.wait_for_function(f"() => {condition}", timeout=WAIT_MS, polling=30)

    def settle(self) -> None:
        """Wait until everything that was done is answered and shown."""
        self.wait_for("s2m.connection.open && s2m.connection.unsent.size === 0 && s2m.ink.value.busySince === 0")
        self.wait_for("(({ image, shown, number }) => !image || shown >= number)(s2m.annotation.value)")
        self.wait_for("s2m.drawing.stroke === null && s2m.layers.dirty.size === 0")

    def on_screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the image is in the window."""
        found = self.page.evaluate(
            """([x, y]) => {
                const box = document.getElementById("stage").getBoundingClientRect();
                const at = s2m.viewport.toScreen({ x, y });
                return [box.left + at.x, box.top + at.y];
            }""",
            [x, y],
        )
        return found[0], found[1]

    def draw(self, *points: tuple[float, float], button: str = "left", settle: bool = True) -> None:
        """Draw through points of the image; one point is a click."""
        self.move_to(*points[0])
        self.page.mouse.down(button=button)  # type: ignore[arg-type]
        for x, y in points[1:]:
            self.page.mouse.move(*self.on_screen(x, y), steps=6)
        self.page.mouse.up(button=button)  # type: ignore[arg-type]
        if settle:
            self.settle()

    def move_to(self, x: float, y: float) -> None:
        """Move the pointer to a point of the image."""
        self.page.mouse.move(*self.on_screen(x, y))

    def press(self, key: str) -> None:
        """Press a key and wait for what follows."""
        self.page.keyboard.press(key)
        self.settle()

    def mask(self, object_id: int) -> BoolArray:
        """The mask of an object as it is on the screen, (H, W)."""
        rows = self.page.evaluate(
            """(id) => {
                const { width, height } = s2m.annotation.value.image;
                const rows = [];
                for (let y = 0; y < height; y += 1) {
                  let row = "";
                  for (let x = 0; x < width; x += 1) {
                    row += s2m.layers.masks.contains(id, { x: x + 0.5, y: y + 0.5 }) ? 1 : 0;
                  }
                  rows.push(row);
                }
                return rows;
            }""",
            object_id,
        )
        return np.array([[value == "1" for value in row] for row in rows])

    def strokes(self) -> list[dict[str, object]]:
        """The strokes that the page shows."""
        found: list[dict[str, object]] = self.page.evaluate("s2m.annotation.value.strokes")
        return found

    def status(self) -> str:
        """What the status line says."""
        return self.page.locator("#status-text").inner_text()

    def error(self) -> str:
        """The error that waits to be read."""
        box = self.page.locator("#status-error")
        return box.inner_text() if box.is_visible() else ""

    def pixel(self, x: float, y: float) -> tuple[int, int, int]:
        """The colour of the page at a point of the image."""
        at = self.on_screen(x, y)
        clip = {"x": round(at[0]), "y": round(at[1]), "width": 1, "height": 1}
        shot = self.page.screenshot(clip=clip)  # type: ignore[arg-type]
        return self.rgb_of(shot)

    @staticmethod
    def rgb_of(shot: bytes) -> tuple[int, int, int]:
        """The colour of the first pixel of a screenshot."""
        red, green, blue = Image.open(io.BytesIO(shot)).convert("RGB").getpixel((0, 0))  # type: ignore[misc]
        return red, green, blue


def iou(one: BoolArray, other: BoolArray) -> float:
    """Intersection over union of two masks."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def write_picture(path: Path, picture: ByteArray) -> Path:
    """Write a picture as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path
