"""A day of work in the page: a folder, objects with classes, hand-like strokes; prints the actions an object takes.

``python scripts/day_of_work.py [IMAGES]``.  A simulated user (``s2m.simulated_user.scribbles``) draws until a mask is
good or three strokes are drawn.  Each key, click and stroke is one action.  More than 4.6 an object is an error.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from s2m.files.label_files import read_label_map
from s2m.simulated_user.scribbles import StrokeStyle, draw_stroke, errors_by_area
from s2m.types import BoolArray, ByteArray, LabelMap

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from page_driver import PageDriver, iou, launch_chromium, run_server, write_picture  # noqa: E402

SCENE = ROOT / "tests" / "web" / "scene" / "cat-and-apple.png"
CLASSES = {1: "cat", 2: "apple"}
SIZE_PX = 256
GOOD_IOU = 0.9
MOST_STROKES = 3
MOST_ACTIONS = 4.6
STYLE = StrokeStyle(kinds={"centre_line": 2.0, "curve": 1.0}, jitter_px=1.0, shortest=0.6)


@dataclass
class Day:
    """The page, and what was done in it so far."""

    driver: PageDriver
    actions: int = 0
    objects: int = 0
    ious: list[float] = field(default_factory=list)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.driver.page.keyboard.press(key)
        self.actions += len(keys)
        self.driver.settle()

    def choose_class(self, name: str) -> None:
        """The class of the next object: by its number, or typed where it is new."""
        if self.driver.page.evaluate("s2m.ui.value.nextClass") == name:
            return
        known: list[str] = self.driver.page.evaluate("s2m.project.value.classes.map((each) => each.name)")
        self.press("c", *([str(known.index(name) + 1)] if name in known else [*name, "Enter"]))
        self.driver.wait_for(f"s2m.project.value.classes.some((each) => each.name === '{name}')")

    def draw_object(self, truth: BoolArray) -> None:
        """Draw the chosen object until its mask is good."""
        self.objects += 1
        object_id = self.driver.page.evaluate("s2m.ui.value.object")
        answer, everywhere = np.zeros_like(truth), np.ones_like(truth)
        for _ in range(MOST_STROKES):
            error = errors_by_area(truth, answer, everywhere)[0]
            points = draw_stroke(error.region, STYLE, self.rng)
            places = np.linspace(0, len(points) - 1, min(len(points), 10)).astype(int)
            button = "left" if error.sign == "positive" else "right"
            self.driver.draw(*((float(x), float(y)) for x, y in points[places]), button=button)
            self.actions += 1
            answer = self.driver.mask(object_id)
            if iou(answer, truth) >= GOOD_IOU:
                break
        self.ious.append(iou(answer, truth))

    def finish_image(self, following: str | None) -> None:
        """Done, and on to the next image."""
        self.press("j")
        if following is not None:
            self.driver.wait_for(f"s2m.annotation.value.image?.name === '{following}'")
            self.driver.wait_for("!s2m.annotation.value.encoding && s2m.layers.tiles.readyCount > 0")


def photographs(count: int) -> list[tuple[ByteArray, LabelMap]]:
    """The scene, cut and turned over in so many ways, with its truth."""
    with Image.open(SCENE) as scene:
        picture = scene.convert("RGB")
    labels = Image.fromarray(read_label_map(SCENE.with_name("cat-and-apple-truth.png")).astype(np.uint8))
    made = []
    for number in range(count):
        cut = 6 * (number // 2)
        box = (cut, cut // 2, picture.width - cut // 2, picture.height - cut)
        views = []
        for each, how in ((picture, Image.Resampling.BICUBIC), (labels, Image.Resampling.NEAREST)):
            part = each.crop(box)
            scale = SIZE_PX / max(part.size)
            part = part.resize((round(part.width * scale), round(part.height * scale)), how)
            views.append(np.asarray(part)[:, ::-1] if number % 2 else np.asarray(part))
        made.append((np.ascontiguousarray(views[0]), views[1].astype(np.int32)))
    return made


def main() -> None:
    """Work through the folder, and print what it took."""
    scenes = photographs(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
    with tempfile.TemporaryDirectory(prefix="s2m-day-") as name, sync_playwright() as playwright:
        folder = Path(name)
        names = [f"photo_{number + 1:02}.png" for number in range(len(scenes))]
        for image, (picture, _) in zip(names, scenes, strict=True):
            write_picture(folder / "photographs" / image, picture)
        served = run_server([str(folder / "photographs"), "-o", str(folder / "out"), "--port", "0"])
        browser = launch_chromium(playwright)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        day = Day(PageDriver(page, []).open(served.url))
        for place, (_, labels) in enumerate(scenes):
            # The class used last comes first: so it need not be chosen again.
            order = sorted(CLASSES, key=lambda each: (each + place) % 2)
            for object_id in order:
                day.choose_class(CLASSES[object_id])
                day.draw_object(labels == object_id)
            day.finish_image(names[place + 1] if place + 1 < len(names) else None)
        browser.close()
        served.close()
    each = day.actions / day.objects
    print(
        f"{len(scenes)} photographs, {day.objects} objects: {day.actions} actions, {each:.2f} an object; "
        f"mean IoU {np.mean(day.ious):.3f}"
    )
    if each > MOST_ACTIONS:
        sys.exit(f"more than {MOST_ACTIONS} actions an object")


if __name__ == "__main__":
    main()
