"""Pictures of the page in its states, for the documents: ``python scripts/screenshots.py [FOLDER]``."""

from __future__ import annotations

import io
import os
import shutil
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

from page_driver import CHROMIUM_ARGUMENTS, CHROMIUM_NAMES, PageDriver, Served, read_only, run_server  # noqa: E402

WEBP_QUALITY = 90
"""Words stay crisp and skies without bands, at a fifth of the size of a PNG."""
STROKES = [[(float(x), float(y)) for x, y in stroke.points_xy] for stroke in read_strokes(DEMO_STROKES, (512, 512))]
WOMAN, ROCKET, HELMET = STROKES[0], STROKES[2], STROKES[5]


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="s2m-pictures-") as name, sync_playwright() as playwright:
        found = next(path for each in CHROMIUM_NAMES if (path := shutil.which(each)))
        browser = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_ARGUMENTS))
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
        running.stop()


def new_desk(browser: Browser, width: int, height: int, hints: int = 3) -> PageDriver:
    """A page of a size; with ``hints`` of three already followed."""
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 820)
    context.add_init_script(f"localStorage.setItem('s2m-hints', localStorage.getItem('s2m-hints') ?? '{hints}')")
    return PageDriver(context.new_page(), [])


def take(desk: PageDriver, path: Path) -> None:
    """One picture in full colour, once everything has come to rest: flat ones as PNG, photographs as WebP."""
    desk.page.wait_for_timeout(400)
    picture = Image.open(io.BytesIO(desk.page.screenshot())).convert("RGB")
    if path.suffix == ".png":
        picture.save(path, optimize=True)
    else:
        picture.save(path, quality=WEBP_QUALITY, method=6)
    print(path, f"{path.stat().st_size // 1024} KB")


def draw_scene(desk: PageDriver) -> None:
    """Two objects in the photograph, and a stroke on what belongs to neither, which the first one took in."""
    desk.draw(*WOMAN)
    desk.draw(*HELMET, button="right")
    desk.press("2")
    desk.draw(*ROCKET)
    for object_id, name in ((1, "woman"), (2, "rocket")):
        desk.page.evaluate(f"s2m.changeObject({object_id}, {{ name: '{name}' }})")
    desk.settle()


def take_single(browser: Browser, work: Path, folder: Path) -> None:
    """One photograph: first visit, overlay, views, zoom, dialogs, sizes, trouble."""
    with served(DEMO_IMAGE, "-o", work / "single") as running:
        desk = new_desk(browser, 1440, 900, hints=0).open(running.url)
        desk.move_to(300, 200)
        take(desk, folder / "first-visit.webp")
        draw_scene(desk)
        take(desk, folder / "two-objects.png")
        desk.page.evaluate("s2m.hints.done('kept')")
        for name in ("contour.webp", "mask.png", "uncertainty.webp"):
            desk.page.evaluate(f"s2m.ui.set({{ view: '{Path(name).stem}' }})")
            desk.page.wait_for_timeout(300)
            take(desk, folder / name)
        desk.page.evaluate("s2m.ui.set({ view: 'overlay' })")
        desk.move_to(400, 110)
        for _ in range(13):
            desk.page.mouse.wheel(0, -100)
        desk.settle()
        take(desk, folder / "zoom.png")
        desk.press("Shift+F")
        desk.page.evaluate("s2m.toggle('magnifier')")
        desk.move_to(235, 120)
        take(desk, folder / "magnifier.webp")
        desk.page.evaluate("s2m.toggle('magnifier')")
        desk.page.keyboard.press("?")
        take(desk, folder / "keys.webp")
        desk.page.keyboard.press("Escape")
        desk.page.keyboard.press("Control+k")
        desk.page.keyboard.type("obj")
        take(desk, folder / "commands.webp")
        desk.page.keyboard.press("Escape")
        desk.page.evaluate("s2m.run('settings')")
        take(desk, folder / "settings.webp")
        desk.page.keyboard.press("Escape")
        desk.page.keyboard.press("c")
        for name in ("person", "machine"):
            desk.page.get_by_label("Name of a new class").fill(name)
            desk.page.get_by_label("Name of a new class").press("Enter")
            desk.wait_for(f"s2m.doc.value.classes.some((each) => each.name === '{name}')")
        desk.page.get_by_role("button", name="Give machine").click()
        desk.settle()
        take(desk, folder / "classes.webp")
        desk.page.keyboard.press("Escape")
        desk.page.evaluate("s2m.run('about')")
        desk.page.locator("#dialog meter").first.wait_for()
        take(desk, folder / "about.webp")
        desk.page.keyboard.press("Escape")
        desk.press("t")
        desk.page.mouse.click(*desk.on_screen(*ROCKET[12]))
        take(desk, folder / "select.webp")
        desk.page.locator(".object[data-id='2'] .mini").last.click()
        take(desk, folder / "object-menu.webp")
        desk.page.keyboard.press("Escape")
        desk.press("p")
        desk.page.evaluate("s2m.run('theme')")
        desk.page.locator("#look-panel summary").click()
        desk.move_to(300, 200)
        take(desk, folder / "light.webp")
        desk.page.evaluate("s2m.run('theme')")
        desk.page.evaluate("s2m.command({ kind: 'delete_object', object_id: 7 })")
        desk.settle()
        take(desk, folder / "error.webp")
        second = new_desk(browser, 1024, 700).open(running.url)
        take(second, folder / "second-page.webp")
        second.page.get_by_role("button", name="Take over").click()
        second.wait_for("s2m.doc.value.editor")
        second.move_to(250, 250)
        take(second, folder / "small-window.webp")
        tablet = new_desk(browser, 768, 1024).open(running.url)
        tablet.page.evaluate("s2m.takeOver()")
        tablet.wait_for("s2m.doc.value.editor")
        take(tablet, folder / "tablet.webp")
        running.kill()
        tablet.wait_for("!document.getElementById('banner').hidden")
        take(tablet, folder / "server-away-tablet.webp")
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
        desk = new_desk(browser, 1440, 900).open(running.url)
        desk.draw(*WOMAN)
        desk.press("Enter")
        desk.press("d")
        desk.wait_for("s2m.doc.value.image?.name === 'photo_02.jpg'")
        desk.draw((130, 60), (120, 120), (130, 180))
        desk.press("Shift+Enter")
        desk.wait_for("s2m.doc.value.folder[1].status === 'flagged'")
        take(desk, folder / "folder.webp")
        desk.page.keyboard.press("i")
        take(desk, folder / "import.webp")
        desk.page.keyboard.press("Escape")
        desk.page.keyboard.press("d")
        desk.wait_for("s2m.doc.value.unreadable !== null")
        take(desk, folder / "unreadable.png")


def take_deep(browser: Browser, work: Path, folder: Path) -> None:
    """An image of 16 bits, of which the whole range shows little, through a window."""
    with Image.open(DEMO_IMAGE) as photograph:
        values = np.asarray(photograph.convert("L")).astype(np.uint16) * 40 + 3_000
    Image.fromarray(values).save(work / "deep.png")
    with served(work / "deep.png", "-o", work / "deep") as running:
        desk = new_desk(browser, 1440, 900).open(running.url)
        desk.page.locator("#look-panel summary").click()
        desk.press("w")
        desk.wait_for("s2m.layers.tiles.window !== null && s2m.layers.tiles.readyCount > 0")
        desk.draw(*WOMAN)
        take(desk, folder / "window.webp")


def take_empty(browser: Browser, work: Path, folder: Path) -> None:
    """A folder without images."""
    (work / "nothing").mkdir()
    with served(work / "nothing", "-o", work / "empty") as running:
        desk = new_desk(browser, 1024, 700)
        desk.page.goto(running.url)
        desk.page.get_by_text("No image here").wait_for()
        take(desk, folder / "empty.png")


def take_read_only(browser: Browser, work: Path, folder: Path) -> None:
    """A project whose folder cannot be written, looked at."""
    with served(DEMO_IMAGE, "-o", work / "shared") as running:
        draw_scene(new_desk(browser, 1280, 800).open(running.url))
    with served(DEMO_IMAGE, "-o", work / "shared", before=read_only(work / "shared")) as running:
        desk = new_desk(browser, 1280, 800).open(running.url)
        desk.wait_for("s2m.layers.masks.contains(1, { x: 215, y: 110 })")
        take(desk, folder / "read-only.webp")


if __name__ == "__main__":
    main()
