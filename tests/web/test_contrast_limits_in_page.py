"""Contrast limits (window and level) of images of more than 8 bits, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from page_driver import PageDriver, Serve
from s2m.types import LabelMap


@pytest.fixture
def deep_file(two_discs_labels: LabelMap, tmp_path: Path) -> Path:
    """A 16-bit image in which two discs differ from their ground by a few of 65,536 values."""
    values = np.full(two_discs_labels.shape, 30_000, dtype=np.uint16)
    values[two_discs_labels == 1] = 30_010
    values[two_discs_labels == 2] = 30_040
    values[0, 0] = 65_535
    Image.fromarray(values).save(tmp_path / "deep.png")
    return tmp_path / "deep.png"


def test_contrast_limits_show_what_8_bits_cannot(
    driver: PageDriver, serve: Serve, deep_file: Path, tmp_path: Path
) -> None:
    driver.open(serve(deep_file, tmp_path / "out").url)
    assert "W fits black and white to its values" in driver.status()
    driver.wait_for("s2m.layers.tiles.contrastLimits?.[1] === 30040 && s2m.layers.tiles.readyCount > 0")
    driver.press("Shift+W")
    driver.wait_for("s2m.layers.tiles.contrastLimits === null && s2m.layers.tiles.readyCount > 0")
    driver.move_to(64, 10)
    assert driver.pixel(32, 48) == driver.pixel(96, 48) == driver.pixel(64, 48)
    driver.page.locator("#display-panel summary").click()
    driver.page.get_by_label("Width of the window").fill("80")
    driver.page.get_by_label("Width of the window").press("Tab")
    driver.page.get_by_label("Level of the window").fill("30020")
    driver.page.get_by_label("Level of the window").press("Enter")
    driver.wait_for("s2m.layers.tiles.contrastLimits?.[0] === 29980 && s2m.layers.tiles.readyCount > 0")
    driver.settle()
    greys = [driver.pixel(*place)[0] for place in ((64, 48), (32, 48), (96, 48))]
    assert greys == pytest.approx([64, 96, 191], abs=1)


def test_contrast_limits_are_remembered_for_each_image(
    new_driver: Callable[..., PageDriver], serve: Serve, deep_file: Path, tmp_path: Path
) -> None:
    served = serve(deep_file, tmp_path / "out")
    driver = new_driver().open(served.url)
    driver.press("w")
    driver.wait_for("s2m.layers.tiles.contrastLimits !== null")
    assert driver.page.evaluate("s2m.ui.value.contrastLimits") == [30000, 30040]
    driver.page.wait_for_timeout(700)
    driver.page.context.close()
    served.stop()
    again = new_driver().open(serve(deep_file, tmp_path / "out").url)
    assert again.page.evaluate("s2m.layers.tiles.contrastLimits") == [30000, 30040]
    again.press("Shift+W")
    again.wait_for("s2m.layers.tiles.contrastLimits === null && s2m.layers.tiles.readyCount > 0")


def test_the_sliders_move_the_contrast_limits(
    driver: PageDriver, serve: Serve, deep_file: Path, tmp_path: Path
) -> None:
    driver.open(serve(deep_file, tmp_path / "out").url)
    driver.page.locator("#display-panel summary").click()
    driver.page.locator("#window-range").fill("0.5")
    assert driver.page.evaluate("s2m.ui.value.contrastLimits[1] - s2m.ui.value.contrastLimits[0]") == pytest.approx(
        655, abs=1
    )
    driver.page.locator("#level-range").fill("0.25")
    assert driver.page.locator("#window-level").input_value() == "16384"
    driver.page.get_by_role("button", name="Reset").click()
    assert driver.page.evaluate("s2m.ui.value.contrastLimits") is None


def test_contrast_limits_change_nothing_for_the_network(
    driver: PageDriver, serve: Serve, deep_file: Path, tmp_path: Path
) -> None:
    driver.open(serve(deep_file, tmp_path / "out").url)
    driver.draw((24, 48), (40, 48))
    before = driver.mask(1)
    driver.press("w")
    driver.press("Control+z")
    driver.draw((24, 48), (40, 48))
    assert (driver.mask(1) == before).all()


def test_images_of_8_bits_have_no_contrast_limits(
    driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path
) -> None:
    driver.open(serve(two_discs_file, tmp_path / "out").url)
    driver.page.locator("#display-panel summary").click()
    assert driver.page.locator("#brightness").is_visible()
    assert not driver.page.locator("#contrast-limits").is_visible()
    driver.press("w")
    assert driver.page.evaluate("s2m.ui.value.contrastLimits") is None


def test_tiles_of_a_large_deep_image_follow_the_contrast_limits(
    driver: PageDriver, serve: Serve, tmp_path: Path
) -> None:
    values = np.full((3000, 4000), 20_000, dtype=np.uint16)
    values[1000:2000, 1000:2000] = 20_020
    Image.fromarray(values).save(tmp_path / "large.png")
    driver.open(serve(tmp_path / "large.png", tmp_path / "out").url)
    driver.page.locator("#display-panel summary").click()
    for share in range(1, 40):
        driver.page.locator("#window-range").fill(str(share / 40))
    driver.page.evaluate("s2m.ui.set({ contrastLimits: [20000, 20020] })")
    driver.wait_for("s2m.layers.tiles.contrastLimits?.[1] === 20020 && !s2m.layers.tiles.waiting")
    driver.move_to(3500, 200)
    driver.settle()
    assert driver.pixel(1500, 1500)[0] > 250
    assert driver.pixel(3000, 2500)[0] < 5
    assert driver.page.evaluate("[...s2m.layers.tiles.tiles.values()].some((tile) => tile.failed)") is False
