from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2m.data.labelled_images import object_ids
from s2m.evaluation.scene import Truth, boundary_width_px, inner_boundary, iou, name_of, read_images


def mask_of(drawing: str) -> np.ndarray:
    return np.array([[cell == "#" for cell in row] for row in drawing.split()])


def test_iou_counts_only_valid_pixels() -> None:
    truth, answer = mask_of("##.. ##.."), mask_of("###. #...")
    assert iou(truth, answer, np.ones_like(truth)) == pytest.approx(3 / 5)
    valid = mask_of("##.# .###")
    assert iou(truth, answer, valid) == pytest.approx(2 / 3)


def test_iou_of_two_empty_masks_is_one_and_of_an_erased_object_is_zero() -> None:
    empty, full = np.zeros((2, 2), bool), np.ones((2, 2), bool)
    assert iou(empty, empty, full) == 1.0
    assert iou(full, empty, full) == 0.0


def test_the_inner_boundary_is_a_ring_and_the_pictures_edge_counts_as_an_edge() -> None:
    full = np.ones((5, 5), bool)
    np.testing.assert_array_equal(inner_boundary(full, 1), mask_of("##### #...# #...# #...# #####"))
    assert not inner_boundary(full, 1, picture_ends=False).any()
    corner = mask_of("###.. ###.. ###.. ..... .....")
    np.testing.assert_array_equal(
        inner_boundary(corner, 1, picture_ends=False), mask_of("..#.. ..#.. ###.. ..... .....")
    )


def test_the_boundary_band_is_two_per_cent_of_the_diagonal() -> None:
    assert boundary_width_px((480, 640)) == 16
    assert boundary_width_px((3, 4)) == 1


def test_boundary_iou_notices_what_iou_hardly_does() -> None:
    truth = np.zeros((100, 100), bool)
    truth[20:80, 20:80] = True
    eroded = np.zeros_like(truth)
    eroded[22:78, 22:78] = True
    scores = Truth(truth, np.ones_like(truth)).scores(eroded)
    assert scores.iou == pytest.approx(56 * 56 / 3600)
    # Width 3: the bands are 60^2 - 54^2 and 56^2 - 50^2 pixels and share 56^2 - 54^2.
    shared = 56**2 - 54**2
    assert scores.boundary_iou == pytest.approx(shared / (60**2 - 54**2 + 56**2 - 50**2 - shared))
    assert scores.trimap_iou == pytest.approx(shared / (60**2 - 54**2))


def test_pairs_davis_grabcut_and_coco_are_told_apart(tmp_path: Path, disc_folder: Path) -> None:
    assert [image.name for image in read_images(disc_folder)] == ["first", "second"]

    davis = tmp_path / "davis"
    for inner in ("JPEGImages/480p/a", "Annotations/480p/a"):
        (davis / inner).mkdir(parents=True)
    Image.new("RGB", (3, 2)).save(davis / "JPEGImages/480p/a/0.jpg")
    Image.new("L", (3, 2), 255).save(davis / "Annotations/480p/a/0.png")
    assert [image.name for image in read_images(davis)] == ["a_0"]

    grabcut = tmp_path / "grabcut"
    for inner in ("data_GT", "boundary_GT"):
        (grabcut / inner).mkdir(parents=True)
    Image.new("RGB", (3, 2)).save(grabcut / "data_GT/g.jpg")
    Image.new("L", (3, 2), 255).save(grabcut / "boundary_GT/g.bmp")
    assert [image.name for image in read_images(grabcut)] == ["g"]


def test_a_coco_file_is_read_with_its_images_beside_it_or_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(folder / "x.jpg")
    polygon = [1, 1, 6, 1, 6, 6, 1, 6]
    instances = {
        "images": [{"id": 1, "file_name": "x.jpg", "height": 8, "width": 8}],
        "annotations": [{"id": 1, "image_id": 1, "segmentation": [polygon], "area": 25, "iscrowd": 0}],
    }
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(instances))
    (image,) = read_images(path, folder)
    assert object_ids(image.load()[1]) == (1,)
    assert name_of(path) == "instances"
