"""Masks made elsewhere, brought in by the page: label maps, COCO, folders; each import can be undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotations import coco_file, image_of_labels
from page_driver import PageDriver, Serve, iou, read_only
from s2m.files.label_files import read_label_map, write_label_map
from s2m.types import ByteArray, LabelMap

ALL = "Into all images on which nothing was done yet"


@pytest.fixture
def opened(driver: PageDriver, serve: Serve, two_discs_file: Path, tmp_path: Path) -> PageDriver:
    """The page with two discs, a red one on the left and a blue one on the right."""
    return driver.open(serve(two_discs_file, tmp_path / "out").url)


@pytest.fixture
def three_images(two_discs: ByteArray, tmp_path: Path) -> Path:
    """A folder of three equal images."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a", "b", "c"):
        Image.fromarray(two_discs).save(folder / f"{name}.png")
    return folder


def give(driver: PageDriver, path: Path, button: str = "A file", into: str | None = None) -> None:
    """Choose a file or a folder in the dialog."""
    driver.page.keyboard.press("i")
    if into:
        driver.page.get_by_label(into).check()
    with driver.page.expect_file_chooser() as chooser:
        driver.page.get_by_role("button", name=button).click()
    chooser.value.set_files(path)


def drop(driver: PageDriver, path: Path) -> None:
    """Let a file fall onto the photograph."""
    driver.page.evaluate(
        """([name, bytes]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
            document.getElementById("stage").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
        }""",
        [path.name, list(path.read_bytes())],
    )


def test_a_file_dropped_on_the_photograph_is_imported(
    opened: PageDriver, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    write_label_map(tmp_path / "given.png", two_discs_labels)
    drop(opened, tmp_path / "given.png")
    opened.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 48 })")


def test_a_file_dropped_where_nothing_can_be_changed_says_why(
    driver: PageDriver, serve: Serve, two_discs_file: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    write_label_map(tmp_path / "given.png", two_discs_labels)
    driver.open(serve(two_discs_file, tmp_path / "out", before=read_only(tmp_path / "out")).url)
    drop(driver, tmp_path / "given.png")
    assert "cannot be written" in driver.error()


def test_a_label_map_is_imported_refined_and_taken_back(
    opened: PageDriver, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    write_label_map(tmp_path / "given.png", two_discs_labels)
    give(opened, tmp_path / "given.png")
    opened.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 48 })")
    opened.settle()
    assert iou(opened.mask(1), two_discs_labels == 1) > 0.97
    opened.press("1")
    opened.draw((26, 48), (38, 48), button="right")
    assert not opened.mask(1)[48, 32]
    assert iou(opened.mask(2), two_discs_labels == 2) > 0.97
    opened.press("Control+z")
    undo = opened.page.locator("button[data-action=undo]")
    assert undo.get_attribute("title") == "Undo import of 2 objects from given.png (Ctrl+Z)"
    opened.press("Control+z")
    assert not opened.mask(2).any()


def test_the_masks_of_a_coco_file_come_with_their_classes(
    opened: PageDriver, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    coco_file(tmp_path / "all.json", [image_of_labels("discs.png", two_discs_labels)])
    give(opened, tmp_path / "all.json")
    opened.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 48 })")
    assert opened.page.evaluate("s2m.annotation.value.objects.map((each) => each.class_name)") == ["disc", "disc"]
    assert iou(opened.mask(1), two_discs_labels == 1) > 0.97


def test_the_label_map_of_this_image_is_found_in_a_folder(
    opened: PageDriver, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    for name, labels in (("discs.png", two_discs_labels), ("other.png", np.zeros((4, 4), dtype=np.int32))):
        write_label_map(tmp_path / "masks" / name, labels)
    give(opened, tmp_path / "masks", "A folder of label maps")
    opened.wait_for("s2m.layers.masks.contains(2, { x: 96, y: 48 })")
    assert opened.error() == ""


def test_a_folder_of_label_maps_goes_to_all_images_that_have_none(
    new_driver: Callable[..., PageDriver], serve: Serve, three_images: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    driver = new_driver().open(serve(three_images, tmp_path / "out").url)
    driver.press("d")
    driver.wait_for("s2m.annotation.value.image.name === 'b.png'")
    driver.draw((24, 48), (40, 48))
    driver.press("a")
    driver.wait_for("s2m.annotation.value.image.name === 'a.png' && !s2m.annotation.value.opening")
    for name in ("a.png", "b.png", "c.png", "stranger.png"):
        write_label_map(tmp_path / "masks" / name, two_discs_labels)
    give(driver, tmp_path / "masks", "A folder of label maps", ALL)
    driver.wait_for("document.getElementById('status-text').textContent.startsWith('Masks for 2 images')")
    assert "1 annotated already, 1 file is of no image here" in driver.status()
    assert driver.mask(2)[48, 96]
    driver.wait_for("s2m.project.value.folder[2].status === 'in_progress'")
    np.testing.assert_array_equal(read_label_map(tmp_path / "out" / "c.png"), two_discs_labels)
    driver.page.reload()
    driver.wait_for("s2m.annotation.value.image?.name === 'a.png'")
    driver.page.evaluate("s2m.navigation.open('c.png')")
    driver.wait_for("s2m.annotation.value.image.name === 'c.png' && s2m.layers.masks.contains(2, { x: 96, y: 48 })")
    driver.press("Control+z")
    assert not driver.mask(2).any()


def test_a_coco_file_goes_to_all_images_that_it_names(
    driver: PageDriver, serve: Serve, three_images: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    driver.open(serve(three_images, tmp_path / "out").url)
    images = [image_of_labels(name, two_discs_labels) for name in ("a.png", "c.png", "elsewhere.png")]
    coco_file(tmp_path / "all.json", images, kind="coco-polygons")
    give(driver, tmp_path / "all.json", into=ALL)
    driver.wait_for("document.getElementById('status-text').textContent.startsWith('Masks for 2 images')")
    journals = sorted(path.name for path in (tmp_path / "out" / "journals").glob("*.jsonl"))
    assert journals == ["a.png.jsonl", "c.png.jsonl"]


def test_a_mask_of_another_size_is_refused_in_the_page(opened: PageDriver, tmp_path: Path) -> None:
    write_label_map(tmp_path / "small.png", np.zeros((4, 4), dtype=np.int32))
    give(opened, tmp_path / "small.png")
    opened.wait_for("!document.getElementById('status-error').hidden")
    assert "small.png" in opened.error()


def test_a_file_that_is_no_coco_file_is_refused_in_the_page(opened: PageDriver, tmp_path: Path) -> None:
    (tmp_path / "else.json").write_text(json.dumps({"cats": []}))
    give(opened, tmp_path / "else.json")
    opened.wait_for("!document.getElementById('status-error').hidden")
    assert "else.json is not a COCO instance file" in opened.error()
