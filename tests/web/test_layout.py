"""One layout: low windows, fingers, menus by key, and axe-core on every state in both themes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from page_driver import PageDriver, Serve, write_picture
from s2m.types import ByteArray

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
DIALOGS = ("classes", "import-masks", "export", "about", "keys-sheet", "settings", "command-list")
SMALL = """() => [...document.querySelectorAll("button, select, input, summary, [role=row]")]
    .filter((each) => each.checkVisibility() && each.type !== "range")
    .map((each) => [each.id || each.dataset.action || each.className, each.getBoundingClientRect()])
    .filter(([, box]) => box.width < 44 || box.height < 44)
    .map(([name]) => name)"""


@pytest.fixture
def folder_url(serve: Serve, two_discs: ByteArray, tmp_path: Path) -> str:
    """A folder of two images."""
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / "images" / name, two_discs)
    return serve(tmp_path / "images", tmp_path / "out").url


def violations(driver: PageDriver) -> list[str]:
    driver.page.evaluate(f"() => {{ if (!globalThis.axe) {{ {AXE.read_text(encoding='utf-8')} }} }}")
    found: list[str] = driver.page.evaluate(
        """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
            .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)}`)"""
    )
    return found


def test_axe_finds_no_violation_in_any_state_in_both_themes(driver: PageDriver, folder_url: str) -> None:
    assert AXE.exists(), "run npm ci first (make check does)"
    driver.open(folder_url)
    driver.page.keyboard.press("c")
    driver.page.keyboard.type("disc")
    driver.page.keyboard.press("Enter")
    driver.draw((24, 48), (40, 48))
    driver.press("2")
    driver.draw((90, 48), (102, 48))
    driver.page.locator("#display-panel summary").click()
    driver.page.evaluate("s2m.status.fail('an error')")
    for theme in ("dark", "light"):
        driver.page.evaluate(f"s2m.ui.set({{ theme: '{theme}', view: 'uncertainty' }})")
        driver.settle()
        assert violations(driver) == [], theme
        for name in DIALOGS:
            driver.page.evaluate(f"s2m.actions.run('{name}'), undefined")
            driver.wait_for("document.getElementById('dialog').open")
            assert violations(driver) == [], (theme, name)
            driver.page.evaluate("document.getElementById('dialog').close()")
        driver.page.locator(".object.first .mini.always").click()
        assert violations(driver) == [], (theme, "menu")
        driver.page.keyboard.press("Escape")


@pytest.mark.parametrize(("width", "height", "touch"), [(720, 450, False), (812, 375, True), (820, 1180, True)])
def test_the_photograph_keeps_half_of_a_low_window_and_fingers_get_44_pixels(
    new_driver: Callable[..., PageDriver], folder_url: str, width: int, height: int, touch: bool
) -> None:
    driver = new_driver(width, height, touch=touch).open(folder_url)
    driver.draw((24, 48), (40, 48))
    box = driver.page.locator("#stage").bounding_box()
    assert box is not None
    assert box["width"] * box["height"] >= width * height / 2
    assert driver.page.evaluate("document.documentElement.scrollWidth") == width
    assert "maximum-scale" not in str(driver.page.locator("meta[name=viewport]").get_attribute("content"))
    if touch:
        assert driver.page.evaluate(SMALL) == []
        assert "Right button" not in driver.page.locator("#tool-help").inner_text()
        driver.page.evaluate("s2m.hints.restart(); s2m.hints.done('drawn')")
        assert "Right button" not in driver.page.locator(".hint").inner_text()


def test_menus_open_beside_their_row_by_key_and_give_the_focus_back(driver: PageDriver, folder_url: str) -> None:
    driver.open(folder_url)
    driver.draw((24, 48), (40, 48))
    more = driver.page.locator(".object.first .mini.always")
    more.focus()
    driver.page.keyboard.press("Enter")
    menu, row = driver.page.locator(".menu").bounding_box(), driver.page.locator(".object.first").bounding_box()
    assert menu is not None
    assert row is not None
    assert abs(menu["y"] - (row["y"] + row["height"])) < 12
    first = driver.page.evaluate("document.activeElement.textContent")
    driver.page.keyboard.press("ArrowDown")
    assert driver.page.evaluate("document.activeElement.textContent") != first
    driver.page.keyboard.press("ArrowUp")
    assert driver.page.evaluate("document.activeElement.textContent") == first
    driver.page.keyboard.press("Escape")
    assert driver.page.locator(".menu").count() == 0
    assert driver.page.evaluate("document.activeElement.title") == "More"


def test_an_empty_bar_has_the_track_of_its_theme_and_doubt_has_a_legend(driver: PageDriver, folder_url: str) -> None:
    driver.open(folder_url)
    bar = driver.page.locator(".folder-head progress").bounding_box()
    assert bar is not None
    clip = {"x": bar["x"] + 80, "y": bar["y"] + 2, "width": 1, "height": 1}
    shot = driver.page.screenshot(clip=clip)  # type: ignore[arg-type]
    assert max(driver.rgb_of(shot)) < 110
    legend = driver.page.locator("#legend")
    assert legend.is_hidden()
    driver.page.evaluate("s2m.ui.set({ view: 'uncertainty' })")
    assert "in doubt" in legend.inner_text()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 700), (720, 450)])
def test_words_of_buttons_and_keys_have_their_place(
    new_driver: Callable[..., PageDriver], folder_url: str, width: int, height: int
) -> None:
    driver = new_driver(width, height).open(folder_url)
    cut = "[...document.querySelectorAll('.sign button')].filter((each) => each.scrollWidth > each.clientWidth).length"
    assert driver.page.evaluate(cut) == 0
    sign = driver.page.locator(".sign")
    assert sign.evaluate("(each) => each.scrollWidth <= each.clientWidth && each.clientHeight < 40")
    driver.page.keyboard.press("?")
    narrow = """() => [...document.querySelectorAll("#dialog .key-line")].filter((line) => {
        const [words, keys] = [...line.children].map((each) => each.getBoundingClientRect());
        return words.right > keys.left + 1 || line.scrollWidth > line.clientWidth;
    }).length"""
    assert driver.page.evaluate(narrow) == 0
