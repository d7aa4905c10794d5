"""Views, zoom, panels, focus and contrast of the page in a real Chromium."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from page_driver import PageDriver, Serve, write_picture
from s2m.files.demo import DEMO_IMAGE
from s2m.files.label_files import read_label_map, voc_palette
from s2m.types import ByteArray, LabelMap


@pytest.fixture
def opened(driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> PageDriver:
    """The page with two discs, a red one on the left and a blue one on the right."""
    return driver.open(serve(two_discs_file, tmp_path / "out").url)


COLOUR_OF_OBJECT_1 = "[1, 3, 5].map((at) => Number.parseInt(s2m.annotation.object(1).colour.slice(at, at + 2), 16))"


def test_deep_in_the_zoom_pixels_are_sharp_and_have_a_grid(opened: PageDriver) -> None:
    opened.page.evaluate("s2m.viewport.zoomTo(32)")
    opened.page.evaluate("s2m.viewport.centreOn({ x: 51.5, y: 48.5 })")
    opened.move_to(60, 40)
    opened.settle()
    inside, outside = opened.pixel(50.5, 48.5), opened.pixel(54.5, 48.5)
    assert inside == (200, 30, 30)
    assert outside == (40, 160, 40)
    assert opened.page.evaluate("s2m.viewport.scale") == 32
    assert opened.pixel(53, 48.5) not in (inside, outside)
    assert opened.page.locator("#minimap").is_visible()


def assert_squares_are_as_saved(page: PageDriver, labels: LabelMap) -> None:
    """In the view of masks: pixels on both sides of the edge of object 1 are squares of its colour, or black."""
    shot = Image.open(io.BytesIO(page.page.screenshot())).convert("RGB")
    (left, top), scale = page.on_screen(0, 0), page.page.evaluate("s2m.viewport.scale")
    mask = labels == 1
    edge = sum(mask != np.roll(mask, step, axis) for step in (1, -1) for axis in (0, 1))
    assert edge.any()
    for y, x in np.argwhere(edge).tolist():
        inside = [(x + across, y + down) for across in (0.12, 0.5, 0.88) for down in (0.12, 0.5, 0.88)]
        seen = {shot.getpixel((int(left + scale * across), int(top + scale * down))) for across, down in inside}
        assert len(seen) == 1, (x, y, seen)
        assert (seen != {(0, 0, 0)}) == mask[y, x], (x, y, seen)


def test_deep_in_the_zoom_masks_are_the_pixels_that_are_saved(opened: PageDriver, tmp_path: Path) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.evaluate("s2m.ui.set({ view: 'mask', strokesShown: false, tool: 'eraser', width: 5 })")
    opened.page.evaluate("s2m.viewport.zoomTo(16), s2m.viewport.centreOn({ x: 32, y: 48 })")
    areas = []
    for erased in ((30, 46), (34, 50)):
        opened.draw((32, 48), erased)
        opened.move_to(60, 30)
        opened.press("Control+s")
        opened.wait_for("s2m.layers.pixels.inSight && !s2m.layers.pixels.stale && !s2m.layers.pixels.timer")
        opened.settle()
        labels = read_label_map(tmp_path / "out" / "discs.png")
        assert_squares_are_as_saved(opened, labels)
        areas.append((labels == 1).sum())
    assert areas[1] < areas[0]
    opened.page.evaluate("s2m.viewport.zoomTo(7.9)")
    assert opened.page.evaluate("s2m.layers.pixels.inSight") is None


def test_the_view_of_doubt_is_drawn_over_the_photograph(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.evaluate("s2m.ui.set({ view: 'uncertainty' })")
    opened.wait_for("s2m.layers.uncertainty?.complete")


def test_brightness_and_contrast_change_the_photograph_alone(opened: PageDriver) -> None:
    opened.page.evaluate("s2m.ui.set({ brightness: 2 })")
    opened.move_to(10, 10)
    opened.settle()
    assert opened.pixel(64, 48) == pytest.approx((80, 255, 80), abs=3)
    opened.page.evaluate("s2m.actions.run('display-reset')")
    assert opened.pixel(64, 48) == (40, 160, 40)


def test_the_mask_is_as_strong_as_the_slider_says(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.evaluate("s2m.ui.set({ opacity: 1, strokesShown: false })")
    opened.move_to(64, 10)
    opened.settle()
    assert opened.pixel(32, 40) == pytest.approx(opened.page.evaluate(
        COLOUR_OF_OBJECT_1
    ), abs=3)  # fmt: skip


def test_objects_can_be_shown_in_the_colours_of_the_saved_file(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.locator("#display-panel summary").click()
    opened.page.get_by_label("Colours").select_option("file")
    opened.page.evaluate("s2m.ui.set({ opacity: 1, strokesShown: false })")
    opened.move_to(64, 10)
    opened.settle()
    assert opened.pixel(32, 40) == pytest.approx(voc_palette()[1].tolist(), abs=3)
    swatch = opened.page.locator(".object[data-id='1']").evaluate("(row) => row.style.getPropertyValue('--swatch')")
    assert swatch == "#800000"


def test_the_first_visit_has_three_hints_that_go_as_they_are_followed(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    driver = new_driver()
    driver.page.add_init_script("localStorage.removeItem('s2m-hints')")
    driver.open(serve(two_discs_file, tmp_path / "out").url)
    hint = driver.page.locator(".hint")
    assert "Draw on the object" in hint.inner_text()
    driver.draw((24, 48), (40, 48))
    assert "does not belong" in hint.inner_text()
    driver.draw((60, 20), (70, 20), button="right")
    assert "F keeps" in hint.inner_text()
    driver.press("f")
    assert hint.count() == 0


def test_the_page_says_how_much_memory_the_server_uses(opened: PageDriver) -> None:
    opened.page.keyboard.press("Control+k")
    opened.page.keyboard.type("memory")
    opened.page.keyboard.press("Enter")
    opened.wait_for("document.querySelectorAll('#dialog meter').length === 3")
    said = opened.page.locator("#dialog").inner_text()
    assert "tiny 1" in said
    assert "MB of at most 768 MB" in said


def test_on_the_shipped_photograph_the_first_visit_begins_with_a_stroke_to_trace(
    new_driver: Callable[..., PageDriver], serve: Serve, tmp_path: Path
) -> None:
    driver = new_driver()
    driver.page.add_init_script("localStorage.getItem('visited') ?? localStorage.removeItem('s2m-hints')")
    driver.open(serve(DEMO_IMAGE, tmp_path / "out").url)
    driver.page.evaluate("localStorage.setItem('visited', '1')")
    assert "Trace the dotted line" in driver.page.locator(".hint").inner_text()
    points = driver.page.evaluate("s2m.ink.value.example")
    dots = "[...s2m.layers.canvases.ink.getImageData(0, 0, innerWidth, innerHeight).data].filter((v) => v > 0).length"
    assert driver.page.evaluate(dots) > 500
    driver.draw(*[(points[at], points[at + 1]) for at in range(0, len(points), 6)])
    assert driver.page.evaluate("s2m.ink.value.example") is None
    assert "does not belong" in driver.page.locator(".hint").inner_text()
    driver.press("Control+z")
    driver.page.reload()
    driver.wait_for("s2m.annotation.value.image !== null")
    assert driver.page.evaluate("s2m.ink.value.example") is None


def test_everything_can_be_reached_and_seen_by_keyboard(opened: PageDriver) -> None:
    opened.press("u")
    reached = set()
    for _ in range(60):
        opened.page.keyboard.press("Tab")
        found = opened.page.evaluate(
            """() => {
                const element = document.activeElement;
                const style = getComputedStyle(element);
                const name = element.getAttribute("aria-label") || element.textContent.trim() || element.id;
                if (element === document.body) return ["the end", "", ""];
                const { id, dataset, className } = element;
                return [id || dataset.action || dataset.tool || className, name, style.outlineStyle];
            }"""
        )
        if found[0] == "the end":
            continue
        reached.add(found[0])
        assert found[1], f"{found[0]} has no name"
        assert found[2] != "none" or found[0] in ("", "skip"), f"the focus on {found[0]} cannot be seen"
    assert {"stroke", "box", "stage", "width", "sign-positive", "view-choice", "keys-sheet", "fit"} <= reached


def test_a_stroke_can_be_drawn_by_keyboard(opened: PageDriver) -> None:
    opened.move_to(26, 48)
    opened.page.keyboard.press(".")
    for _ in range(8):
        opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press(".")
    opened.settle()
    assert len(opened.strokes()) == 1
    assert opened.mask(1)[40, 32]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("shown", ["", "classes", "import-masks", "about", "keys-sheet", "settings"])
def test_words_stand_out_from_their_ground_as_wcag_aa_asks(opened: PageDriver, theme: str, shown: str) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.evaluate(f"s2m.ui.set({{ theme: '{theme}' }})")
    opened.page.evaluate("s2m.editor.changeObjects([1], { class_name: 'disc' })")
    opened.page.locator("#display-panel summary").click()
    opened.settle()
    opened.page.evaluate("s2m.status.fail('an error')")
    if shown:
        opened.page.evaluate(f"s2m.actions.run('{shown}'), undefined")
        opened.wait_for("document.getElementById('dialog').open")
    poor = opened.page.evaluate(
        """() => {
            const channel = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
            const light = (rgb) => rgb.map((value) => channel(value / 255)).reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
            const read = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
            const ground = (element) => {
                for (let each = element; each; each = each.parentElement) {
                    const colour = read(getComputedStyle(each).backgroundColor);
                    if (colour.length === 3 || colour[3] > 0.8) return colour.slice(0, 3);
                }
                return [0, 0, 0];
            };
            return [...document.querySelectorAll("body *")]
                .filter((element) => element.checkVisibility() && !element.closest(":disabled, svg, option, .stage")
                    && [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
                .map((element) => {
                    const [a, b] = [light(read(getComputedStyle(element).color).slice(0, 3)), light(ground(element))];
                    return [element.textContent.trim().slice(0, 30), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
                })
                .filter(([, ratio]) => ratio < 4.5);
        }"""  # noqa: E501
    )
    assert poor == []


@pytest.mark.parametrize(("width", "height"), [(1024, 700), (1440, 900), (3840, 2160)])
def test_the_photograph_has_two_thirds_of_the_width(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path, width: int, height: int
) -> None:
    driver = new_driver(width, height).open(serve(two_discs_file, tmp_path / "out").url)
    box = driver.page.locator("#stage").bounding_box()
    assert box is not None
    assert box["width"] >= width * 2 / 3
    assert driver.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [480, 600, 768])
def test_in_a_narrow_window_nothing_lies_over_anything_else(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs: ByteArray, tmp_path: Path, width: int
) -> None:
    for name in ("a_photograph_with_a_long_name.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    driver = new_driver(width, 900, touch=True).open(serve(tmp_path / "images", tmp_path / "out").url)
    assert driver.page.evaluate("document.documentElement.scrollWidth") == width
    for bar in (".bar", ".folder-head"):
        overlaps = driver.page.evaluate(
            """(bar) => [...document.querySelector(bar).children].map((part) => part.getBoundingClientRect())
                .filter((box) => box.width > 0)
                .some((box, place, all) => place > 0 && box.left < all[place - 1].right - 1)""",
            bar,
        )
        assert not overlaps, bar
        if width == 768:
            assert driver.page.evaluate("(bar) => document.querySelector(bar).scrollWidth", bar) == width


def test_on_a_telephone_nothing_is_wider_than_the_window(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs: ByteArray, tmp_path: Path
) -> None:
    for name in ("a_photograph_with_a_long_name.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    served = serve(tmp_path / "images", tmp_path / "out")
    driver = new_driver(360, 700, touch=True).open(served.url)
    second = new_driver(360, 700, touch=True).open(served.url)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert second.page.locator("#banner").is_visible()
    assert second.page.evaluate(fits)
    driver.page.evaluate("s2m.hints.restart()")
    driver.page.evaluate("s2m.status.fail('cannot write ' + '/photographs'.repeat(20))")
    assert driver.page.evaluate(fits)
    for key in ("?", "Control+k", "Shift+C", "i", "Control+,"):
        driver.page.keyboard.press(key)
        dialog = driver.page.locator("#dialog")
        dialog.wait_for()
        assert driver.page.evaluate(fits), key
        parts = dialog.locator(".dialog-body, ul")
        assert parts.evaluate_all("(parts) => parts.every((part) => part.scrollWidth <= part.clientWidth)"), key
        driver.page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
    assert driver.page.locator("#side").evaluate("(side) => side.scrollWidth <= side.clientWidth")


def test_on_a_tablet_the_panels_are_below_the_photograph(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    driver = new_driver(768, 1024, touch=True).open(serve(two_discs_file, tmp_path / "out").url)
    stage, side = driver.page.locator("#stage").bounding_box(), driver.page.locator("#side").bounding_box()
    assert stage is not None
    assert side is not None
    assert stage["width"] == 768
    assert side["y"] >= stage["y"] + stage["height"]


@pytest.mark.parametrize(("width", "height"), [(360, 700), (600, 900), (768, 1024), (820, 1180), (1180, 820)])
def test_the_words_of_the_panels_fit_under_fingers(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path, width: int, height: int
) -> None:
    driver = new_driver(width, height, touch=True).open(serve(two_discs_file, tmp_path / "out").url)
    for is_open in (False, True):
        driver.page.locator("#display-panel").evaluate("(panel, isOpen) => { panel.open = isOpen; }", is_open)
        cut = driver.page.locator("#side :is(button, .sign, .row, .panel-head)").evaluate_all(
            """(parts) => parts.filter((part) => part.checkVisibility() && part.scrollWidth > part.clientWidth)
                .map((part) => part.textContent.trim())"""
        )
        assert cut == []


def test_nothing_is_loaded_from_elsewhere(opened: PageDriver) -> None:
    hosts = opened.page.evaluate(
        "[...new Set(performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host))]"
    )
    assert hosts == [opened.page.evaluate("location.host")]
