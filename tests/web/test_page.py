"""The page in a real Chromium: everything that the seed does, and objects, undo, zoom, keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from page_driver import PageDriver, Serve, iou
from s2m.files.label_files import read_label_map, write_label_map
from s2m.files.overlays import object_colour
from s2m.types import LabelMap

RED, BLUE, GREEN = (32, 48), (96, 48), (64, 48)


@pytest.fixture
def opened(driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> PageDriver:
    """The page with two discs, a red one on the left and a blue one on the right."""
    return driver.open(serve(two_discs_file, tmp_path / "out").url)


def draw_red(driver: PageDriver) -> None:
    driver.draw((24, 48), (40, 48))


def test_a_stroke_on_an_object_covers_the_object(opened: PageDriver, two_discs_labels: LabelMap) -> None:
    draw_red(opened)
    assert iou(opened.mask(1), two_discs_labels == 1) > 0.8
    assert "troke 1 of object 1" in opened.status()


def test_the_mask_follows_while_the_pen_is_still_down(opened: PageDriver, two_discs_labels: LabelMap) -> None:
    opened.move_to(24, 48)
    opened.page.mouse.down()
    opened.page.mouse.move(*opened.on_screen(40, 48), steps=6)
    opened.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    assert iou(opened.mask(1), two_discs_labels == 1) > 0.8
    assert opened.page.evaluate("s2m.annotation.value.strokes.length") == 0
    assert opened.page.evaluate("performance.getEntriesByName('stroke to mask').length") > 0
    opened.page.mouse.up()
    opened.settle()
    assert len(opened.strokes()) == 1


def test_two_objects_have_their_own_masks(opened: PageDriver, two_discs_labels: LabelMap) -> None:
    draw_red(opened)
    opened.press("2")
    opened.draw((90, 48), (104, 48))
    assert iou(opened.mask(1), two_discs_labels == 1) > 0.8
    assert iou(opened.mask(2), two_discs_labels == 2) > 0.8
    assert [row.inner_text() for row in opened.page.locator("#objects .name").all()] == [
        "object 1", "object 2", "background",
    ]  # fmt: skip


def test_n_adds_an_object_and_chooses_it(opened: PageDriver) -> None:
    draw_red(opened)
    opened.press("n")
    assert opened.page.evaluate("s2m.ui.value.object") == 2
    assert opened.page.evaluate("s2m.annotation.value.objects.length") == 2


def test_the_right_button_draws_what_does_not_belong(opened: PageDriver) -> None:
    draw_red(opened)
    assert opened.mask(1)[48, 32]
    opened.draw((26, 48), (38, 48), button="right")
    assert not opened.mask(1)[48, 32]
    assert [stroke["sign"] for stroke in opened.strokes()] == ["positive", "negative"]


def test_the_middle_button_and_x_switch_the_sign(opened: PageDriver) -> None:
    opened.move_to(*GREEN)
    opened.page.mouse.click(*opened.on_screen(*GREEN), button="middle")
    assert opened.page.evaluate("s2m.ui.value.sign") == "negative"
    assert opened.page.locator("#status-sign .mark").inner_text() == "\N{MINUS SIGN}"
    opened.press("x")
    assert opened.page.evaluate("s2m.ui.value.sign") == "positive"


def test_a_click_is_a_dot(opened: PageDriver) -> None:
    opened.draw(RED)
    assert [stroke["tool"] for stroke in opened.strokes()] == ["dot"]
    assert opened.mask(1)[40, 32]


def test_undo_and_redo_say_what_they_do(opened: PageDriver) -> None:
    draw_red(opened)
    assert (
        opened.page.locator("button[data-action=undo]").get_attribute("title") == "Undo stroke 1 of object 1 (Ctrl+Z)"
    )
    opened.press("Control+z")
    assert not opened.mask(1).any()
    assert opened.strokes() == []
    assert "Undone: stroke 1 of object 1" in opened.status()
    opened.press("Control+Shift+z")
    assert opened.mask(1)[48, 32]
    opened.press("Control+z")
    opened.press("Control+y")
    assert len(opened.strokes()) == 1


def test_keep_keeps_the_mask_and_starts_new_strokes(opened: PageDriver) -> None:
    draw_red(opened)
    before = opened.mask(1)
    opened.press("f")
    assert [stroke["past"] for stroke in opened.strokes()] == [True]
    assert iou(opened.mask(1), before) > 0.99


def test_a_tap_of_space_keeps_and_a_held_space_pans(opened: PageDriver) -> None:
    draw_red(opened)
    opened.press(" ")
    assert [stroke["past"] for stroke in opened.strokes()] == [True]
    left = opened.page.evaluate("s2m.viewport.left")
    opened.page.keyboard.down(" ")
    opened.draw(GREEN, (70, 48))
    opened.page.keyboard.up(" ")
    opened.settle()
    assert opened.page.evaluate("s2m.viewport.left") > left
    assert len(opened.strokes()) == 1


def test_clear_removes_everything_and_can_be_undone(opened: PageDriver) -> None:
    draw_red(opened)
    opened.press("r")
    assert not opened.mask(1).any()
    opened.press("Control+z")
    assert opened.mask(1)[48, 32]


@pytest.mark.parametrize("key", ["d", "v"])
def test_d_and_v_switch_between_overlay_and_mask(opened: PageDriver, key: str) -> None:
    draw_red(opened)
    opened.move_to(10, 10)
    opened.press(key)
    assert opened.page.evaluate("s2m.ui.value.view") == "mask"
    assert opened.pixel(*BLUE) == (0, 0, 0)
    assert opened.pixel(*RED) == object_colour(1)
    opened.press(key)
    assert opened.page.evaluate("s2m.ui.value.view") == "overlay"


def test_s_writes_what_is_on_the_screen(opened: PageDriver, tmp_path: Path, two_discs_labels: LabelMap) -> None:
    draw_red(opened)
    opened.press("2")
    opened.draw((90, 48), (104, 48))
    opened.press("s")
    opened.wait_for("document.getElementById('status-text').textContent.includes('saved')")
    label_map = read_label_map(tmp_path / "out" / "discs.png")
    for object_id in (1, 2):
        assert iou(label_map == object_id, opened.mask(object_id)) > 0.97
        assert iou(label_map == object_id, two_discs_labels == object_id) > 0.8


def test_masks_are_saved_without_asking(opened: PageDriver, tmp_path: Path) -> None:
    draw_red(opened)
    opened.wait_for("document.getElementById('status-text').textContent.includes('saved')")
    assert (read_label_map(tmp_path / "out" / "discs.png") == 1).any()


def test_a_mask_can_be_given_to_start_from(
    driver: PageDriver, serve: Serve, two_discs_file: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    write_label_map(tmp_path / "start.png", two_discs_labels)
    driver.open(serve(two_discs_file, tmp_path / "out", "--mask", str(tmp_path / "start.png")).url)
    driver.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 48 })")
    assert iou(driver.mask(1), two_discs_labels == 1) > 0.97
    assert (
        driver.page.locator("button[data-action=undo]").get_attribute("title")
        == "Undo import of 2 objects from start.png (Ctrl+Z)"
    )


def test_the_wheel_zooms_a_quarter_at_the_pointer(opened: PageDriver) -> None:
    at = opened.on_screen(*RED)
    opened.page.mouse.move(*at)
    before = opened.page.evaluate("s2m.viewport.scale")
    opened.page.mouse.wheel(0, -100)
    opened.wait_for(f"s2m.viewport.scale > {before} * 1.2")
    assert opened.page.evaluate("s2m.viewport.scale") == pytest.approx(before * 1.25)
    assert opened.on_screen(*RED) == pytest.approx(at, abs=0.01)
    opened.press("Shift+F")
    assert opened.page.evaluate("s2m.viewport.scale") == pytest.approx(before)


def test_a_double_click_fits_and_leaves_no_dot(opened: PageDriver) -> None:
    opened.page.keyboard.press("+")
    opened.page.mouse.dblclick(*opened.on_screen(*GREEN))
    opened.settle()
    assert opened.page.evaluate("s2m.viewport.fitted")
    assert opened.strokes() == []


def test_brackets_change_the_width_and_the_cursor_with_it(opened: PageDriver) -> None:
    opened.press("u")
    before = opened.page.evaluate("s2m.ui.value.width")
    opened.press("]")
    wider = opened.page.evaluate("s2m.ui.value.width")
    opened.press("[")
    assert wider > before == opened.page.evaluate("s2m.ui.value.width")


def test_the_question_mark_shows_the_keys_of_the_tool_first(opened: PageDriver) -> None:
    opened.page.keyboard.press("?")
    headings = opened.page.locator("#dialog h3").all_inner_texts()
    assert headings[0] == "Now: Stroke"
    opened.page.keyboard.press("Escape")
    assert not opened.page.locator("#dialog").is_visible()


def test_a_command_is_found_by_its_name_and_run(opened: PageDriver) -> None:
    opened.page.keyboard.press("Control+k")
    opened.page.keyboard.type("new obj")
    opened.page.keyboard.press("Enter")
    opened.settle()
    assert opened.page.evaluate("s2m.annotation.value.objects.length") == 1


def test_errors_stay_in_the_page_until_they_are_read(opened: PageDriver) -> None:
    opened.page.evaluate("s2m.editor.command({ kind: 'delete_objects', object_ids: [7] })")
    opened.settle()
    assert "7" in opened.error()
    opened.page.locator("#status-error").click()
    assert opened.error() == ""


def test_the_pen_goes_on_while_the_server_is_gone_and_nothing_is_lost(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    driver.page.evaluate("s2m.connection.socket.close()")
    driver.draw((24, 48), (40, 48))
    assert len(driver.strokes()) == 1
    assert driver.mask(1)[48, 32]


def test_the_saved_picture_is_named_after_the_image_and_indexed(opened: PageDriver, tmp_path: Path) -> None:
    draw_red(opened)
    opened.press("Control+s")
    opened.wait_for("document.getElementById('status-text').textContent.includes('saved')")
    with Image.open(tmp_path / "out" / "discs.png") as picture:
        assert picture.mode == "P"
        assert np.array_equal(np.unique(np.asarray(picture)), [0, 1])
