"""A person draws in a real JupyterLab; ``make test-notebook`` runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from page_driver import launch_chromium

ROOT = Path(__file__).parents[2]
PORT = 8917
WAIT_MS = 120_000


@pytest.fixture
def lab(tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[str]:
    shutil.copy(ROOT / "examples" / "notebook.ipynb", tmp_path)
    settings = ["--no-browser", "--allow-root", f"--port={PORT}", "--ServerApp.port_retries=0"]
    settings += ["--IdentityProvider.token=", f"--ServerApp.root_dir={tmp_path}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with (tmp_path / "log.txt").open("w") as log:
        python = pytestconfig.getoption("--notebook")
        process = subprocess.Popen(
            [python, "-m", "jupyterlab", *settings], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_for(f"http://127.0.0.1:{PORT}/api", process)
            yield f"http://127.0.0.1:{PORT}/lab/tree/notebook.ipynb"
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert process.poll() is None, "JupyterLab ended; its log is in the test's folder"
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"nothing answers at {url}")


def run_cell(page: Page, number: int) -> None:
    """Run a cell; JupyterLab drops what is run before it has connected its kernel."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    for _ in range(20):
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(1500)
        if cell.locator(".jp-InputPrompt").inner_text().strip() != "[ ]:":
            return
    raise AssertionError(f"cell {number} does not run")


@pytest.mark.notebook
def test_strokes_of_two_objects_become_a_label_map(lab: str) -> None:
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(WAIT_MS)
        page.goto(lab)
        run_cell(page, 0)
        widget = page.locator(".s2m-scribbles")
        canvas = widget.locator("canvas")
        canvas.wait_for()
        page.wait_for_function("document.querySelector('.s2m-scribbles canvas').width > 300")

        def draw(x: float, y: float) -> None:
            box = canvas.bounding_box()
            assert box is not None
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            page.mouse.down()
            page.mouse.move(box["x"] + (x + 0.1) * box["width"], box["y"] + (y + 0.02) * box["height"], steps=6)
            page.mouse.up()
            assert widget.get_by_role("status").count() == 1
            page.wait_for_function("document.querySelector('.s2m-scribbles [role=status]').textContent === ''")

        canvas.scroll_into_view_if_needed()
        draw(0.42, 0.3)
        widget.get_by_role("button", name="+", exact=True).click()
        draw(0.05, 0.1)
        draw(0.7, 0.1)
        widget.get_by_role("button", name="Undo").click()
        page.wait_for_function("document.querySelector('.s2m-scribbles [role=status]').textContent === ''")
        screenshot = os.environ.get("S2M_SCREENSHOT")
        if screenshot:
            page.screenshot(path=screenshot)
        run_cell(page, 1)
        page.get_by_text("objects: [0, 1, 2]").wait_for()
        browser.close()
