"""The page with the model that the package ships: a stroke on each object, and its mask is right."""

from __future__ import annotations

from pathlib import Path

from page_driver import PageDriver, Serve, iou
from s2m.engine.models import SHIPPED_MODEL
from s2m.files.label_files import read_label_map

SCENE = Path(__file__).parent / "scene" / "cat-and-apple.png"
TRUTH = SCENE.with_name("cat-and-apple-truth.png")


def test_a_stroke_on_each_object_masks_it_on_the_screen_and_in_the_file(
    driver: PageDriver, serve: Serve, tmp_path: Path
) -> None:
    truth = read_label_map(TRUTH)
    driver.open(serve(SCENE, tmp_path / "out", "--model", str(SHIPPED_MODEL)).url)
    driver.draw((100, 150), (135, 180), (165, 230))
    driver.press("2")
    driver.draw((320, 180), (355, 220), (380, 260))
    driver.press("s")
    driver.wait_for("document.getElementById('status-text').textContent.includes('saved')")
    written = read_label_map(tmp_path / "out" / "cat-and-apple.png")
    for object_id in (1, 2):
        assert iou(driver.mask(object_id), truth == object_id) > 0.8
        assert iou(written == object_id, driver.mask(object_id)) > 0.97
