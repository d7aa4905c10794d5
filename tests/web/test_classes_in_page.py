"""Classes of objects, made and changed in the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from page_driver import PageDriver, Serve


@pytest.fixture
def opened(driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> PageDriver:
    """The page with two discs, a red one on the left and a blue one on the right."""
    return driver.open(serve(two_discs_file, tmp_path / "out").url)


def add(driver: PageDriver, *names: str) -> None:
    driver.page.keyboard.press("Shift+C")
    for name in names:
        driver.page.get_by_label("Name of a new class").fill(name)
        driver.page.get_by_label("Name of a new class").press("Enter")
        driver.wait_for(f"s2m.project.value.classes.some((each) => each.name === '{name}')")


def choose(driver: PageDriver, name: str) -> None:
    driver.page.locator(f".class-row[data-class='{name}'] .name").click()


def kept(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "s2m-project.json").read_text())["settings"]["classes"]
    return found


def test_a_class_is_made_and_given_and_taken_back_with_undo(opened: PageDriver, tmp_path: Path) -> None:
    opened.draw((24, 48), (40, 48))
    add(opened, "disc", "ground")
    opened.page.keyboard.press("Escape")
    choose(opened, "disc")
    opened.wait_for("s2m.annotation.object(1).class_name === 'disc'")
    assert opened.page.evaluate("s2m.annotation.object(1).colour") == opened.page.evaluate(
        "s2m.project.value.classes[0].colour"
    )
    assert "disc" in opened.page.locator(".object[data-id='1']").inner_text()
    assert [each["name"] for each in kept(tmp_path / "out")] == ["disc", "ground"]
    assert "class of object 1" in str(opened.page.locator("button[data-action=undo]").get_attribute("title"))
    opened.press("Control+z")
    assert opened.page.evaluate("s2m.annotation.object(1).class_name") == ""


def test_a_renamed_class_holds_for_objects_drawn_before(opened: PageDriver, tmp_path: Path) -> None:
    opened.draw((24, 48), (40, 48))
    add(opened, "disc")
    opened.page.keyboard.press("Escape")
    choose(opened, "disc")
    opened.wait_for("s2m.annotation.object(1).class_name === 'disc'")
    opened.page.keyboard.press("Shift+C")
    opened.page.get_by_label("Name of the class disc").fill("ball")
    opened.page.get_by_label("Name of the class disc").press("Enter")
    opened.wait_for("s2m.project.classOf(s2m.annotation.object(1)) === 'ball'")
    opened.page.keyboard.press("Escape")
    assert "ball" in opened.page.locator(".object[data-id='1']").inner_text()
    assert kept(tmp_path / "out")[0]["former_names"] == ["disc"]


def test_objects_follow_the_colour_of_their_class(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    add(opened, "disc")
    opened.page.keyboard.press("Escape")
    choose(opened, "disc")
    opened.wait_for("s2m.annotation.object(1).class_name === 'disc'")
    opened.page.keyboard.press("Shift+C")
    opened.page.get_by_label("Colour of disc").fill("#123456")
    opened.wait_for(
        "s2m.annotation.object(1).colour === '#123456' && s2m.project.value.classes[0].colour === '#123456'"
    )
    opened.page.keyboard.press("Escape")
    opened.press("2")
    choose(opened, "disc")
    opened.draw((90, 48), (102, 48))
    opened.wait_for("s2m.annotation.object(2)?.colour === '#123456'")


def test_a_name_that_is_taken_is_refused_in_the_page(opened: PageDriver) -> None:
    add(opened, "disc", "ball")
    opened.page.get_by_label("Name of the class ball").fill("disc")
    opened.page.get_by_label("Name of the class ball").press("Enter")
    opened.wait_for("!document.getElementById('status-error').hidden")
    assert "already" in opened.error()


def test_classes_of_one_page_are_offered_in_the_other_and_after_a_restart(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    first, second = new_driver().open(served.url), new_driver().open(served.url)
    add(first, "disc", "ball")
    first.page.get_by_label("Offer disc no longer").click()
    second.wait_for("s2m.project.value.classes.map((each) => each.name).join() === 'ball'")
    served.stop()
    third = new_driver().open(serve(two_discs_file, tmp_path / "out").url)
    assert third.page.evaluate("s2m.project.value.classes[0].name") == "ball"


def test_a_class_is_chosen_before_the_stroke_by_name_and_by_number(opened: PageDriver) -> None:
    field = opened.page.locator("#class-field")
    for name in ("disc", "ball"):
        opened.page.keyboard.press("c")
        opened.page.keyboard.type(name)
        opened.page.keyboard.press("Enter")
        opened.wait_for(f"s2m.project.value.classes.some((each) => each.name === '{name}')")
    opened.draw((24, 48), (40, 48))
    assert opened.page.evaluate("s2m.annotation.object(1).class_name") == "ball"
    opened.press("n")
    opened.draw((90, 48), (102, 48))
    assert opened.page.evaluate("s2m.annotation.object(2).class_name") == "ball"
    opened.page.keyboard.press("c")
    opened.page.keyboard.type("1")
    assert field.input_value() == ""
    assert opened.page.evaluate("[s2m.ui.value.object, document.activeElement.id]") == [3, "stage"]
    opened.draw((10, 10), (20, 10))
    assert opened.page.evaluate("s2m.annotation.object(3).class_name") == "disc"
    assert opened.page.locator(".class-row .name").all_inner_texts() == ["disc", "ball", "no class"]
    opened.page.keyboard.press("c")
    opened.page.keyboard.type("bal")
    assert opened.page.locator(".class-row.marked .name").inner_text() == "ball"
    opened.page.keyboard.press("Shift+Enter")
    opened.wait_for("s2m.annotation.object(3).class_name === 'ball'")


def test_a_class_holds_for_all_objects_that_are_chosen_together(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.press("2")
    opened.draw((90, 48), (102, 48))
    opened.press("Control+a")
    opened.page.keyboard.press("c")
    opened.page.keyboard.type("thing")
    opened.page.keyboard.press("Enter")
    opened.wait_for("s2m.annotation.value.objects.every((object) => object.class_name === 'thing')")
    opened.page.locator("#side").hover()
    assert opened.page.locator("#dialog").is_hidden()
