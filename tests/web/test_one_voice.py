"""One voice: what is wrong is said at the pen, at once, and no longer than it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from page_driver import PageDriver, Serve


@pytest.fixture
def opened(driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> PageDriver:
    """The page with two discs, a red one on the left and a blue one on the right."""
    return driver.open(serve(two_discs_file, tmp_path / "out").url)


def test_a_lock_is_said_at_the_pen_and_its_warning_goes_with_it(opened: PageDriver) -> None:
    opened.draw((24, 48), (40, 48))
    opened.press("k")
    opened.wait_for("s2m.ink.value.note === 'locked'")
    opened.draw((24, 56), (40, 56))
    assert "locked" in opened.error()
    opened.press("k")
    opened.wait_for("s2m.ink.value.note === ''")
    assert opened.error() == ""


@pytest.mark.parametrize(
    "storage",
    [
        "Object.defineProperty(window, 'localStorage', { value: null })",
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    ],
)
def test_without_storage_the_page_works_and_says_so(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path, storage: str
) -> None:
    driver = new_driver()
    driver.page.add_init_script(storage)
    driver.open(serve(two_discs_file, tmp_path / "out").url)
    driver.draw((24, 48), (40, 48))
    assert driver.mask(1)[48, 32]
    assert "storage" in driver.error()
    driver.press("Shift+T")


def test_a_blocked_websocket_is_said(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    driver = new_driver()
    nowhere = "WebSocket = class extends WebSocket { constructor(url) { super(new URL('nowhere', url)); } }"
    driver.page.add_init_script(nowhere)
    driver.page.goto(serve(two_discs_file, tmp_path / "out").url)
    driver.page.locator("#banner").get_by_text("WebSocket is blocked").wait_for(timeout=15_000)


def test_a_server_with_another_token_is_said_at_once(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver.open(served.url)
    port = served.url.split(":")[-1].partition("/")[0]
    served.kill()
    serve(two_discs_file, tmp_path / "out", port=port)
    driver.page.get_by_text("started anew with another token").wait_for(timeout=10_000)


def test_a_browser_that_keeps_no_cookies_is_told_what_to_do_and_opens_the_page_so(
    new_driver: Callable[..., PageDriver], serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    served = serve(two_discs_file, tmp_path / "out")
    driver = new_driver()
    driver.page.goto(served.url)
    driver.page.context.clear_cookies()
    driver.page.reload()
    assert "&cookies=no" in driver.page.inner_text("body")
    driver.open(f"{served.url}&cookies=no")
    assert driver.page.context.cookies() == []
    driver.draw((24, 48), (40, 48))
    assert driver.mask(1)[48, 32]
