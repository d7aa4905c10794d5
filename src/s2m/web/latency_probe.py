"""An image in; out, how long it takes from the pen to the mask on the screen, measured in a real Chromium.

The page itself notes a "stroke to mask" time for every answer that it shows: from the moment that points of the
stroke leave for the server to the moment that the mask they gave is drawn.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from s2m.errors import ServerError

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_CHROMIUM_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
_MEASURE = "stroke to mask"
_MOVES = 40
_MOVE_EVERY_MS = 16
_WAIT_MS = 60_000


@dataclass(frozen=True)
class StrokeToMask:
    """Times from the pen to the mask on the screen.

    Attributes:
        objects: how many objects were in the image.
        median_ms: half of the answers came faster.
        p95_ms: nineteen of twenty came faster.
        answers: how many were measured.
    """

    objects: int
    median_ms: float
    p95_ms: float
    answers: int


def measure_stroke_to_mask(
    image: Path, model: Path | None, threads: int, object_counts: Sequence[int] = (1, 5), strokes: int = 5
) -> tuple[StrokeToMask, ...]:
    """Draw in the page, headless, and read what it measured.

    Args:
        image: to draw on.
        model: folder of a model, None for the shipped one.
        threads: of the network.
        object_counts: how many objects the image has while it is measured.
        strokes: drawn and measured for each count.

    Raises:
        ServerError: Playwright or Chromium is not installed, or the server did not start.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        raise ServerError("measuring in the page needs playwright; install it with: pip install 's2m[test]'") from error
    chromium = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if chromium is None:
        raise ServerError(f"measuring in the page needs a browser: one of {', '.join(CHROMIUM_NAMES)}")
    with (
        tempfile.TemporaryDirectory(prefix="s2m-latency-") as output,
        sync_playwright() as playwright,
        _server(image, model, threads, Path(output)) as url,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_CHROMIUM_ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.wait_for_function("() => globalThis.s2m?.doc.value.image && !s2m.doc.value.encoding", timeout=_WAIT_MS)
        found = tuple(_measure(page, count, strokes) for count in object_counts)
        browser.close()
    return found


@contextmanager
def _server(image: Path, model: Path | None, threads: int, output: Path) -> Iterator[str]:
    """A server in a process of its own; gives its address."""
    arguments = [str(image), "-o", str(output), "--port", "0", "--threads", str(threads), "--no-browser"]
    if model is not None:
        arguments += ["--model", str(model)]
    command = [sys.executable, "-u", "-c", "from s2m.cli import main; main()", "annotate", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if found := re.match(r"Open (\S+)", line):
                    yield found[1]
                    return
            raise ServerError(f"the server did not start: {''.join(said).strip()}")
        finally:
            process.terminate()


def _measure(page: Page, objects: int, strokes: int) -> StrokeToMask:
    """Give the image so many objects, then draw on the first and read the times."""
    page.keyboard.press("r")
    for object_id in range(1, objects + 1):
        page.evaluate(f"s2m.chooseObject({object_id})")
        _draw(page, object_id / (objects + 1), moves=4)
    page.evaluate(f"performance.clearMeasures('{_MEASURE}'); s2m.chooseObject(1)")
    for number in range(strokes):
        _draw(page, 0.3 + 0.1 * (number % 5), moves=_MOVES)
    times: list[float] = page.evaluate(f"performance.getEntriesByName('{_MEASURE}').map((entry) => entry.duration)")
    if len(times) < 2:
        raise ServerError("the page showed no answer while it was drawn in; is the image very large?")
    return StrokeToMask(objects, statistics.median(times), statistics.quantiles(times, n=20)[-1], len(times))


def _draw(page: Page, place: float, moves: int) -> None:
    """One stroke downwards at a share of the image's width, as fast as a hand draws."""
    start, end = (
        page.evaluate(
            """([x, y]) => {
                const { width, height } = s2m.doc.value.image;
                const box = document.getElementById("stage").getBoundingClientRect();
                const at = s2m.viewport.toScreen({ x: x * width, y: y * height });
                return [box.left + at.x, box.top + at.y];
            }""",
            [place, height],
        )
        for height in (0.3, 0.7)
    )
    page.mouse.move(*start)
    page.mouse.down()
    for move in range(1, moves + 1):
        share = move / moves
        page.mouse.move(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
        page.wait_for_timeout(_MOVE_EVERY_MS)
    page.mouse.up()
    page.wait_for_function("() => s2m.connection.unsent.size === 0 && s2m.layers.busySince === 0", timeout=_WAIT_MS)
