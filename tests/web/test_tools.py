"""Every tool of the page in a real Chromium: what is drawn, what is kept, what the mask does."""

from __future__ import annotations

from pathlib import Path

import pytest

from page_driver import PageDriver, Serve, iou
from s2m.types import LabelMap


@pytest.fixture
def opened(driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> PageDriver:
    """The page with two discs, a red one on the left and a blue one on the right."""
    return driver.open(serve(two_discs_file, tmp_path / "out").url)


def test_a_box_holds_its_object(opened: PageDriver, two_discs_labels: LabelMap) -> None:
    opened.press("b")
    opened.draw((10, 26), (54, 70))
    assert [stroke["tool"] for stroke in opened.strokes()] == ["box"]
    assert iou(opened.mask(1), two_discs_labels == 1) > 0.6


def test_a_lasso_is_filled(opened: PageDriver, two_discs_labels: LabelMap) -> None:
    opened.press("l")
    opened.draw((24, 40), (40, 40), (40, 56), (24, 56))
    assert [stroke["tool"] for stroke in opened.strokes()] == ["lasso"]
    assert iou(opened.mask(1), two_discs_labels == 1) > 0.7


def test_a_lasso_that_is_only_a_click_is_no_stroke(opened: PageDriver) -> None:
    opened.press("l")
    opened.draw((24, 40))
    assert opened.strokes() == []
    assert opened.page.evaluate("s2m.ink.value.pending.length") == 0


def test_the_brush_paints_pixels_that_the_network_leaves_alone(opened: PageDriver) -> None:
    opened.page.evaluate("s2m.ui.set({ width: 8 })")
    opened.press("u")
    opened.draw((60, 20), (68, 20))
    assert opened.mask(1)[20, 64]
    opened.press("p")
    opened.draw((24, 48), (40, 48))
    assert opened.mask(1)[20, 64]


def test_the_eraser_takes_pixels_away_whatever_the_network_says(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.evaluate("s2m.ui.set({ width: 8 })")
    opened.press("e")
    opened.draw((32, 40), (33, 40))
    assert not opened.mask(1)[40, 32]
    opened.press("p")
    opened.draw((26, 56), (38, 56))
    assert not opened.mask(1)[40, 32]
    assert opened.mask(1)[60, 32]


def test_a_stroke_can_be_selected_flipped_moved_and_deleted(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.press("t")
    opened.draw((32, 48))
    assert opened.page.evaluate("s2m.ink.value.selected") == opened.page.evaluate("s2m.annotation.value.strokes[0].key")
    opened.press("Shift+X")
    assert [stroke["sign"] for stroke in opened.strokes()] == ["negative"]
    assert not opened.mask(1).any()
    opened.press("Shift+X")
    opened.draw((32, 48), (96, 48))
    assert opened.mask(1)[48, 96]
    assert not opened.mask(1)[48, 32]
    opened.press("Delete")
    assert opened.strokes() == []
    opened.press("Control+z")
    assert opened.mask(1)[48, 96]
    # What the server says while the stroke is moved, such as an answer that comes late, does not put it back.
    opened.move_to(96, 48)
    opened.page.mouse.down()
    opened.page.mouse.move(*opened.on_screen(32, 48), steps=3)
    opened.page.evaluate(
        """() => {
            const { strokes } = s2m.annotation.value;
            s2m.annotation.set({ strokes: strokes.map((stroke) => ({ ...stroke, points: [88, 48, 104, 48] })) });
        }"""
    )
    opened.page.mouse.up()
    opened.settle()
    assert opened.mask(1)[48, 32]
    assert not opened.mask(1)[48, 96]


def test_a_stroke_can_be_given_to_another_object(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.press("n")
    opened.press("t")
    opened.draw((32, 48))
    opened.press("2")
    opened.page.get_by_role("button", name="To object 2").click()
    opened.settle()
    assert [stroke["object_id"] for stroke in opened.strokes()] == [2]
    assert opened.mask(2)[40, 32]


def test_strokes_drawn_with_ctrl_are_answered_together(opened: PageDriver) -> None:
    opened.page.keyboard.down("Control")
    opened.draw((24, 48), (40, 48), settle=False)
    opened.draw((90, 48), (102, 48), settle=False)
    assert opened.strokes() == []
    assert opened.page.evaluate("s2m.drawing.batch.length") == 2
    opened.page.keyboard.up("Control")
    opened.settle()
    assert len(opened.strokes()) == 2
    opened.press("Control+z")
    assert opened.strokes() == []


def test_background_strokes_belong_to_no_object(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.press("0")
    opened.draw((28, 48), (36, 48))
    assert opened.strokes()[1]["object_id"] == 0
    assert not opened.mask(1)[48, 32]


def test_a_locked_object_is_not_drawn_on(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    before = opened.mask(1)
    opened.page.evaluate("s2m.actions.run('object-lock')")
    opened.settle()
    opened.draw((26, 48), (38, 48), button="right")
    assert "locked" in opened.error()
    assert iou(opened.mask(1), before) == 1
    opened.press("2")
    opened.draw((24, 48), (40, 48))
    assert iou(opened.mask(1), before) == 1


def test_an_object_can_be_renamed_hidden_and_deleted(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.locator(".object[data-id='1']").dblclick()
    opened.page.keyboard.type("red disc")
    opened.page.keyboard.press("Enter")
    opened.settle()
    assert opened.page.locator(".object[data-id='1'] .name").inner_text() == "red disc"
    opened.page.evaluate("s2m.actions.run('object-show')")
    opened.settle()
    assert opened.page.evaluate("s2m.annotation.object(1).visible") is False
    opened.page.evaluate("s2m.actions.run('object-delete')")
    opened.settle()
    assert opened.page.evaluate("s2m.annotation.value.objects.length") == 0
    opened.press("Control+z")
    assert opened.page.evaluate("s2m.annotation.object(1).name") == "red disc"


def test_the_hand_moves_the_photograph_and_draws_nothing(opened: PageDriver) -> None:
    opened.page.evaluate("s2m.viewport.zoomTo(20)")
    opened.press("h")
    before = opened.page.evaluate("[s2m.viewport.left, s2m.viewport.top]")
    start = opened.on_screen(64, 48)
    opened.page.mouse.move(*start)
    opened.page.mouse.down()
    opened.page.mouse.move(start[0] + 80, start[1] - 50, steps=5)
    opened.page.mouse.up()
    opened.settle()
    after = opened.page.evaluate("[s2m.viewport.left, s2m.viewport.top]")
    assert [after[0] - before[0], after[1] - before[1]] == pytest.approx([80, -50], abs=1)
    assert opened.strokes() == []


def test_objects_overlap_where_the_image_says_so(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.press("n")
    opened.draw((28, 44), (36, 44))
    assert not (opened.mask(1) & opened.mask(2)).any()
    opened.press("Control+z")
    opened.page.evaluate("s2m.actions.run('overlap')")
    opened.settle()
    assert "etting objects overlap" in opened.status()
    opened.draw((28, 44), (36, 44))
    assert (opened.mask(1) & opened.mask(2)).sum() > 500


def test_parts_are_split_and_specks_dropped_and_holes_filled(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.evaluate("s2m.ui.set({ width: 5 })")
    opened.press("u")
    opened.draw((110, 10))
    opened.press("e")
    opened.draw((32, 48))
    assert not opened.mask(1)[48, 32]
    opened.page.evaluate("s2m.actions.run('fill-holes')")
    opened.settle()
    assert opened.mask(1)[48, 32]
    opened.page.evaluate("s2m.actions.run('object-split')")
    opened.settle()
    assert opened.page.evaluate("s2m.annotation.value.objects.length") == 2
    opened.press("Control+z")
    opened.page.evaluate("s2m.actions.run('drop-specks')")
    opened.settle()
    assert not opened.mask(1)[10, 110]


def test_escape_drops_the_stroke_being_drawn(opened: PageDriver) -> None:
    opened.move_to(24, 48)
    opened.page.mouse.down()
    opened.page.mouse.move(*opened.on_screen(40, 48), steps=5)
    opened.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    opened.page.keyboard.press("Escape")
    opened.page.mouse.up()
    opened.wait_for("!s2m.layers.masks.contains(1, { x: 32, y: 40 })")
    assert opened.strokes() == []
