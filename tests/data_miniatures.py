"""Miniatures of every data layout: a few generated images of bright shapes on noise, with true masks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from s2m.data.labelled_images import LabelledImage
from s2m.data.shard_writing import shard_set
from s2m.types import ByteArray

SIZE_HW = (72, 96)


def two_shapes(seed: int) -> tuple[ByteArray, ByteArray]:
    """An image (H, W, 3) of a disc and a box on noise, and its label: 1 the disc, 2 the box."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 90, (*SIZE_HW, 3), dtype=np.uint8)
    label = np.zeros(SIZE_HW, dtype=np.uint8)
    cv2.circle(label, (26 + seed % 5, 36), 17, 1, -1)
    cv2.rectangle(label, (52, 20 + seed % 7), (90, 60), 2, -1)
    image[label == 1] += np.array([140, 40, 20], dtype=np.uint8)
    image[label == 2] += np.array([20, 60, 150], dtype=np.uint8)
    return image, label


def write_pair(folder: Path, name: str, seed: int, suffix: str = ".jpg") -> None:
    """A pair whose label is black and white, the disc alone, with a smooth edge."""
    folder.mkdir(parents=True, exist_ok=True)
    image, label = two_shapes(seed)
    Image.fromarray(image).save(folder / f"{name}{suffix}", quality=95)
    soft = cv2.GaussianBlur((label == 1).astype(np.uint8) * 255, (3, 3), 0)
    Image.fromarray(soft).save(folder / f"{name}.png")


def shard_miniature(images: Sequence[LabelledImage], folder: Path) -> Path:
    """A folder of shards of one image each."""
    shard_set(images, folder, 1, lambda: None)
    return folder


@pytest.fixture
def static_root(tmp_path: Path) -> Path:
    """The six static sets of two images each."""
    root = tmp_path / "static"
    for number in (1, 2):
        write_pair(root / "fss" / "toaster", str(number), number)
        for name in ("DUTS-TR", "DUTS-TE", "ecssd", "BIG_small", "HRSOD_small"):
            write_pair(root / name, f"{name.lower()}_{number}", number)
    return root


@pytest.fixture
def lvis_root(tmp_path: Path) -> Path:
    """Two LVIS images, three annotations each: a big polygon, a big run length, a polygon under 50 x 50."""
    root = tmp_path / "lvis"
    (root / "train2017").mkdir(parents=True)
    images, annotations = [], []
    for number in (1, 2):
        name = f"{number:012d}.jpg"
        large = np.kron(two_shapes(number)[0], np.ones((3, 3, 1), dtype=np.uint8))
        Image.fromarray(large).save(root / "train2017" / name)
        height, width = large.shape[:2]
        images.append({"id": number, "height": height, "width": width, "coco_url": f"http://example/train2017/{name}"})
        annotations += list(_lvis_annotations(number, height, width))
    content = {"info": {"year": 2020}, "annotations": annotations, "images": images, "categories": []}
    (root / "lvis_v1_train.json").write_text(json.dumps(content))
    return root


def _lvis_annotations(image_id: int, height: int, width: int) -> Iterator[dict[str, Any]]:
    box = [150.0, 60.0, 270.0, 60.0, 270.0, 180.0, 150.0, 180.0]
    yield {"id": image_id * 10, "image_id": image_id, "area": 14400.0, "segmentation": [box]}
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.circle(mask, (80, 108), 50, 1, -1)
    counts = _run_lengths(mask)
    segmentation = {"size": [height, width], "counts": counts}
    yield {"id": image_id * 10 + 1, "image_id": image_id, "area": float(mask.sum()), "segmentation": segmentation}
    small = [10.0, 10.0, 40.0, 10.0, 40.0, 40.0, 10.0, 40.0]
    yield {"id": image_id * 10 + 2, "image_id": image_id, "area": 900.0, "segmentation": [small]}


def _run_lengths(mask: ByteArray) -> list[int]:
    """COCO's uncompressed run lengths: column by column, zeros first."""
    flat = mask.T.ravel().astype(np.int64)
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(flat)) + 1, [len(flat)]])
    lengths = [int(length) for length in np.diff(bounds)]
    return [0, *lengths] if flat[0] else lengths


@pytest.fixture
def coco_file(tmp_path: Path) -> Path:
    """A COCO file beside its one image: a box, a smaller box over it, and a crowd."""
    folder = tmp_path / "coco"
    folder.mkdir()
    Image.fromarray(two_shapes(0)[0]).save(folder / "street.jpg")
    large, small = [10, 10, 60, 10, 60, 50, 10, 50], [20, 20, 30, 20, 30, 30, 20, 30]
    crowd = np.zeros(SIZE_HW, dtype=np.uint8)
    crowd[60:, :] = 1
    annotations = [
        {"id": 1, "image_id": 7, "area": 100.0, "iscrowd": 0, "segmentation": [small]},
        {"id": 2, "image_id": 7, "area": 2000.0, "iscrowd": 0, "segmentation": [large]},
        {
            "id": 3,
            "image_id": 7,
            "area": 1152.0,
            "iscrowd": 1,
            "segmentation": {"size": list(SIZE_HW), "counts": _run_lengths(crowd)},
        },
    ]
    images = [{"id": 7, "file_name": "street.jpg", "height": SIZE_HW[0], "width": SIZE_HW[1]}]
    path = folder / "instances.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations}))
    return path


@pytest.fixture
def pairs_root(tmp_path: Path) -> Path:
    """A folder of two sets of pairs with palette labels: NAME.webp beside NAME.png."""
    for name in ("shapes", "more"):
        folder = tmp_path / "pairs" / "train" / name
        folder.mkdir(parents=True)
        for number in range(2):
            image, label = two_shapes(number)
            Image.fromarray(image).save(folder / f"{name}{number}.webp", quality=95)
            picture = Image.fromarray(label)
            picture.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
            picture.save(folder / f"{name}{number}.png")
    return tmp_path / "pairs"
