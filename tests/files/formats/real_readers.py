"""Run in the environment of the real readers: READER and pairs of FOLDER OUT in, masks as arrays in each OUT out.

Nothing of s2m is imported here, and nothing of this is imported by s2m or its tests.  Each reader gives the objects of
the one image of a folder, in the order of the file, with their classes.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

Masks = list[tuple[str, Any]]


def pycocotools(folder: Path) -> Masks:
    from pycocotools.coco import COCO

    coco = COCO(str(folder / "annotations.json"))
    names = {one["id"]: one["name"] for one in coco.loadCats(coco.getCatIds())}
    annotations = coco.loadAnns(coco.getAnnIds())
    return [(names[one["category_id"]], coco.annToMask(one).astype(bool)) for one in annotations]


def datumaro_coco(folder: Path) -> Masks:
    # It looks for the images where COCO keeps them, and reads one subset a file.
    place, images = folder / "annotations", folder / "images" / "default"
    place.mkdir()
    (folder / "annotations.json").rename(place / "instances_default.json")
    (folder / "manifest.json").unlink()
    images.mkdir(parents=True)
    for image in _images(folder).iterdir():
        (images / image.name).write_bytes(image.read_bytes())
    return _of_datumaro(folder, "coco_instances")


def datumaro_voc(folder: Path) -> Masks:
    return _of_datumaro(folder, "voc_instance_segmentation")


def datumaro_cvat(folder: Path) -> Masks:
    return _of_datumaro(folder, "cvat")


def _of_datumaro(folder: Path, kind: str) -> Masks:
    from datumaro.components.dataset import Dataset
    from pycocotools import mask as coco_mask

    dataset = Dataset.import_from(str(folder), kind)
    labels = [one.name for one in dataset.categories()[next(iter(dataset.categories()))]]
    masks: Masks = []
    for item in dataset:
        found = [one for one in item.annotations if one.type.name in ("mask", "polygon")]
        size = _image_size(folder)
        groups: dict[Any, Any] = {}
        for place, one in enumerate(found):
            if one.type.name == "mask":
                mask = np.asarray(one.image).astype(bool)
            else:
                mask = coco_mask.decode(coco_mask.frPyObjects([one.points], *size))[:, :, 0].astype(bool)
            key = one.group or one.id or f"alone {place}"
            label = labels[one.label] if one.label is not None else ""
            groups[key] = (label, groups[key][1] | mask) if key in groups else (label, mask)
        masks += groups.values()
    return masks


def supervision_coco(folder: Path) -> Masks:
    import supervision

    dataset = supervision.DetectionDataset.from_coco(
        str(_images(folder)), str(folder / "annotations.json"), force_masks=True
    )
    return _of_supervision(dataset)


def supervision_yolo(folder: Path) -> Masks:
    import supervision

    dataset = supervision.DetectionDataset.from_yolo(
        str(folder / "images" / "train"), str(folder / "labels" / "train"), str(folder / "data.yaml"), force_masks=True
    )
    return _of_supervision(dataset)


def _of_supervision(dataset: Any) -> Masks:
    (found,) = dataset.annotations.values()
    return [
        (dataset.classes[int(index)], np.asarray(mask, dtype=bool))
        for index, mask in zip(found.class_id, found.mask, strict=True)
    ]


def labelme(folder: Path) -> Masks:
    from labelme import _label_file

    (file,) = (path for path in folder.glob("*.json") if path.name != "manifest.json")
    found = _label_file.read_label_file(filename=str(file))
    height, width = _image_size(folder)
    masks: Masks = []
    for shape in found.shapes:
        (left, top), (right, bottom) = np.asarray(shape["points"]).astype(int)
        mask = np.zeros((height, width), dtype=bool)
        mask[top : bottom + 1, left : right + 1] = shape["mask"]
        masks.append((shape["label"], mask))
    return masks


def cvat_sdk(folder: Path) -> Masks:
    import xml.etree.ElementTree as ET

    from cvat_sdk.masks import decode_mask

    (image,) = ET.parse(folder / "annotations.xml").getroot().iter("image")
    width, height = int(image.attrib["width"]), int(image.attrib["height"])
    masks: Masks = []
    for one in image.iter("mask"):
        # As CVAT itself does: the run lengths, and then the box, whose right and bottom are its last pixels.
        left, top = int(one.attrib["left"]), int(one.attrib["top"])
        right, bottom = left + int(one.attrib["width"]) - 1, top + int(one.attrib["height"]) - 1
        runs = [int(word) for word in one.attrib["rle"].split(",")]
        mask = decode_mask([*runs, left, top, right, bottom], image_width=width, image_height=height)
        masks.append((one.attrib["label"], mask))
    return masks


def label_studio_sdk(folder: Path) -> Masks:
    from label_studio_sdk.converter.brush import decode_rle

    (task,) = json.loads((folder / "tasks.json").read_bytes())
    masks: Masks = []
    for one in task["annotations"][0]["result"]:
        size = (one["original_height"], one["original_width"], 4)
        picture = np.asarray(decode_rle(one["value"]["rle"]), dtype=np.uint8).reshape(size)
        masks.append((one["value"]["brushlabels"][0], picture[:, :, 3] > 0))
    return masks


def pillow_bitmask(folder: Path) -> Masks:
    import base64
    import io

    from PIL import Image

    (task,) = json.loads((folder / "tasks.json").read_bytes())
    masks: Masks = []
    for one in task["annotations"][0]["result"]:
        data = base64.b64decode(one["value"]["imageDataURL"].partition(",")[2])
        masks.append((one["value"]["bitmasklabels"][0], np.asarray(Image.open(io.BytesIO(data)))[:, :, 3] > 0))
    return masks


def tifffile(folder: Path) -> Masks:
    from tifffile import imread

    return _of_labels(imread(next(folder.glob("*.tif"))))


def datasets(folder: Path) -> Masks:
    from datasets import load_dataset

    rows = load_dataset("imagefolder", data_dir=str(folder), split="train", cache_dir=str(folder / "cache"))
    (row,) = list(rows)
    if "mask" not in row:
        raise SystemExit(f"no mask among {sorted(row)}")
    return _of_labels(np.asarray(row["mask"]))


def _of_labels(labels: Any) -> Masks:
    return [("", labels == value) for value in np.unique(labels) if value]


def shapely(folder: Path) -> Masks:
    from shapely.geometry import shape
    from shapely.vectorized import contains

    content = json.loads(next(folder.glob("*.geojson")).read_bytes())
    y, x = np.mgrid[: content["image"]["height"], : content["image"]["width"]] + 0.5
    masks: Masks = []
    for feature in content["features"]:
        polygon = shape(feature["geometry"])
        if not polygon.is_valid and feature["geometry"]["type"] == "Polygon":
            raise SystemExit("a polygon is not valid")
        masks.append((feature["properties"]["classification"]["name"], contains(polygon, x, y)))
    return masks


def numpy(folder: Path) -> Masks:
    with np.load(next(folder.glob("*.npz")), allow_pickle=False) as arrays:
        masks: Masks = []
        for number, name, box in zip(arrays["object_ids"], arrays["classes"], arrays["boxes_xyxy"], strict=True):
            mask = np.zeros(arrays["label_map"].shape, dtype=bool)
            mask[box[1] : box[3], box[0] : box[2]] = arrays[f"mask_{number}"]
            masks.append((str(name), mask))
    return masks


def pillow(folder: Path) -> Masks:
    from PIL import Image

    masks: Masks = []
    for line in map(json.loads, (folder / "metadata.jsonl").read_text().splitlines()):
        mask = np.zeros((line["height"], line["width"]), dtype=bool)
        picture = np.asarray(Image.open(folder / line["file_name"]))
        left, top, right, bottom = line["box_xyxy"]
        if line["s2m"] == "cut-out":
            mask[top:bottom, left:right] = picture[:, :, 3] == 255
        else:
            mask = picture >= 128
        masks.append((line["class"], mask))
    return masks


def _images(folder: Path) -> Path:
    """The folder of photographs, which lies beside the export."""
    return folder.parent / "photos"


def _image_size(folder: Path) -> tuple[int, int]:
    from PIL import Image

    with Image.open(next(_images(folder).glob("*.png"))) as picture:
        return picture.height, picture.width


def main() -> None:
    reader, *places = sys.argv[1:]
    warnings.simplefilter("ignore")
    for folder, out in zip(places[::2], places[1::2], strict=True):
        found = globals()[reader](Path(folder))
        arrays: dict[str, Any] = {
            f"mask_{place}": np.asarray(mask, dtype=bool) for place, (_, mask) in enumerate(found)
        }
        arrays["classes"] = np.array([name for name, _ in found], dtype=np.str_)
        np.savez(out, **arrays)


if __name__ == "__main__":
    main()
