from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from annotations import coco_file, image_of
from s2m.errors import DataError, MaskError
from s2m.files.label_files import write_label_map
from s2m.session.imports import CocoFile, MaskFolder, masks_source


def test_a_coco_file_gives_the_masks_of_an_image_the_smaller_over_the_larger(tmp_path: Path) -> None:
    small, large = np.zeros((8, 9), dtype=bool), np.zeros((8, 9), dtype=bool)
    small[2:4, 2:4] = True
    large[1:7, 1:7] = True
    coco_file(tmp_path / "coco.json", [image_of("photo.jpg", small, large, class_names=["class 1", "class 2"])])
    source = masks_source(tmp_path / "coco.json")
    assert source.has_masks("photo.jpg")
    assert not source.has_masks("other.jpg")
    command = source.masks_of("photo.jpg", (8, 9))
    assert [(named.object_id, named.class_name) for named in command.masks] == [(2, "class 2"), (1, "class 1")]
    np.testing.assert_array_equal(command.masks[0].mask.unpack((8, 9)), large)


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        "[]",
        '{"images": [], "annotations": []}',
        '{"images": [], "categories": [], "annotations": [{"image_id": 1, "category_id": 1, "segmentation": [[1]]}]}',
    ],
)
def test_what_is_no_coco_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "coco.json").write_text(content)
    with pytest.raises(DataError, match="COCO"):
        CocoFile(tmp_path / "coco.json")


@pytest.mark.parametrize(
    "segmentation", [[[1, 2, 3]], {"counts": [5]}, {"counts": "zz"}, {"size": [2, 2]}, [["x", "y"]]]
)
def test_a_mask_that_cannot_be_decoded_is_named(tmp_path: Path, segmentation: object) -> None:
    content = {
        "images": [{"id": 1, "file_name": "photo.jpg"}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{"image_id": 1, "category_id": 1, "segmentation": segmentation}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match="cannot be decoded"):
        CocoFile(tmp_path / "coco.json").masks_of("photo.jpg", (8, 9))


def test_a_folder_of_label_maps_gives_masks_by_name(tmp_path: Path) -> None:
    labels = np.zeros((6, 7), dtype=np.int32)
    labels[1:3, 1:3] = 4
    write_label_map(tmp_path / "photo.png", labels)
    source = MaskFolder(tmp_path)
    assert source.has_masks("photo.jpg")
    assert [named.object_id for named in source.masks_of("photo.jpg", (6, 7)).masks] == [4]
    with pytest.raises(MaskError, match="its image"):
        source.masks_of("photo.jpg", (60, 70))
    with pytest.raises(DataError, match="no label map"):
        source.masks_of("other.jpg", (6, 7))
    with pytest.raises(DataError, match="no folder"):
        masks_source(tmp_path / "nowhere")
