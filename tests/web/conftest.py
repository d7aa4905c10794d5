"""A real server in its own process and a real Chromium; both are told when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from page_driver import PageDriver, Serve, Served, launch_chromium, run_server


@pytest.fixture
def serve(tiny_model_folder: Path) -> Iterator[Serve]:
    """Start servers with the tiny model; all are ended after the test."""
    running: list[Served] = []

    def start(
        source: Path,
        output: Path,
        *more: str,
        port: str = "0",
        file_limit_bytes: int | None = None,
        before: str = "",
    ) -> Served:
        arguments = [str(source), "-o", str(output), "--port", port, "--threads", "1"]
        model = [] if "--model" in more else ["--model", str(tiny_model_folder)]
        served = run_server([*arguments, *model, *more], file_limit_bytes, before)
        running.append(served)
        return served

    yield start
    for served in running:
        served.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = launch_chromium(playwright)
    yield started
    started.close()


@pytest.fixture
def new_driver(browser: Browser) -> Iterator[Callable[..., PageDriver]]:
    """Open further pages; errors in any of them fail the test."""
    drivers: list[PageDriver] = []

    def make(width: int = 1440, height: int = 900, touch: bool = False) -> PageDriver:
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=touch)
        context.add_init_script("localStorage.setItem('s2m-hints', localStorage.getItem('s2m-hints') ?? '3')")
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        driver = PageDriver(page, errors)
        drivers.append(driver)
        return driver

    yield make
    for driver in drivers:
        assert driver.errors == []
        driver.page.context.close()


@pytest.fixture
def driver(new_driver: Callable[..., PageDriver]) -> PageDriver:
    """A page in the browser."""
    return new_driver()
