from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from s2m.data.labelled_images import object_ids
from s2m.evaluation.folders import name_of, read_images


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
