"""Large things stay fluid: an image of 100 megapixels, a folder of 1,000 images."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Response

from page_driver import PageDriver, Serve


def test_an_image_of_100_megapixels_comes_in_small_pieces(driver: PageDriver, serve: Serve, tmp_path: Path) -> None:
    picture = np.full((10_000, 10_000, 3), (60, 150, 60), dtype=np.uint8)
    cv2.circle(picture, (3000, 5000), 1500, (40, 40, 200), -1)
    assert cv2.imwrite(str(tmp_path / "large.jpg"), picture)
    sizes: list[int] = []

    def keep(response: Response) -> None:
        if "/tiles/" in response.url:
            sizes.append(int(response.headers["content-length"]))

    driver.page.on("response", keep)
    driver.open(serve(tmp_path / "large.jpg", tmp_path / "out").url)
    driver.draw((2500, 5000), (3500, 5000))
    assert driver.page.evaluate("s2m.layers.masks.contains(1, { x: 3000, y: 4000 })")
    assert not driver.page.evaluate("s2m.layers.masks.contains(1, { x: 8000, y: 5000 })")
    driver.move_to(3000, 5000)
    for _ in range(25):
        driver.page.mouse.wheel(0, -100)
    driver.wait_for("s2m.viewport.scale > 4 && s2m.layers.tiles.tiles.has('0/5/9')")
    driver.wait_for("[...s2m.layers.tiles.tiles.values()].every((tile) => tile.ready)")
    assert max(sizes) < 1_500_000
    assert sum(sizes) < 30_000_000
    widest = driver.page.evaluate(
        "Math.max(...[...s2m.layers.tiles.tiles.values()].map((tile) => tile.picture.naturalWidth))"
    )
    assert widest <= 512
    assert driver.page.locator("#minimap").is_visible()


def test_a_folder_of_1000_images_opens_and_can_be_walked_and_searched(
    driver: PageDriver, serve: Serve, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(1000):
        value = number % 256
        assert cv2.imwrite(
            str(folder / f"image_{number:04}.png"), np.full((24, 32, 3), (value, 90, 200), dtype=np.uint8)
        )
    driver.open(serve(folder, tmp_path / "out").url)
    assert driver.page.locator("#image-place").inner_text() == "1 / 1000"
    assert 5 < driver.page.locator(".thumb").count() < 60
    driver.press("d")
    driver.wait_for("s2m.annotation.value.image?.name === 'image_0001.png'")
    driver.press("a")
    driver.wait_for("s2m.annotation.value.image?.name === 'image_0000.png'")
    driver.draw((16, 12))
    driver.press("Enter")
    driver.wait_for("s2m.project.value.folder[0].status === 'done'")
    assert "1 of 1000 done" in driver.page.locator(".folder-head").inner_text()
    driver.press("Shift+D")
    driver.wait_for("s2m.annotation.value.image?.name === 'image_0001.png'")
    driver.page.get_by_label("Find an image by name").fill("0777")
    driver.page.locator(".thumb").click()
    driver.wait_for("s2m.annotation.value.image?.name === 'image_0777.png'")
    driver.page.get_by_label("Find an image by name").fill("")
    driver.page.get_by_label("Which images").select_option("done")
    assert driver.page.locator(".thumb").count() == 1


def test_objects_are_copied_to_the_next_image(driver: PageDriver, serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    picture = np.full((96, 128, 3), (40, 160, 40), dtype=np.uint8)
    cv2.circle(picture, (32, 48), 20, (30, 30, 200), -1)
    for name in ("a.png", "b.png"):
        assert cv2.imwrite(str(folder / name), picture)
    driver.open(serve(folder, tmp_path / "out").url)
    driver.draw((24, 48), (40, 48))
    driver.page.evaluate("s2m.actions.run('object-copy')")
    driver.settle()
    driver.press("d")
    driver.wait_for("s2m.annotation.value.image?.name === 'b.png'")
    driver.wait_for("s2m.layers.masks.contains(1, { x: 32, y: 40 })")
