"""Every key of the page, its presets and keys of the user's own, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from page_driver import PageDriver, Serve, write_picture
from s2m.types import ByteArray


@pytest.fixture
def opened(driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> PageDriver:
    """The page with two discs, a red one on the left and a blue one on the right."""
    return driver.open(serve(two_discs_file, tmp_path / "out").url)


KEYS = (
    ("x", "s2m.ui.value.sign === 'negative'"),
    ("3", "s2m.ui.value.object === 3"),
    ("9", "s2m.ui.value.object === 9"),
    ("0", "s2m.ui.value.object === 0"),
    ("n", "s2m.annotation.value.objects.length === 1"),
    ("v", "s2m.ui.value.view === 'mask'"),
    ("d", "s2m.ui.value.view === 'mask'"),
    ("Shift+V", "s2m.ui.value.view === 'contour'"),
    ("Shift+]", "s2m.ui.value.opacity === 0.45"),
    ("Shift+[", "s2m.ui.value.opacity === 0.35"),
    ("}", "s2m.ui.value.opacity === 0.45"),
    ("{", "s2m.ui.value.opacity === 0.35"),
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
    ("c", "document.activeElement.id === 'class-field'"),
    ("Escape", "document.activeElement.id === 'stage'"),
    ("Shift+C", "document.getElementById('classes') !== null"),
    ("y", "!s2m.ui.value.strokesShown"),
    ("Control+k", "document.activeElement.getAttribute('role') === 'combobox'"),
    ("Control+,", "document.getElementById('dialog').textContent.includes('Keys as in CVAT')"),
    ("Enter", "s2m.annotation.value.status === 'done'"),
    ("Shift+Enter", "s2m.annotation.value.status === 'flagged'"),
    ("F6", "document.activeElement.closest('.bar') !== null"),
)  # fmt: skip
"""Each key, and what holds after it was pressed in a fresh page."""


SELECTED = "s2m.ink.set({ selected: s2m.annotation.value.strokes[0].key })"
WATCHED = "s2m.editor.save = () => { s2m.asked = true; }; s2m.asked = false"

KEYS_AFTER_A_STROKE = (
    ("f", "", "s2m.annotation.value.strokes[0].past"),
    ("r", "", "s2m.annotation.value.strokes.length === 0"),
    ("s", WATCHED, "s2m.asked"),
    ("Control+s", WATCHED, "s2m.asked"),
    ("Control+z", "", "s2m.annotation.value.strokes.length === 0"),
    ("Control+Shift+z", "s2m.actions.run('undo')", "s2m.annotation.value.strokes.length === 1"),
    ("Control+y", "s2m.actions.run('undo')", "s2m.annotation.value.strokes.length === 1"),
    ("Delete", SELECTED, "s2m.annotation.value.strokes.length === 0"),
    ("Backspace", SELECTED, "s2m.annotation.value.strokes.length === 0"),
    ("Shift+X", SELECTED, "s2m.annotation.value.strokes[0].sign === 'negative'"),
    ("]", "s2m.ui.set({ tool: 'brush', width: 6 })", "s2m.ui.value.width === 8"),
    ("[", "s2m.ui.set({ tool: 'brush', width: 6 })", "s2m.ui.value.width === 5"),
    ("Control+a", "s2m.editor.newObject()", "s2m.ui.value.also.length === 1"),
    ("Tab", "s2m.ui.set({ object: 1 })", "s2m.ui.value.object === 2"),
    ("Shift+Tab", "s2m.ui.set({ object: 2 })", "s2m.ui.value.object === 1"),
    ("p", "s2m.ui.set({ tool: 'box' })", "s2m.ui.value.tool === 'stroke'"),
    ("-", "", "s2m.viewport.scale < s2m.scaleBefore"),
    ("=", "", "s2m.viewport.scale > s2m.scaleBefore"),
    ("Shift+F", "s2m.viewport.zoomTo(2)", "s2m.viewport.fitted"),
    (".", "", "s2m.drawing.stroke !== null"),
)
"""Each key, what comes before it where one stroke is drawn, and what holds after it; the last one begins a stroke."""

KEYS_IN_A_FOLDER = (
    ("d", "s2m.annotation.value.image.name === 'b.png'"),
    ("a", "s2m.annotation.value.image.name === 'a.png'"),
    ("Enter", "s2m.project.value.folder[0].status === 'done'"),
    ("Shift+D", "s2m.annotation.value.image.name === 'b.png'"),
    ("g", "!document.getElementById('folder').checkVisibility()"),
)
"""Keys pressed one after the other in a folder of two images, and what holds after each."""

KEYS_ELSEWHERE = ("w", "Shift+W", "Shift+E", "j", "q", "o", "k", "F2", "Control+c", "Control+v", "Control+d")
"""Of images of more than 8 bits: test_contrast_limits_in_page.py; of objects and folders: test_objects_in_page.py; of
the export: test_exporting.py."""


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
        opened.page.evaluate(
            "s2m.actions.run('clear'), s2m.viewport.fit(), s2m.scaleBefore = s2m.viewport.scale, undefined"
        )
        opened.settle()
        opened.draw((24, 48), (40, 48))
        opened.page.evaluate(f"() => {{ {before} }}")
        opened.settle()
        assert not opened.page.evaluate(outcome), key
        opened.page.keyboard.press(key)
        opened.wait_for(outcome)


def test_every_key_of_a_folder_does_what_the_sheet_says(
    driver: PageDriver, serve: Serve, two_discs: ByteArray, tmp_path: Path
) -> None:
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    driver.open(serve(tmp_path / "images", tmp_path / "out").url)
    for key, outcome in KEYS_IN_A_FOLDER:
        assert not driver.page.evaluate(outcome), key
        driver.page.keyboard.press(key)
        driver.wait_for(f"{outcome} && !s2m.annotation.value.opening")
        driver.settle()


def test_no_key_is_left_out_of_these_tests(opened: PageDriver) -> None:
    pressed = {key for key, *_ in (*KEYS, *KEYS_AFTER_A_STROKE, *KEYS_IN_A_FOLDER)} | set(KEYS_ELSEWHERE)
    digits = {str(digit) for digit in range(1, 10)}
    named = {key.replace("Control", "Ctrl").upper() for key in pressed} | digits
    known = {key.upper() for key in opened.page.evaluate("Object.values(s2m.keys.value.map).flat()")}
    assert known - named == set()


def test_keys_can_be_changed_and_are_kept_in_the_project(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver = new_driver().open(served.url)
    driver.page.evaluate("s2m.actions.run('settings')")
    driver.page.get_by_label("Key of Switch between belongs and does not belong: X").click()
    driver.page.keyboard.press("q")
    driver.page.keyboard.press("Escape")
    driver.press("q")
    assert driver.page.evaluate("s2m.ui.value.sign") == "negative"
    driver.press("x")
    assert driver.page.evaluate("s2m.ui.value.sign") == "negative"
    kept = json.loads((tmp_path / "out" / "s2m-project.json").read_text())
    assert kept["settings"]["preferences"]["keys"]["switch-sign"] == ["Q"]
    other = new_driver().open(served.url)
    assert other.page.evaluate("s2m.keys.keyOf('switch-sign')") == "Q"


@pytest.mark.parametrize(("preset", "key", "action"), [("cvat", "F", "next-image"), ("napari", "M", "object-new")])
def test_presets_bring_the_keys_of_other_tools(opened: PageDriver, preset: str, key: str, action: str) -> None:
    opened.page.evaluate(f"s2m.keys.choose('{preset}', {{}})")
    assert opened.page.evaluate(f"s2m.keys.keyOf('{action}')") == key


def test_no_key_means_two_things_in_any_preset(opened: PageDriver) -> None:
    doubled = opened.page.evaluate(
        """async () => {
            const { PRESETS, keyMap } = await import("./static/js/input/key_presets.js");
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
            return Object.keys(s2m.keys.value.map).filter((name) => !s2m.actions.get(name));
        }"""
    )
    assert strangers == []
