"""Window and level of images of more than 8 bits, in a real Chromium."""

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


def test_a_window_shows_what_8_bits_cannot(desk: PageDriver, serve: Serve, deep_file: Path, tmp_path: Path) -> None:
    desk.open(serve(deep_file, tmp_path / "out").url)
    desk.move_to(64, 10)
    assert desk.pixel(32, 48) == desk.pixel(96, 48) == desk.pixel(64, 48)
    desk.page.locator("#look-panel summary").click()
    desk.page.get_by_label("Width of the window").fill("80")
    desk.page.get_by_label("Width of the window").press("Tab")
    desk.page.get_by_label("Level of the window").fill("30020")
    desk.page.get_by_label("Level of the window").press("Enter")
    desk.wait_for("s2m.layers.tiles.window?.[0] === 29980 && s2m.layers.tiles.readyCount > 0")
    desk.settle()
    greys = [desk.pixel(*place)[0] for place in ((64, 48), (32, 48), (96, 48))]
    assert greys == pytest.approx([64, 96, 191], abs=1)


def test_the_window_is_remembered_for_each_image(
    new_desk: Callable[..., PageDriver], serve: Serve, deep_file: Path, tmp_path: Path
) -> None:
    served = serve(deep_file, tmp_path / "out")
    desk = new_desk().open(served.url)
    desk.press("w")
    desk.wait_for("s2m.layers.tiles.window !== null")
    assert desk.page.evaluate("s2m.ui.value.window") == [30000, 30040]
    desk.page.wait_for_timeout(700)
    desk.page.context.close()
    served.stop()
    again = new_desk().open(serve(deep_file, tmp_path / "out").url)
    assert again.page.evaluate("s2m.layers.tiles.window") == [30000, 30040]
    again.press("Shift+W")
    again.wait_for("s2m.layers.tiles.window === null && s2m.layers.tiles.readyCount > 0")


def test_the_sliders_move_the_window(desk: PageDriver, serve: Serve, deep_file: Path, tmp_path: Path) -> None:
    desk.open(serve(deep_file, tmp_path / "out").url)
    desk.page.locator("#look-panel summary").click()
    desk.page.locator("#window-range").fill("0.5")
    assert desk.page.evaluate("s2m.ui.value.window[1] - s2m.ui.value.window[0]") == pytest.approx(655, abs=1)
    desk.page.locator("#level-range").fill("0.25")
    assert desk.page.locator("#window-level").input_value() == "16384"
    desk.page.get_by_role("button", name="As it is").click()
    assert desk.page.evaluate("s2m.ui.value.window") is None


def test_the_window_changes_nothing_for_the_network(
    desk: PageDriver, serve: Serve, deep_file: Path, tmp_path: Path
) -> None:
    desk.open(serve(deep_file, tmp_path / "out").url)
    desk.draw((24, 48), (40, 48))
    before = desk.mask(1)
    desk.press("w")
    desk.press("Control+z")
    desk.draw((24, 48), (40, 48))
    assert (desk.mask(1) == before).all()


def test_images_of_8_bits_have_no_window(desk: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> None:
    desk.open(serve(two_discs_file, tmp_path / "out").url)
    desk.page.locator("#look-panel summary").click()
    assert desk.page.locator("#brightness").is_visible()
    assert not desk.page.locator("#window-panel").is_visible()
    desk.press("w")
    assert desk.page.evaluate("s2m.ui.value.window") is None


def test_a_large_deep_image_is_seen_through_a_window_tile_by_tile(
    desk: PageDriver, serve: Serve, tmp_path: Path
) -> None:
    values = np.full((3000, 4000), 20_000, dtype=np.uint16)
    values[1000:2000, 1000:2000] = 20_020
    Image.fromarray(values).save(tmp_path / "large.png")
    desk.open(serve(tmp_path / "large.png", tmp_path / "out").url)
    desk.page.locator("#look-panel summary").click()
    for share in range(1, 40):
        desk.page.locator("#window-range").fill(str(share / 40))
    desk.page.evaluate("s2m.chooseWindow([20000, 20020])")
    desk.wait_for("s2m.layers.tiles.window?.[1] === 20020 && !s2m.layers.tiles.waiting")
    desk.move_to(3500, 200)
    desk.settle()
    assert desk.pixel(1500, 1500)[0] > 250
    assert desk.pixel(3000, 2500)[0] < 5
    assert desk.page.evaluate("[...s2m.layers.tiles.tiles.values()].some((tile) => tile.failed)") is False
