"""Pens and fingers through pointer events, as Chromium's own protocol makes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import CDPSession, Page

from page_driver import PageDriver, Serve

CLIENTS: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()


@pytest.fixture
def opened(new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path) -> PageDriver:
    """The page on a device that can be touched."""
    return new_driver(touch=True).open(serve(two_discs_file, tmp_path / "out").url)


def client_of(driver: PageDriver) -> CDPSession:
    """The connection to Chromium's protocol, the same for all events of a page."""
    return CLIENTS.setdefault(driver.page, driver.page.context.new_cdp_session(driver.page))


def pen(
    driver: PageDriver,
    kind: str,
    at: tuple[float, float],
    pressure: float = 0.5,
    button: str = "left",
    buttons: int = 1,
) -> None:
    """One event of a pen at a point of the image."""
    x, y = driver.on_screen(*at)
    client_of(driver).send(
        "Input.dispatchMouseEvent",
        {
            "type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1,
            "pointerType": "pen", "force": pressure,
        },
    )  # fmt: skip


def touch(driver: PageDriver, kind: str, *points: tuple[float, float]) -> None:
    """One event of fingers at points of the window."""
    fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    client_of(driver).send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})


def test_a_pen_draws_and_its_pressure_is_kept_for_the_brush(opened: PageDriver) -> None:
    opened.press("u")
    commands = opened.page.evaluate_handle("[]")
    opened.page.evaluate(
        """(sent) => {
            const send = s2m.editor.command.bind(s2m.editor);
            s2m.editor.command = (...given) => {
                sent.push(given[0]);
                send(...given);
            };
        }""",
        commands,
    )
    pen(opened, "mousePressed", (30, 48), 0.2)
    for x in range(32, 44, 2):
        pen(opened, "mouseMoved", (x, 48), 0.9)
    pen(opened, "mouseReleased", (42, 48), 0, buttons=0)
    opened.settle()
    (command,) = commands.json_value()
    assert command["kind"] == "brush"
    assert max(command["pressures"]) == pytest.approx(0.9, abs=0.01)
    assert min(command["pressures"]) == pytest.approx(0.2, abs=0.01)
    assert opened.mask(1)[48, 38]


def test_the_barrel_button_of_a_pen_draws_the_opposite_sign(opened: PageDriver) -> None:
    pen(opened, "mousePressed", (30, 48), button="right", buttons=2)
    pen(opened, "mouseMoved", (40, 48), button="right", buttons=2)
    pen(opened, "mouseReleased", (40, 48), button="right", buttons=0)
    opened.settle()
    assert [stroke["sign"] for stroke in opened.strokes()] == ["negative"]


def test_the_eraser_of_a_pen_erases(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.evaluate("s2m.ui.set({ width: 8 })")
    x, y = opened.on_screen(32, 40)
    opened.page.evaluate(
        """([x, y]) => {
            const stage = document.getElementById("stage");
            stage.setPointerCapture = () => {};
            const event = { pointerId: 9, pointerType: "pen", clientX: x, clientY: y, pressure: 0.5, bubbles: true };
            stage.dispatchEvent(new PointerEvent("pointerdown", { ...event, button: 5, buttons: 32 }));
            stage.dispatchEvent(new PointerEvent("pointerup", { ...event, button: 5, buttons: 0 }));
        }""",
        [x, y],
    )
    opened.settle()
    assert not opened.mask(1)[40, 32]


def test_one_finger_draws(opened: PageDriver) -> None:
    touch(opened, "touchStart", opened.on_screen(26, 48))
    for x in range(28, 42, 2):
        touch(opened, "touchMove", opened.on_screen(x, 48))
    touch(opened, "touchEnd")
    opened.settle()
    assert len(opened.strokes()) == 1
    assert opened.mask(1)[40, 32]


def test_two_fingers_zoom_and_draw_nothing(opened: PageDriver) -> None:
    before = opened.page.evaluate("s2m.viewport.scale")
    (ax, ay), (bx, by) = opened.on_screen(54, 48), opened.on_screen(74, 48)
    touch(opened, "touchStart", (ax, ay))
    touch(opened, "touchStart", (ax, ay), (bx, by))
    for step in range(1, 6):
        touch(opened, "touchMove", (ax - 20 * step, ay), (bx + 20 * step, by))
    touch(opened, "touchEnd")
    opened.settle()
    assert opened.page.evaluate("s2m.viewport.scale") > before * 1.3
    assert opened.strokes() == []


def test_a_palm_is_ignored_while_a_pen_is_near(opened: PageDriver) -> None:
    pen(opened, "mouseMoved", (30, 48), 0, buttons=0, button="none")
    touch(opened, "touchStart", opened.on_screen(90, 80))
    touch(opened, "touchMove", opened.on_screen(100, 80))
    touch(opened, "touchEnd")
    opened.settle()
    assert opened.strokes() == []


def test_fast_strokes_keep_their_coalesced_points(opened: PageDriver) -> None:
    (x0, y), (x1, _) = opened.on_screen(20, 48), opened.on_screen(44, 48)
    opened.page.evaluate(
        """([x0, x1, y]) => {
            const stage = document.getElementById("stage");
            stage.setPointerCapture = () => {};
            const usual = { pointerId: 8, pointerType: "mouse", clientY: y, bubbles: true };
            const at = (type, x, more) => new PointerEvent(type, { ...usual, clientX: x, ...more });
            stage.dispatchEvent(at("pointerdown", x0, { button: 0, buttons: 1 }));
            const step = (x1 - x0) / 20;
            const held = { buttons: 1 };
            const between = Array.from({ length: 20 }, (_, i) => at("pointermove", x0 + step * (i + 1), held));
            stage.dispatchEvent(at("pointermove", x1, { button: -1, buttons: 1, coalescedEvents: between }));
            stage.dispatchEvent(at("pointerup", x1, { button: 0, buttons: 0 }));
        }""",
        [x0, x1, y],
    )
    opened.settle()
    (stroke,) = opened.strokes()
    assert len(stroke["points"]) >= 40  # type: ignore[arg-type]


def test_a_tap_of_two_fingers_undoes_and_of_three_redoes(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    places = [opened.on_screen(x, 20) for x in (40, 60, 80)]
    for fingers, strokes in ((2, 0), (3, 1)):
        for count in range(1, fingers + 1):
            touch(opened, "touchStart", *places[:count])
        touch(opened, "touchEnd")
        opened.wait_for(f"s2m.annotation.value.strokes.length === {strokes}")
        opened.settle()


def test_a_palm_that_was_there_before_the_pen_draws_nothing(opened: PageDriver) -> None:
    touch(opened, "touchStart", opened.on_screen(90, 80))
    touch(opened, "touchMove", opened.on_screen(100, 84))
    pen(opened, "mousePressed", (30, 48))
    pen(opened, "mouseMoved", (40, 48))
    touch(opened, "touchMove", opened.on_screen(110, 84))
    pen(opened, "mouseReleased", (40, 48), buttons=0)
    touch(opened, "touchEnd")
    opened.settle()
    (stroke,) = opened.strokes()
    assert stroke["points"][0] == pytest.approx(30, abs=1)  # type: ignore[index]
