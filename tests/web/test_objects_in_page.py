"""Objects in the page: chosen by clicking, several together, copied, hidden, locked, found in the list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from page_driver import PageDriver, Serve, write_picture
from s2m.types import ByteArray


@pytest.fixture
def opened(driver: PageDriver, serve: Serve, two_discs: ByteArray, tmp_path: Path) -> PageDriver:
    """A folder of two images, each with a red disc on the left and a blue one on the right, both drawn in the first."""
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    driver.open(serve(tmp_path / "images", tmp_path / "out").url)
    driver.draw((24, 48), (40, 48))
    driver.press("2")
    driver.draw((90, 48), (102, 48))
    return driver


def click(driver: PageDriver, x: float, y: float, held: str = "") -> None:
    if held:
        driver.page.keyboard.down(held)
    driver.page.mouse.click(*driver.on_screen(x, y))
    if held:
        driver.page.keyboard.up(held)
    driver.settle()


def chosen(driver: PageDriver) -> list[int]:
    found: list[int] = driver.page.evaluate("s2m.ui.chosen")
    return found


def test_an_object_is_chosen_by_clicking_it(opened: PageDriver) -> None:
    opened.press("b")
    click(opened, 32, 40, "Control")
    assert chosen(opened) == [1]
    opened.press("t")
    click(opened, 96, 48)
    assert chosen(opened) == [2]
    click(opened, 32, 40, "Shift")
    assert chosen(opened) == [1, 2]
    assert len(opened.strokes()) == 2
    opened.press("Tab")
    assert chosen(opened) == [2]
    opened.press("Shift+Tab")
    assert chosen(opened) == [1]


def test_the_list_and_the_photograph_light_each_other_up(opened: PageDriver) -> None:
    opened.page.locator(".object[data-id='1']").hover()
    lit = "s2m.layers.masks.shapes.size === 2 && s2m.ui.value.hovered"
    opened.wait_for(f"{lit} === 1")
    opened.settle()
    bright = opened.pixel(32, 40)
    opened.page.locator("#image-name").hover()
    opened.wait_for(f"({lit}) === null")
    opened.settle()
    assert opened.pixel(32, 40) != bright
    opened.move_to(96, 40)
    opened.page.locator(".object.lit[data-id='2']").wait_for()


def test_chosen_objects_are_deleted_hidden_locked_and_merged_together(opened: PageDriver) -> None:
    opened.press("Control+a")
    opened.press("k")
    opened.press("o")
    objects = "s2m.annotation.value.objects"
    opened.wait_for(f"{objects}.every((object) => object.locked && !object.visible)")
    assert opened.page.locator(".object.unseen").count() == 2
    opened.press("o")
    opened.press("k")
    opened.wait_for(f"{objects}.every((object) => !object.locked && object.visible)")
    opened.page.evaluate("s2m.actions.run('object-merge')")
    opened.wait_for(f"{objects}.length === 1")
    opened.press("Control+z")
    opened.press("Control+a")
    opened.press("Delete")
    opened.wait_for(f"{objects}.length === 0")
    assert opened.page.evaluate("s2m.annotation.value.undo") == "delete 2 objects"
    opened.press("Control+z")
    opened.wait_for(f"{objects}.length === 2")
    opened.press("Control+a")
    opened.press("c")
    opened.page.keyboard.type("disc")
    opened.press("Enter")
    opened.wait_for(f"{objects}.every((object) => object.class_name === 'disc')")
    assert opened.page.evaluate("s2m.annotation.value.undo") == "class of 2 objects"
    opened.page.evaluate("s2m.editor.changeObjects([1], { locked: true })")
    opened.press("Control+a")
    opened.press("Delete")
    opened.wait_for(f"{objects}.length === 1 && {objects}[0].locked")
    opened.press("f")
    assert opened.page.evaluate("s2m.annotation.value.undo") == "keeping the masks"


def test_objects_are_copied_to_another_image_and_duplicated(opened: PageDriver) -> None:
    opened.page.evaluate("s2m.ui.set({ object: 1 })")
    opened.press("Control+d")
    opened.wait_for("s2m.annotation.value.objects.length === 3 && s2m.layers.masks.shapes.size === 3")
    assert opened.mask(1).any()
    assert opened.mask(3).sum() == pytest.approx(opened.mask(1).sum(), rel=0.1)
    opened.press("Control+z")
    opened.press("Control+a")
    opened.press("Control+c")
    opened.press("d")
    opened.wait_for("s2m.annotation.value.image.name === 'b.png' && !s2m.annotation.value.opening")
    opened.press("Control+v")
    opened.wait_for("s2m.layers.masks.shapes.size === 2")
    assert opened.mask(1)[40, 32]


def test_a_held_key_shows_the_bare_photograph(opened: PageDriver) -> None:
    opened.move_to(120, 90)
    opened.settle()
    assert opened.pixel(32, 40) != (200, 30, 30)
    opened.page.keyboard.down("q")
    opened.settle()
    assert opened.pixel(32, 40) == opened.pixel(32, 48) == (200, 30, 30)
    opened.page.keyboard.up("q")
    opened.settle()
    assert opened.pixel(32, 40) != (200, 30, 30)


def test_done_and_next_is_one_key(opened: PageDriver) -> None:
    opened.press("j")
    opened.wait_for("s2m.annotation.value.image.name === 'b.png'")
    opened.wait_for("s2m.project.value.folder[0].status === 'done'")


def test_the_list_scrolls_finds_widens_and_renames_in_a_wide_field(opened: PageDriver) -> None:
    opened.page.evaluate("() => { for (let i = 0; i < 38; i += 1) s2m.editor.newObject(); }")
    opened.settle()
    opened.page.keyboard.press("3")
    opened.page.keyboard.press("7")
    assert chosen(opened) == [37]
    in_sight = """() => {
        const [row, list] = [document.querySelector(".object.first"), document.getElementById("objects")]
            .map((each) => each.getBoundingClientRect());
        return row.top >= list.top - 1 && row.bottom <= list.bottom + 1 && list.bottom < innerHeight;
    }"""
    assert opened.page.evaluate(in_sight)
    colours = opened.page.evaluate("s2m.annotation.value.objects.slice(0, 24).map((object) => object.colour)")
    assert len(set(colours)) == 24
    opened.page.keyboard.press("F2")
    field = opened.page.get_by_label("Name of the object").bounding_box()
    assert field is not None
    assert field["width"] > 150
    opened.page.keyboard.type("far horse")
    opened.page.keyboard.press("Enter")
    opened.page.locator("#object-filter").fill("horse")
    assert opened.page.locator(".object .name").first.inner_text() == "far horse"
    edge = opened.page.locator("#side-edge").bounding_box()
    assert edge is not None
    opened.page.mouse.move(edge["x"] + 3, 300)
    opened.page.mouse.down()
    opened.page.mouse.move(edge["x"] - 120, 300, steps=4)
    opened.page.mouse.up()
    side = opened.page.locator("#side").bounding_box()
    assert side is not None
    assert side["width"] == pytest.approx(232 + 123, abs=6)


def test_new_images_of_the_folder_appear_by_themselves_and_others_are_named(
    opened: PageDriver, two_discs: ByteArray, tmp_path: Path
) -> None:
    assert opened.page.get_by_role("button", name="Files left out").is_hidden()
    write_picture(tmp_path / "images" / "c.png", two_discs)
    (tmp_path / "images" / "d.psd").write_bytes(b"?")
    opened.wait_for("s2m.project.value.folder.length === 3 && s2m.project.value.leftOut.length === 1")
    opened.page.get_by_role("button", name="Files left out").click()
    assert "1 file .psd left out" in opened.page.locator("#dialog").inner_text()
    opened.page.keyboard.press("Escape")
    opened.page.evaluate("s2m.actions.run('look-again')")
    opened.wait_for("document.getElementById('status-text').textContent.includes('No new image in the folder')")
    opened.page.evaluate("s2m.navigation.open('c.png')")
    opened.wait_for("s2m.annotation.value.image?.name === 'c.png'")


def test_a_photograph_that_comes_into_an_empty_folder_is_opened(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs: ByteArray, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    driver = new_driver()
    driver.page.goto(serve(tmp_path / "empty", tmp_path / "out2").url)
    write_picture(tmp_path / "empty" / "a.png", two_discs)
    driver.wait_for("s2m.annotation.value.image?.name === 'a.png'")


def test_the_address_carries_the_image(opened: PageDriver) -> None:
    opened.press("d")
    opened.wait_for("s2m.annotation.value.image?.name === 'b.png'")
    opened.page.go_back()
    opened.wait_for("s2m.annotation.value.image?.name === 'a.png'")
    opened.page.go_forward()
    opened.wait_for("s2m.annotation.value.image?.name === 'b.png'")
    address = opened.page.url
    opened.page.evaluate("s2m.navigation.open('a.png')")
    opened.wait_for("s2m.annotation.value.image?.name === 'a.png'")
    opened.page.goto(address)
    opened.page.reload()
    opened.wait_for("globalThis.s2m?.annotation.value.image?.name === 'b.png'")


def test_saving_says_the_path_and_states_are_words(opened: PageDriver, tmp_path: Path) -> None:
    opened.press("s")
    opened.wait_for(f"s2m.status.value.said.includes('{tmp_path / 'out' / 'a.png'}')")
    state = opened.page.locator("#image-state")
    assert state.inner_text() == "Unfinished"
    opened.press("Shift+Enter")
    opened.wait_for("document.getElementById('image-state').textContent === 'Flagged'")
    opened.press("Enter")
    opened.wait_for("document.getElementById('image-state').textContent === 'Done'")
    assert opened.page.locator("[data-action=mark-done]").inner_text().strip() == "Done"
