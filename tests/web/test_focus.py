"""One focus: keys mean the same after every click and on every layout, and nothing of the page is selected as text."""

# ruff: noqa: RUF001

from __future__ import annotations

from pathlib import Path

import pytest

from page_driver import PageDriver, Serve

LAYOUTS = (
    # layout, what the key types, where it lies, its modifiers (S Shift, C Ctrl, A Alt, G AltGr), what it does
    ("German", "[", "Digit8", "G", "narrower"),
    ("German on Windows", "[", "Digit8", "GCA", "narrower"),
    ("German on a Mac", "[", "Digit5", "A", "narrower"),
    ("German", "]", "Digit9", "G", "wider"),
    ("German", "ü", "BracketLeft", "", "narrower"),
    ("German", "\\", "Minus", "G", "panels"),
    ("German", "?", "Minus", "S", "keys-sheet"),
    ("German", "+", "BracketRight", "", "zoom-in"),
    ("German", "z", "KeyY", "C", "undo"),
    ("German", "Y", "KeyZ", "C", "redo"),
    ("German", "{", "Digit7", "G", "opacity-less"),
    ("German", "Ü", "BracketLeft", "S", "opacity-less"),
    ("Swedish", "?", "Minus", "S", "keys-sheet"),
    ("Swedish", "å", "BracketLeft", "", "narrower"),
    ("Swedish", "Dead", "BracketRight", "", "wider"),
    ("Swedish", "[", "Digit8", "G", "narrower"),
    ("Swedish", "+", "Minus", "", "zoom-in"),
    ("Swedish", "-", "Slash", "", "zoom-out"),
    ("Swedish", "=", "Digit0", "S", "zoom-in"),
    ("French", "&", "Digit1", "", "object-1"),
    ("French", "1", "Digit1", "S", "object-1"),
    ("French", "6", "Digit6", "S", "object-6"),
    ("French", "[", "Digit5", "G", "narrower"),
    ("French", "?", "KeyM", "S", "keys-sheet"),
    ("French", "m", "Semicolon", "", "magnifier"),
    ("French", "z", "KeyW", "C", "undo"),
    ("French", ".", "Comma", "S", "pen-down"),
    ("Swiss", "[", "BracketLeft", "G", "narrower"),
    ("Swiss", "+", "Digit1", "S", "zoom-in"),
    ("Swiss", "$", "Backslash", "", "panels"),
    ("Hungarian", "[", "KeyF", "G", "narrower"),
    ("Hungarian", "]", "KeyG", "G", "wider"),
    ("Hungarian", "0", "Backquote", "", "object-background"),
    ("Hungarian", "=", "Digit7", "S", "zoom-in"),
    ("Turkish", "i", "Quote", "", "import-masks"),
    ("Turkish", "ı", "KeyI", "", "import-masks"),
    ("Turkish", "ğ", "BracketLeft", "", "narrower"),
    ("Turkish", "?", "Minus", "S", "keys-sheet"),
    ("Russian", "ф", "KeyA", "", "previous-image"),
    ("Russian", "я", "KeyZ", "C", "undo"),
    ("Russian", "?", "Digit7", "S", "keys-sheet"),
    ("Russian", "х", "BracketLeft", "", "narrower"),
    ("Russian", "Ъ", "BracketRight", "S", "opacity-more"),
    ("Russian", "б", "Comma", "C", "settings"),
    ("Arabic", "لا", "KeyB", "", "tool-box"),
    ("Arabic", "؟", "Slash", "S", "keys-sheet"),
    ("Arabic", "٣", "Digit3", "", "object-3"),
    ("Arabic", "ز", "Period", "", "pen-down"),
    ("Japanese", "[", "BracketRight", "", "narrower"),
    ("Japanese", "]", "Backslash", "", "wider"),
    ("Japanese", "¥", "IntlYen", "", "panels"),
    ("Japanese", "+", "Semicolon", "S", "zoom-in"),
    ("American", "{", "BracketLeft", "S", "opacity-less"),
    ("American", "!", "Digit1", "S", None),
    ("Polish", "ę", "KeyE", "G", None),
)
PRESS = """([key, code, held]) => {
    s2m.ran = null;
    s2m.actions.run = (name) => { s2m.ran = name; };
    const has = (each) => held.includes(each);
    const event = new KeyboardEvent("keydown", {
        key, code, shiftKey: has("S"), ctrlKey: has("C"), altKey: has("A"), modifierAltGraph: has("G"),
        isComposing: has("I"), bubbles: true, cancelable: true,
    });
    document.getElementById("stage").dispatchEvent(event);
    return s2m.ran;
}"""


@pytest.fixture
def opened(driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> PageDriver:
    """The page with two discs, a red one on the left and a blue one on the right."""
    return driver.open(serve(two_discs_file, tmp_path / "out").url)


def focused(driver: PageDriver) -> str:
    found: str = driver.page.evaluate("document.activeElement.id")
    return found


def test_keys_do_the_same_on_every_layout(opened: PageDriver) -> None:
    opened.page.evaluate("s2m.actions.isEnabled = () => true")
    wrong = [
        (*case, ran) for case in LAYOUTS if (ran := opened.page.evaluate(PRESS, [case[1], case[2], case[3]])) != case[4]
    ]
    assert wrong == []
    assert opened.page.evaluate(PRESS, ["x", "KeyX", "I"]) is None
    assert opened.page.evaluate(PRESS, ["Process", "KeyX", ""]) is None


def test_nothing_is_selected_as_text_and_ctrl_a_chooses_all_objects(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.press("2")
    opened.draw((90, 48), (102, 48))
    opened.press("Control+a")
    assert opened.page.evaluate("getSelection().toString()") == ""
    assert sorted(opened.page.evaluate("s2m.ui.chosen")) == [1, 2]
    assert opened.page.locator(".object[aria-selected=true]").count() == 2
    opened.page.evaluate("getSelection().selectAllChildren(document.getElementById('side'))")
    opened.draw((24, 56), (40, 56))
    assert len(opened.strokes()) == 3


def test_after_every_click_the_focus_is_on_the_photograph(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    for selector in ("[data-action=keep]", "[data-tool=box]", "#sign-negative", ".object[data-id='1']", "summary"):
        opened.page.locator(selector).first.click()
        assert focused(opened) == "stage", selector
    opened.page.locator("#opacity").click()
    assert focused(opened) == "stage"
    opened.page.get_by_label("View").select_option("mask")
    assert focused(opened) == "stage"
    opened.page.locator("[data-action=keys-sheet]").click()
    opened.page.keyboard.press("Escape")
    opened.wait_for("document.activeElement.id === 'stage'")
    opened.page.locator("[data-action=fit]").click()
    opened.page.keyboard.down("Space")
    assert opened.page.evaluate("s2m.ui.value.panning")
    opened.page.keyboard.up("Space")
    opened.press("Enter")
    assert opened.page.evaluate("s2m.annotation.value.status") == "done"


def test_who_works_by_key_reaches_the_panels_with_f6(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.page.keyboard.press("F6")
    assert opened.page.evaluate("document.activeElement.closest('.bar') !== null")
    reached = set()
    for _ in range(40):
        opened.page.keyboard.press("Tab")
        reached.add(focused(opened))
    assert {"stage", "sign-positive"} <= reached


def test_width_counts_for_exact_tools_alone_in_image_pixels(opened: PageDriver) -> None:
    assert not opened.page.locator("#width").is_visible()
    opened.press("]")
    assert "lines" in opened.status()
    opened.press("u")
    opened.page.evaluate("s2m.ui.set({ width: 10 })")
    assert opened.page.locator("#width").is_visible()
    scale = opened.page.evaluate("s2m.viewport.scale")
    opened.move_to(64, 20)
    opened.page.keyboard.down("Alt")
    opened.page.mouse.wheel(0, -100)
    opened.page.keyboard.up("Alt")
    opened.wait_for("s2m.ui.value.width > 10")
    assert opened.page.evaluate("s2m.viewport.scale") == scale
    for held, button in (("Shift", "left"), ("Alt", "right")):
        opened.page.evaluate("s2m.ui.set({ width: 10 })")
        opened.move_to(64, 20)
        opened.page.keyboard.down(held)
        opened.draw((64, 20), (66, 20), button=button)
        opened.page.keyboard.up(held)
        assert opened.page.evaluate("s2m.ui.value.width") == pytest.approx(14, abs=0.5)
    assert opened.page.evaluate("s2m.annotation.value.objects.length") == 0
    opened.page.evaluate("s2m.ui.set({ width: 10 }), s2m.viewport.zoomTo(16)")
    opened.page.evaluate("s2m.viewport.centreOn({ x: 64, y: 20 })")
    opened.draw((64, 20))
    assert opened.mask(1)[:, 64].sum() == pytest.approx(10, abs=1)


def test_a_double_click_fits_with_every_tool(opened: PageDriver) -> None:
    for tool in ("box", "lasso", "brush", "eraser", "select", "hand"):
        opened.page.evaluate(f"s2m.ui.set({{ tool: '{tool}' }}), s2m.viewport.zoomTo(12)")
        opened.page.mouse.dblclick(*opened.on_screen(64, 48))
        opened.settle()
        assert opened.page.evaluate("s2m.viewport.fitted"), tool
        assert not opened.mask(1).any(), tool


def test_outlines_of_boxes_and_lassos_go_when_they_are_answered(opened: PageDriver) -> None:
    opened.press("b")
    opened.draw((10, 26), (60, 70))
    opened.move_to(120, 90)
    opened.settle()
    ink = "s2m.layers.canvases.ink.getImageData(...[10, 48].map((v, i) => Math.round(i ? s2m.viewport.top + v * s2m.viewport.scale : s2m.viewport.left + v * s2m.viewport.scale)), 1, 1).data[3]"  # noqa: E501
    opened.wait_for(f"{ink} === 0")
    opened.press("t")
    opened.wait_for(f"{ink} > 0")


def test_clear_says_what_it_clears(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    button = opened.page.locator("[data-action=clear]")
    assert "strokes and masks of all objects" in str(button.get_attribute("title"))
