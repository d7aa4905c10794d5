from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from s2m.files.exports import ExportedImage, ExportedObject, write_coco, write_label_maps, write_masks
from s2m.files.label_files import read_label_map
from s2m.types import BoolArray

# pycocotools is not yet written for NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


def ring_and_speck() -> BoolArray:
    mask = np.zeros((12, 16), dtype=bool)
    mask[2:9, 2:9] = True
    mask[4:6, 4:7] = False
    mask[10, 14] = True
    return mask


def annotated_image(name: str = "photo.jpg") -> ExportedImage:
    ring = ring_and_speck()
    bar = np.zeros((12, 16), dtype=bool)
    bar[0, 4:16] = True
    labels = np.where(ring, 1, np.where(bar, 3, 0)).astype(np.int32)
    objects = (ExportedObject(1, "ring", "cup", ring), ExportedObject(3, "bar", "", bar))
    return ExportedImage(name, Path(name).stem, labels, objects)


@pytest.mark.parametrize("shape", ["rle", "polygons"])
def test_holes_and_parts_survive_coco(tmp_path: Path, shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    image = annotated_image()
    count = write_coco(tmp_path / "coco.json", [image], ["cat", "cup"], "rle" if shape == "rle" else "polygons")
    assert count == 2
    data = COCO(tmp_path / "coco.json")
    capsys.readouterr()
    for annotation, one in zip(data.loadAnns(data.getAnnIds()), image.objects, strict=True):
        np.testing.assert_array_equal(data.annToMask(annotation).astype(bool), one.mask)
        assert annotation["area"] == one.mask.sum()
    assert [category["name"] for category in data.loadCats(data.getCatIds())] == ["cat", "cup", "object"]
    assert data.loadAnns([1])[0]["bbox"] == [2, 2, 13, 9]


def test_polygons_are_outlines_where_there_is_no_hole(tmp_path: Path) -> None:
    write_coco(tmp_path / "coco.json", [annotated_image()], [], "polygons")
    ring, bar = json.loads((tmp_path / "coco.json").read_text())["annotations"]
    assert "counts" in ring["segmentation"]
    assert bar["segmentation"] == [[4.0, 0.0, 16.0, 0.0, 16.0, 1.0, 4.0, 1.0]]


def test_an_object_without_pixels_is_left_out_of_coco(tmp_path: Path) -> None:
    empty = ExportedObject(2, "nothing", "", np.zeros((12, 16), dtype=bool))
    image = annotated_image()
    with_empty = ExportedImage(image.name, image.stem, image.label_map, (*image.objects, empty))
    assert write_coco(tmp_path / "coco.json", [with_empty], [], "rle") == 2


def test_label_maps_hold_objects_and_classes(tmp_path: Path) -> None:
    image = annotated_image()
    assert write_label_maps(tmp_path, [image], ["cat", "cup"]) == 1
    np.testing.assert_array_equal(read_label_map(tmp_path / "objects" / "photo.png"), image.label_map)
    classes = read_label_map(tmp_path / "classes" / "photo.png")
    assert (tmp_path / "classes.txt").read_text().split() == ["background", "cat", "cup", "object"]
    np.testing.assert_array_equal(classes == 2, image.label_map == 1)
    np.testing.assert_array_equal(classes == 3, image.label_map == 3)


def test_masks_are_one_file_an_object(tmp_path: Path) -> None:
    image = annotated_image()
    assert write_masks(tmp_path, [image]) == 2
    with Image.open(tmp_path / "photo-1-cup.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture) > 0, image.objects[0].mask)
