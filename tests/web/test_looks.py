"""Views, zoom, keys, panels, focus and contrast of the page in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from page_driver import PageDriver, Serve, write_picture
from s2m.files.demo import DEMO_IMAGE
from s2m.files.label_files import voc_palette
from s2m.types import ByteArray


@pytest.fixture
def opened(desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> PageDriver:
    """The page with two discs, a red one on the left and a blue one on the right."""
    return desk.open(serve(two_discs_file, tmp_path / "out").url)


COLOUR_OF_OBJECT_1 = "[1, 3, 5].map((at) => Number.parseInt(s2m.doc.object(1).colour.slice(at, at + 2), 16))"

KEYS = (
    ("x", "s2m.ui.value.sign === 'negative'"),
    ("3", "s2m.ui.value.object === 3"),
    ("9", "s2m.ui.value.object === 9"),
    ("0", "s2m.ui.value.object === 0"),
    ("n", "s2m.doc.value.objects.length === 1"),
    ("]", "s2m.ui.value.width === 8"),
    ("[", "s2m.ui.value.width === 5"),
    ("v", "s2m.ui.value.view === 'mask'"),
    ("d", "s2m.ui.value.view === 'mask'"),
    ("Shift+V", "s2m.ui.value.view === 'contour'"),
    ("Shift+]", "s2m.ui.value.opacity === 0.45"),
    ("Shift+[", "s2m.ui.value.opacity === 0.35"),
    ("+", "!s2m.viewport.fitted"),
    ("z", "s2m.viewport.scale === 1"),
    ("b", "s2m.ui.value.tool === 'box'"),
    ("l", "s2m.ui.value.tool === 'lasso'"),
    ("u", "s2m.ui.value.tool === 'brush'"),
    ("e", "s2m.ui.value.tool === 'eraser'"),
    ("t", "s2m.ui.value.tool === 'select'"),
    ("h", "s2m.ui.value.tool === 'hand'"),
    ("m", "s2m.ui.value.magnifier"),
    ("\\", "!document.getElementById('side').checkVisibility()"),
    ("Shift+T", "document.documentElement.dataset.theme === 'light'"),
    ("?", "document.getElementById('dialog').open"),
    ("F1", "document.getElementById('dialog').open"),
    ("i", "document.getElementById('import-file') !== null"),
    ("c", "document.getElementById('classes') !== null"),
    ("Control+k", "document.activeElement.getAttribute('role') === 'combobox'"),
    ("Control+,", "document.getElementById('dialog').textContent.includes('Keys as in CVAT')"),
    ("Enter", "s2m.doc.value.status === 'done'"),
    ("Shift+Enter", "s2m.doc.value.status === 'flagged'"),
)  # fmt: skip
"""Each key, and what holds after it was pressed in a fresh page."""


SELECTED = "s2m.selectStroke(s2m.doc.value.strokes[0].id)"
WATCHED = "s2m.save = () => { s2m.asked = true; }; s2m.asked = false"

KEYS_AFTER_A_STROKE = (
    ("f", "", "s2m.doc.value.strokes[0].committed"),
    ("r", "", "s2m.doc.value.strokes.length === 0"),
    ("s", WATCHED, "s2m.asked"),
    ("Control+s", WATCHED, "s2m.asked"),
    ("Control+z", "", "s2m.doc.value.strokes.length === 0"),
    ("Control+Shift+z", "s2m.run('undo')", "s2m.doc.value.strokes.length === 1"),
    ("Control+y", "s2m.run('undo')", "s2m.doc.value.strokes.length === 1"),
    ("Delete", SELECTED, "s2m.doc.value.strokes.length === 0"),
    ("Backspace", SELECTED, "s2m.doc.value.strokes.length === 0"),
    ("Shift+X", SELECTED, "s2m.doc.value.strokes[0].sign === 'negative'"),
    ("p", "s2m.chooseTool('box')", "s2m.ui.value.tool === 'stroke'"),
    ("-", "", "s2m.viewport.scale < s2m.scaleBefore"),
    ("=", "", "s2m.viewport.scale > s2m.scaleBefore"),
    ("Shift+F", "s2m.viewport.zoomTo(2)", "s2m.viewport.fitted"),
)
"""Each key, what comes before it where one stroke is drawn, and what holds after it."""

KEYS_IN_A_FOLDER = (
    ("d", "s2m.doc.value.image.name === 'b.png'"),
    ("a", "s2m.doc.value.image.name === 'a.png'"),
    ("Enter", "s2m.doc.value.folder[0].status === 'done'"),
    ("Shift+D", "s2m.doc.value.image.name === 'b.png'"),
    ("g", "!document.getElementById('folder').checkVisibility()"),
)
"""Keys pressed one after the other in a folder of two images, and what holds after each."""

KEYS_ELSEWHERE = ("w", "Shift+W")
"""Those of images of more than 8 bits: tests/web/test_windows_of_values.py."""


def test_every_key_does_what_the_sheet_says(opened: PageDriver) -> None:
    fresh = opened.page.evaluate("({ ...s2m.ui.value })")
    for key, outcome in KEYS:
        opened.page.evaluate("(values) => { s2m.ui.set(values); s2m.viewport.fit(); }", fresh)
        opened.move_to(64, 20)
        assert not opened.page.evaluate(outcome), key
        opened.page.keyboard.press(key)
        opened.wait_for(outcome)
        opened.page.evaluate("document.getElementById('dialog').close()")
        opened.settle()


def test_every_key_about_strokes_does_what_the_sheet_says(opened: PageDriver) -> None:
    for key, before, outcome in KEYS_AFTER_A_STROKE:
        opened.page.evaluate("s2m.run('clear'), s2m.viewport.fit(), s2m.scaleBefore = s2m.viewport.scale, undefined")
        opened.settle()
        opened.draw((24, 48), (40, 48))
        opened.page.evaluate(f"() => {{ {before} }}")
        opened.settle()
        assert not opened.page.evaluate(outcome), key
        opened.page.keyboard.press(key)
        opened.wait_for(outcome)
        opened.settle()


def test_every_key_of_a_folder_does_what_the_sheet_says(
    desk: PageDriver, serve: Serve, two_discs: ByteArray, tmp_path: Path
) -> None:
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    desk.open(serve(tmp_path / "images", tmp_path / "out").url)
    for key, outcome in KEYS_IN_A_FOLDER:
        assert not desk.page.evaluate(outcome), key
        desk.page.keyboard.press(key)
        desk.wait_for(f"{outcome} && !s2m.doc.value.opening")
        desk.settle()


def test_no_key_is_left_out_of_these_tests(opened: PageDriver) -> None:
    pressed = {key for key, *_ in (*KEYS, *KEYS_AFTER_A_STROKE, *KEYS_IN_A_FOLDER)} | set(KEYS_ELSEWHERE)
    digits = {str(digit) for digit in range(1, 10)}
    named = {key.replace("Control", "Ctrl").upper() for key in pressed} | digits
    known = {key.upper() for key in opened.page.evaluate("Object.values(s2m.keys).flat()")}
    assert known - named == set()


def test_keys_can_be_changed_and_are_kept_in_the_project(
    new_desk: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    desk = new_desk().open(served.url)
    desk.page.evaluate("s2m.run('settings')")
    desk.page.get_by_label("Key of Switch between belongs and does not belong: X").click()
    desk.page.keyboard.press("q")
    desk.page.keyboard.press("Escape")
    desk.press("q")
    assert desk.page.evaluate("s2m.ui.value.sign") == "negative"
    desk.press("x")
    assert desk.page.evaluate("s2m.ui.value.sign") == "negative"
    kept = json.loads((tmp_path / "out" / "s2m-project.json").read_text())
    assert kept["settings"]["preferences"]["keys"]["switch-sign"] == ["Q"]
    other = new_desk().open(served.url)
    assert other.page.evaluate("s2m.keyOf('switch-sign')") == "Q"


@pytest.mark.parametrize(("preset", "key", "action"), [("cvat", "F", "next-image"), ("napari", "M", "object-new")])
def test_presets_bring_the_keys_of_other_tools(opened: PageDriver, preset: str, key: str, action: str) -> None:
    opened.page.evaluate(f"s2m.setKeys('{preset}', {{}})")
    assert opened.page.evaluate(f"s2m.keyOf('{action}')") == key


def test_no_key_means_two_things_in_any_preset(opened: PageDriver) -> None:
    doubled = opened.page.evaluate(
        """async () => {
            const { PRESETS, keyMap } = await import("./static/js/keys.js");
            return Object.keys(PRESETS).flatMap((preset) => {
                const keys = Object.values(keyMap(preset, {})).flat();
                return keys.filter((key, place) => keys.indexOf(key) !== place).map((key) => `${preset}: ${key}`);
            });
        }"""
    )
    assert doubled == []


def test_every_key_belongs_to_a_command_that_exists(opened: PageDriver) -> None:
    strangers = opened.page.evaluate(
        """async () => {
            const { ACTIONS } = await import("./static/js/actions.js");
            return Object.keys(s2m.keys).filter((name) => !(name in ACTIONS));
        }"""
    )
    assert strangers == []


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


def test_the_view_of_doubt_is_drawn_over_the_photograph(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.evaluate("s2m.ui.set({ view: 'uncertainty' })")
    opened.wait_for("s2m.layers.uncertainty?.complete")


def test_brightness_and_contrast_change_the_photograph_alone(opened: PageDriver) -> None:
    opened.page.evaluate("s2m.ui.set({ brightness: 2 })")
    opened.move_to(10, 10)
    opened.settle()
    assert opened.pixel(64, 48) == pytest.approx((80, 255, 80), abs=3)
    opened.page.evaluate("s2m.run('look-reset')")
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
    opened.page.locator("#look-panel summary").click()
    opened.page.get_by_label("Colours").select_option("file")
    opened.page.evaluate("s2m.ui.set({ opacity: 1, strokesShown: false })")
    opened.move_to(64, 10)
    opened.settle()
    assert opened.pixel(32, 40) == pytest.approx(voc_palette()[1].tolist(), abs=3)
    swatch = opened.page.locator(".object[data-id='1']").evaluate("(row) => row.style.getPropertyValue('--swatch')")
    assert swatch == "#800000"


def test_the_first_visit_has_three_hints_that_go_as_they_are_followed(
    new_desk: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    desk = new_desk()
    desk.page.add_init_script("localStorage.removeItem('s2m-hints')")
    desk.open(serve(two_discs_file, tmp_path / "out").url)
    hint = desk.page.locator(".hint")
    assert "Draw on the object" in hint.inner_text()
    desk.draw((24, 48), (40, 48))
    assert "does not belong" in hint.inner_text()
    desk.draw((60, 20), (70, 20), button="right")
    assert "F keeps" in hint.inner_text()
    desk.press("f")
    assert hint.count() == 0


def test_the_page_says_how_much_memory_the_server_uses(opened: PageDriver) -> None:
    opened.page.keyboard.press("Control+k")
    opened.page.keyboard.type("memory")
    opened.page.keyboard.press("Enter")
    opened.wait_for("document.querySelectorAll('#dialog meter').length === 4")
    said = opened.page.locator("#dialog").inner_text()
    assert "tiny 1" in said
    assert "MB of at most 512 MB" in said


def test_on_the_shipped_photograph_the_first_visit_begins_with_a_line_to_trace(
    new_desk: Callable[..., PageDriver], serve: Serve, tmp_path: Path
) -> None:
    desk = new_desk()
    desk.page.add_init_script("localStorage.getItem('visited') ?? localStorage.removeItem('s2m-hints')")
    desk.open(serve(DEMO_IMAGE, tmp_path / "out").url)
    desk.page.evaluate("localStorage.setItem('visited', '1')")
    assert "Trace the dotted line" in desk.page.locator(".hint").inner_text()
    points = desk.page.evaluate("s2m.layers.example")
    dots = "[...s2m.layers.canvases.ink.getImageData(0, 0, innerWidth, innerHeight).data].filter((v) => v > 0).length"
    assert desk.page.evaluate(dots) > 500
    desk.draw(*[(points[at], points[at + 1]) for at in range(0, len(points), 6)])
    assert desk.page.evaluate("s2m.layers.example") is None
    assert "does not belong" in desk.page.locator(".hint").inner_text()
    desk.press("Control+z")
    desk.page.reload()
    desk.wait_for("s2m.doc.value.image !== null")
    assert desk.page.evaluate("s2m.layers.example") is None


def test_everything_can_be_reached_and_seen_by_keyboard(opened: PageDriver) -> None:
    reached = set()
    for _ in range(60):
        opened.page.keyboard.press("Tab")
        found = opened.page.evaluate(
            """() => {
                const element = document.activeElement;
                const look = getComputedStyle(element);
                const name = element.getAttribute("aria-label") || element.textContent.trim() || element.id;
                if (element === document.body) return ["the end", "", ""];
                const { id, dataset, className } = element;
                return [id || dataset.action || dataset.tool || className, name, look.outlineStyle];
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
    opened.page.evaluate("s2m.changeObject(1, { class_name: 'disc' })")
    opened.page.locator("#look-panel summary").click()
    opened.settle()
    opened.page.evaluate("s2m.status.fail('an error')")
    if shown:
        opened.page.evaluate(f"s2m.run('{shown}'), undefined")
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
    new_desk: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path, width: int, height: int
) -> None:
    desk = new_desk(width, height).open(serve(two_discs_file, tmp_path / "out").url)
    box = desk.page.locator("#stage").bounding_box()
    assert box is not None
    assert box["width"] >= width * 2 / 3
    assert desk.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [480, 600, 768])
def test_in_a_narrow_window_nothing_lies_over_anything_else(
    new_desk: Callable[..., PageDriver], serve: Serve, two_discs: ByteArray, tmp_path: Path, width: int
) -> None:
    for name in ("a_photograph_with_a_long_name.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    desk = new_desk(width, 900, touch=True).open(serve(tmp_path / "images", tmp_path / "out").url)
    assert desk.page.evaluate("document.documentElement.scrollWidth") == width
    for bar in (".bar", ".folder-head"):
        overlaps = desk.page.evaluate(
            """(bar) => [...document.querySelector(bar).children].map((part) => part.getBoundingClientRect())
                .filter((box) => box.width > 0)
                .some((box, place, all) => place > 0 && box.left < all[place - 1].right - 1)""",
            bar,
        )
        assert not overlaps, bar
        if width == 768:
            assert desk.page.evaluate("(bar) => document.querySelector(bar).scrollWidth", bar) == width


def test_on_a_telephone_nothing_is_wider_than_the_window(
    new_desk: Callable[..., PageDriver], serve: Serve, two_discs: ByteArray, tmp_path: Path
) -> None:
    for name in ("a_photograph_with_a_long_name.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    served = serve(tmp_path / "images", tmp_path / "out")
    desk = new_desk(360, 700, touch=True).open(served.url)
    second = new_desk(360, 700, touch=True).open(served.url)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert second.page.locator("#banner").is_visible()
    assert second.page.evaluate(fits)
    desk.page.evaluate("s2m.hints.restart()")
    desk.page.evaluate("s2m.status.fail('cannot write ' + '/photographs'.repeat(20))")
    assert desk.page.evaluate(fits)
    for key in ("?", "Control+k", "c", "i", "Control+,"):
        desk.page.keyboard.press(key)
        dialog = desk.page.locator("#dialog")
        dialog.wait_for()
        assert desk.page.evaluate(fits), key
        parts = dialog.locator(".dialog-body, ul")
        assert parts.evaluate_all("(parts) => parts.every((part) => part.scrollWidth <= part.clientWidth)"), key
        desk.page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
    assert desk.page.locator("#side").evaluate("(side) => side.scrollWidth <= side.clientWidth")


def test_on_a_tablet_the_panels_are_below_the_photograph(
    new_desk: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    desk = new_desk(768, 1024, touch=True).open(serve(two_discs_file, tmp_path / "out").url)
    stage, side = desk.page.locator("#stage").bounding_box(), desk.page.locator("#side").bounding_box()
    assert stage is not None
    assert side is not None
    assert stage["width"] == 768
    assert side["y"] >= stage["y"] + stage["height"]


def test_nothing_is_loaded_from_elsewhere(opened: PageDriver) -> None:
    hosts = opened.page.evaluate(
        "[...new Set(performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host))]"
    )
    assert hosts == [opened.page.evaluate("location.host")]
