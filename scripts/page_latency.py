"""What one waits for in the page: ``python scripts/page_latency.py``; needs Playwright and Chromium.

The page itself notes a "stroke to mask" time for every answer that it shows: from the moment that points of the
stroke leave for the server to the moment that the mask they gave is drawn.  Beside these are measured the answers a
second while the pen moves, and the time from lifting the pen to the final mask, of one stroke and of three quick ones.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from s2m.engine.models import available_cores
from s2m.files.demo import DEMO_IMAGE

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from page_driver import PageDriver, launch_chromium, run_server

_MEASURE = "stroke to mask"
_MOVES = 40
_QUICK_ROUNDS = 5
_MOVE_EVERY_MS = 16


@dataclass(frozen=True)
class StrokeToMask:
    """Times from the pen to the mask on the screen.

    Attributes:
        objects: how many objects were in the image.
        median_ms: half of the answers came faster.
        p95_ms: nineteen of twenty came faster.
        answers: how many were measured.
        answers_a_second: while the pen moved.
        pen_up_p95_ms: from lifting the pen to the final mask, nineteen of twenty were faster.
        three_strokes_ms: the same after the last of three strokes that follow each other at once, the median.
    """

    objects: int
    median_ms: float
    p95_ms: float
    answers: int
    answers_a_second: float
    pen_up_p95_ms: float
    three_strokes_ms: float


@click.command()
@click.option("--image", type=click.Path(path_type=Path), default=DEMO_IMAGE, help="Image.  [default: the shipped one]")
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model.  [default: the shipped one]")
@click.option("--threads", type=click.IntRange(min=1), help="Threads of the network.  [default: all cores]")
def main(image: Path, model: Path | None, threads: int | None) -> None:
    """Draw in the page, headless, and tell what it measured."""
    click.echo("in the page, from points of a stroke to its mask on the screen, headless Chromium")
    for times in measure_stroke_to_mask(image, model, threads or available_cores()):
        objects = "1 object" if times.objects == 1 else f"{times.objects} objects"
        click.echo(
            f"{objects:12}median {times.median_ms:.0f} ms, "
            f"95th percentile {times.p95_ms:.0f} ms, {times.answers} answers, {times.answers_a_second:.0f} a second; "
            f"pen up to final mask {times.pen_up_p95_ms:.0f} ms (95th percentile), "
            f"after three quick strokes {times.three_strokes_ms:.0f} ms (median)"
        )


def measure_stroke_to_mask(
    image: Path, model: Path | None, threads: int, object_counts: Sequence[int] = (1, 5), strokes: int = 5
) -> tuple[StrokeToMask, ...]:
    """Draw in the page and read what it measured.

    Args:
        image: to draw on.
        model: folder of a model, None for the shipped one.
        threads: of the network.
        object_counts: how many objects the image has while it is measured.
        strokes: drawn and measured for each count.
    """
    arguments = [] if model is None else ["--model", str(model)]
    with tempfile.TemporaryDirectory(prefix="s2m-latency-") as output, sync_playwright() as playwright:
        served = run_server([str(image), "-o", output, "--port", "0", "--threads", str(threads), *arguments])
        try:
            browser = launch_chromium(playwright)
            driver = PageDriver(browser.new_page(viewport={"width": 1440, "height": 900}), []).open(served.url)
            found = tuple(_measure(driver, count, strokes) for count in object_counts)
            browser.close()
        finally:
            served.close()
    return found


def _measure(driver: PageDriver, objects: int, strokes: int) -> StrokeToMask:
    """Give the image so many objects, then draw on the first and read the times."""
    driver.page.keyboard.press("r")
    for object_id in range(1, objects + 1):
        driver.page.evaluate(f"s2m.ui.set({{ object: {object_id} }})")
        _draw(driver, object_id / (objects + 1), moves=4)
        driver.settle()
    driver.page.evaluate(f"performance.clearMeasures('{_MEASURE}'); s2m.ui.set({{ object: 1 }})")
    moved_ms, pen_up = 0.0, list[float]()
    for number in range(strokes):
        _draw(driver, 0.3 + 0.1 * (number % 5), moves=_MOVES)
        moved_ms += driver.page.evaluate("performance.now()") - driver.page.evaluate("s2m_pen_down")
        pen_up.append(_until_answered(driver))
    entries = f"performance.getEntriesByName('{_MEASURE}')"
    times: list[float] = driver.page.evaluate(f"{entries}.map((entry) => entry.duration)")
    if len(times) < 2:
        raise SystemExit("the page showed no answer while it was drawn in; is the image very large?")
    three = []
    for _ in range(_QUICK_ROUNDS):
        for number in range(3):
            _draw(driver, 0.4 + 0.1 * number, moves=3)
        three.append(_until_answered(driver))
    return StrokeToMask(
        objects,
        statistics.median(times),
        statistics.quantiles(times, n=20)[-1],
        len(times),
        1000 * len(times) / moved_ms,
        statistics.quantiles(pen_up, n=20, method="inclusive")[-1],
        statistics.median(three),
    )


def _until_answered(driver: PageDriver) -> float:
    """Wait for the masks of all strokes; how long that takes, in milliseconds."""
    started = time.perf_counter()
    driver.settle()
    return (time.perf_counter() - started) * 1000


def _draw(driver: PageDriver, place: float, moves: int) -> None:
    """One stroke downwards at a share of the image's width, as fast as a hand draws."""
    width, height = driver.page.evaluate("[s2m.annotation.value.image.width, s2m.annotation.value.image.height]")
    start, end = (driver.on_screen(place * width, share * height) for share in (0.3, 0.7))
    driver.page.mouse.move(*start)
    driver.page.mouse.down()
    driver.page.evaluate("window.s2m_pen_down = performance.now()")
    for move in range(1, moves + 1):
        share = move / moves
        driver.page.mouse.move(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
        driver.page.wait_for_timeout(_MOVE_EVERY_MS)
    driver.page.mouse.up()


if __name__ == "__main__":
    main()
