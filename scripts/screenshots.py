"""Pictures of the page in its states, for the documents: ``python scripts/screenshots.py [FOLDER]``."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from s2m.files.demo import DEMO_IMAGE, DEMO_STROKES
from s2m.files.stroke_files import read_strokes

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from page_driver import PageDriver, Served, launch_chromium, read_only, run_server  # noqa: E402

WEBP_QUALITY = 90
"""Words stay crisp and skies without bands, at a fifth of the size of a PNG."""
STROKES = [[(float(x), float(y)) for x, y in stroke.points_xy] for stroke in read_strokes(DEMO_STROKES, (512, 512))]
WOMAN, ROCKET, HELMET = STROKES[0], STROKES[2], STROKES[5]


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="s2m-pictures-") as name, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        os.chdir(name)  # Pages say where masks go; that is a short name then.
        take_single(browser, Path(), folder)
        take_folder(browser, Path(), folder)
        take_deep(browser, Path(), folder)
        take_empty(browser, Path(), folder)
        take_read_only(browser, Path(), folder)
        browser.close()


@contextmanager
def served(*arguments: object, before: str = "") -> Iterator[Served]:
    """A server for a while; ``before`` is Python that it runs first."""
    running = run_server([*map(str, arguments), "--port", "0"], before=before)
    try:
        yield running
    finally:
        running.close()


def new_driver(browser: Browser, width: int, height: int, hints: int = 3) -> PageDriver:
    """A page of a size; with ``hints`` of three already followed."""
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 820)
    context.add_init_script(f"localStorage.setItem('s2m-hints', localStorage.getItem('s2m-hints') ?? '{hints}')")
    return PageDriver(context.new_page(), [])


def take(driver: PageDriver, path: Path) -> None:
    """One picture in full colour, once everything has come to rest: flat ones as PNG, photographs as WebP."""
    driver.page.wait_for_timeout(400)
    picture = Image.open(io.BytesIO(driver.page.screenshot())).convert("RGB")
    if path.suffix == ".png":
        picture.save(path, optimize=True)
    else:
        picture.save(path, quality=WEBP_QUALITY, method=6)
    print(path, f"{path.stat().st_size // 1024} KB")


def draw_scene(driver: PageDriver) -> None:
    """Two objects in the photograph, and a stroke on what belongs to neither, which the first one took in."""
    driver.draw(*WOMAN)
    driver.draw(*HELMET, button="right")
    driver.press("2")
    driver.draw(*ROCKET)
    for object_id, name in ((1, "woman"), (2, "rocket")):
        driver.page.evaluate(f"s2m.editor.changeObjects([{object_id}], {{ name: '{name}' }})")
    driver.settle()


def take_single(browser: Browser, work: Path, folder: Path) -> None:
    """One photograph: first visit, overlay, views, zoom, dialogs, sizes, trouble."""
    with served(DEMO_IMAGE, "-o", work / "single") as running:
        driver = new_driver(browser, 1440, 900, hints=0).open(running.url)
        driver.move_to(300, 200)
        take(driver, folder / "first-visit.webp")
        draw_scene(driver)
        take(driver, folder / "two-objects.png")
        driver.page.evaluate("s2m.hints.done('kept')")
        driver.page.evaluate("s2m.ui.set({ view: 'uncertainty' })")
        driver.page.wait_for_timeout(300)
        take(driver, folder / "uncertainty.webp")
        driver.page.evaluate("s2m.ui.set({ view: 'overlay' })")
        driver.move_to(400, 110)
        for _ in range(13):
            driver.page.mouse.wheel(0, -100)
        driver.settle()
        take(driver, folder / "zoom.png")
        driver.press("Shift+F")
        driver.page.evaluate("s2m.ui.toggle('magnifier')")
        driver.move_to(235, 120)
        take(driver, folder / "magnifier.webp")
        driver.page.evaluate("s2m.ui.toggle('magnifier')")
        driver.page.keyboard.press("?")
        take(driver, folder / "keys.webp")
        driver.page.keyboard.press("Escape")
        driver.page.keyboard.press("Control+k")
        driver.page.keyboard.type("obj")
        take(driver, folder / "commands.webp")
        driver.page.keyboard.press("Escape")
        driver.page.evaluate("s2m.actions.run('settings')")
        take(driver, folder / "settings.webp")
        driver.page.keyboard.press("Escape")
        driver.page.keyboard.press("Shift+C")
        for name in ("person", "machine"):
            driver.page.get_by_label("Name of a new class").fill(name)
            driver.page.get_by_label("Name of a new class").press("Enter")
            driver.wait_for(f"s2m.project.value.classes.some((each) => each.name === '{name}')")
        take(driver, folder / "classes.webp")
        driver.page.keyboard.press("Escape")
        driver.page.locator(".class-row[data-class='machine'] .name").click()
        driver.settle()
        driver.page.evaluate("s2m.actions.run('about')")
        driver.page.locator("#dialog meter").first.wait_for()
        take(driver, folder / "about.webp")
        driver.page.keyboard.press("Escape")
        driver.press("t")
        driver.page.mouse.click(*driver.on_screen(*ROCKET[12]))
        take(driver, folder / "select.webp")
        driver.page.evaluate("s2m.ui.set({ object: 2 })")
        driver.page.locator(".object[data-id='2'] .mini").last.click()
        take(driver, folder / "object-menu.webp")
        driver.page.keyboard.press("Escape")
        driver.press("p")
        driver.page.evaluate("s2m.actions.run('theme')")
        driver.page.locator("#display-panel summary").click()
        driver.move_to(300, 200)
        take(driver, folder / "light.webp")
        driver.page.evaluate("s2m.actions.run('theme')")
        second = new_driver(browser, 1024, 700).open(running.url)
        take(second, folder / "second-page.webp")
        tablet = new_driver(browser, 768, 1024).open(running.url)
        tablet.page.evaluate("s2m.navigation.takeOver()")
        tablet.wait_for("s2m.annotation.value.editor")
        take(tablet, folder / "tablet.webp")
        running.kill()
        second.page.wait_for_timeout(500)
        take(second, folder / "server-away.webp")


def take_folder(browser: Browser, work: Path, folder: Path) -> None:
    """A folder: the strip, states, an image that cannot be read."""
    images = work / "photographs"
    images.mkdir()
    with Image.open(DEMO_IMAGE) as photograph:
        for number, box in enumerate(
            [(0, 0, 512, 512), (100, 0, 400, 260), (300, 0, 512, 300), (240, 300, 512, 512)] * 4
        ):
            photograph.crop(box).save(images / f"photo_{number + 1:02}.jpg")
    (images / "photo_03.jpg").write_bytes(b"no photograph")
    with served(images, "-o", work / "folder") as running:
        driver = new_driver(browser, 1440, 900).open(running.url)
        driver.draw(*WOMAN)
        driver.press("Enter")
        driver.press("d")
        driver.wait_for("s2m.annotation.value.image?.name === 'photo_02.jpg'")
        driver.draw((130, 60), (120, 120), (130, 180))
        driver.press("Shift+Enter")
        driver.wait_for("s2m.project.value.folder[1].status === 'flagged'")
        take(driver, folder / "folder.webp")
        driver.page.keyboard.press("i")
        take(driver, folder / "import.webp")
        driver.page.keyboard.press("Escape")
        driver.page.keyboard.press("d")
        driver.wait_for("s2m.annotation.value.unreadable !== null")
        take(driver, folder / "unreadable.png")


def take_deep(browser: Browser, work: Path, folder: Path) -> None:
    """An image of 16 bits, of which the whole range shows little, with contrast limits chosen."""
    with Image.open(DEMO_IMAGE) as photograph:
        values = np.asarray(photograph.convert("L")).astype(np.uint16) * 40 + 3_000
    Image.fromarray(values).save(work / "deep.png")
    with served(work / "deep.png", "-o", work / "deep") as running:
        driver = new_driver(browser, 1440, 900).open(running.url)
        driver.page.locator("#display-panel summary").click()
        driver.press("w")
        driver.wait_for("s2m.layers.tiles.contrastLimits !== null && s2m.layers.tiles.readyCount > 0")
        driver.draw(*WOMAN)
        take(driver, folder / "contrast-limits.webp")


def take_empty(browser: Browser, work: Path, folder: Path) -> None:
    """A folder without images."""
    (work / "nothing").mkdir()
    with served(work / "nothing", "-o", work / "empty") as running:
        driver = new_driver(browser, 1024, 700)
        driver.page.goto(running.url)
        driver.page.get_by_text("No image here").wait_for()
        take(driver, folder / "empty.png")


def take_read_only(browser: Browser, work: Path, folder: Path) -> None:
    """A project whose folder cannot be written: view only."""
    with served(DEMO_IMAGE, "-o", work / "shared") as running:
        draw_scene(new_driver(browser, 1280, 800).open(running.url))
    with served(DEMO_IMAGE, "-o", work / "shared", before=read_only(work / "shared")) as running:
        driver = new_driver(browser, 1280, 800).open(running.url)
        driver.wait_for("s2m.layers.masks.contains(1, { x: 215, y: 110 })")
        take(driver, folder / "read-only.webp")


if __name__ == "__main__":
    main()
