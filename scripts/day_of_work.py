"""A day of work in the page: a folder, objects with classes, hand-like strokes; prints the actions an object takes.

``python scripts/day_of_work.py [FOLDER] [--images N]``.  FOLDER holds photographs (``NAME.webp``) with label maps of
the same name (``NAME.png``; 255 counts nowhere); without it the scene of the tests is cut and turned over.  A simulated
user (``s2m.simulated_user.scribbles``) draws each object until its mask is good or three strokes are drawn.  Each key,
click and stroke is one action.  More than 4.6 an object is an error.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from s2m.files.images import read_image
from s2m.files.label_files import read_label_map
from s2m.simulated_user.scribbles import StrokeStyle, draw_stroke, errors_by_area
from s2m.types import BoolArray, ByteArray, LabelMap

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from page_driver import PageDriver, iou, launch_chromium, run_server, write_picture  # noqa: E402

SCENE = ROOT / "tests" / "web" / "scene" / "cat-and-apple.png"
CLASSES = ("cat", "apple", "chair", "person", "dog")
SIZE_PX = 256
IGNORED = 255
LEAST_SHARE = 0.01
"""Of the image: smaller objects of a folder are not drawn."""
FEWEST_OBJECTS, MOST_OBJECTS = 2, 6
"""In a photograph of a folder."""
GOOD_IOU = 0.9
MOST_STROKES = 3
MOST_ACTIONS = 4.6
STYLE = StrokeStyle(kinds={"centre_line": 2.0, "curve": 1.0}, jitter_px=1.0, shortest=0.6)


@dataclass(frozen=True)
class Photograph:
    """A photograph, what is true of its pixels, and the class of each object."""

    picture: ByteArray
    labels: LabelMap
    classes: dict[int, str]


@dataclass
class Day:
    """The page, and what was done in it so far."""

    driver: PageDriver
    actions: Counter[str] = field(default_factory=Counter)
    ious: list[float] = field(default_factory=list)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def press(self, what_for: str, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.driver.page.keyboard.press(key)
        self.actions[what_for] += len(keys)
        self.driver.settle()

    def begin_object(self, name: str) -> None:
        """The next object, of a class: the same again, a click on the class, or its name typed where it is new."""
        page = self.driver.page
        if page.evaluate("s2m.ui.value.nextClass") == name:
            if page.evaluate("s2m.annotation.object(s2m.ui.value.object) !== undefined"):
                self.press("object", "n")
            return
        if page.locator(f".class-row[data-class='{name}']").count():
            page.locator(f".class-row[data-class='{name}'] .name").click()
            self.actions["class"] += 1
        else:
            self.press("new class", "c", *name, "Enter")
        self.driver.wait_for(f"s2m.ui.value.nextClass === '{name}'")

    def draw_object(self, truth: BoolArray, valid: BoolArray) -> None:
        """Draw the chosen object until its mask is good."""
        object_id = self.driver.page.evaluate("s2m.ui.value.object")
        answer = np.zeros_like(truth)
        for _ in range(MOST_STROKES):
            error = errors_by_area(truth, answer, valid)[0]
            points = draw_stroke(error.region, STYLE, self.rng)
            places = np.linspace(0, len(points) - 1, min(len(points), 10)).astype(int)
            button = "left" if error.sign == "positive" else "right"
            self.driver.draw(*((float(x), float(y)) for x, y in points[places]), button=button)
            self.actions["stroke"] += 1
            answer = self.driver.mask(object_id)
            if iou(answer & valid, truth) >= GOOD_IOU:
                break
        self.ious.append(iou(answer & valid, truth))

    def finish_image(self, following: str | None) -> None:
        """Done, and on to the next image."""
        self.press("next", "j")
        if following is not None:
            self.driver.wait_for(f"s2m.annotation.value.image?.name === '{following}'")
            self.driver.wait_for("!s2m.annotation.value.encoding && s2m.layers.tiles.readyCount > 0")


def photographs_of(folder: Path, count: int) -> list[Photograph]:
    """Crowded photographs of a folder; their objects have classes drawn at random."""
    rng = np.random.default_rng(0)
    found: list[Photograph] = []
    for path in sorted(folder.glob("*.webp")):
        labels = read_label_map(path.with_suffix(".png"), "labels")
        ids, areas = np.unique(labels[(labels > 0) & (labels != IGNORED)], return_counts=True)
        drawn = [int(one) for one, area in zip(ids, areas, strict=True) if area >= LEAST_SHARE * labels.size]
        if FEWEST_OBJECTS <= len(drawn) <= MOST_OBJECTS and len(found) < count:
            classes = {one: CLASSES[rng.integers(len(CLASSES))] for one in drawn}
            found.append(Photograph(read_image(path), labels, classes))
    return found


def views_of_scene(count: int) -> list[Photograph]:
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
        made.append(Photograph(np.ascontiguousarray(views[0]), views[1].astype(np.int32), {1: "cat", 2: "apple"}))
    return made


def work_through(day: Day, photographs: list[Photograph], names: list[str]) -> None:
    """Draw all objects of all photographs, those of one class after the other."""
    for place, photograph in enumerate(photographs):
        last = day.driver.page.evaluate("s2m.ui.value.nextClass")
        order = sorted(photograph.classes.items(), key=lambda each: (each[1] != last, each[1]))
        for object_id, class_name in order:
            day.begin_object(class_name)
            day.draw_object(photograph.labels == object_id, photograph.labels != IGNORED)
        day.finish_image(names[place + 1] if place + 1 < len(names) else None)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--images", default=6, show_default=True, help="How many photographs.")
def main(folder: Path | None, images: int) -> None:
    """Work through the photographs of FOLDER, or views of the scene, and print what it took."""
    photographs = photographs_of(folder, images) if folder else views_of_scene(images)
    with tempfile.TemporaryDirectory(prefix="s2m-day-") as name, sync_playwright() as playwright:
        work = Path(name)
        names = [f"photo_{number + 1:02}.png" for number in range(len(photographs))]
        for image, photograph in zip(names, photographs, strict=True):
            write_picture(work / "photographs" / image, photograph.picture)
        served = run_server([str(work / "photographs"), "-o", str(work / "out"), "--port", "0"])
        browser = launch_chromium(playwright)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        day = Day(PageDriver(page, []).open(served.url))
        work_through(day, photographs, names)
        browser.close()
        served.close()
    objects = len(day.ious)
    each = day.actions.total() / objects
    click.echo(
        f"{len(photographs)} photographs, {objects} objects: {day.actions.total()} actions, {each:.2f} an object; "
        f"mean IoU {np.mean(day.ious):.3f}"
    )
    for what, number in day.actions.most_common():
        click.echo(f"  {what}: {number / objects:.2f} an object")
    if each > MOST_ACTIONS:
        sys.exit(f"more than {MOST_ACTIONS} actions an object")


if __name__ == "__main__":
    main()
