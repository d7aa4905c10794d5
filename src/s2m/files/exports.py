"""Annotated images in; a data set out: COCO JSON, indexed PNGs of objects and classes, or one mask a file.

Masks are written to the pixel: holes and separate parts of an object survive in every format.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from s2m.errors import DataError
from s2m.files.atomic import write_atomically
from s2m.files.coco_masks import has_hole, outlines, run_lengths
from s2m.files.label_files import write_label_map
from s2m.types import BoolArray, LabelMap

ExportFormat = Literal["coco", "label-maps", "masks"]
CocoShape = Literal["rle", "polygons"]
"""How COCO holds masks: run lengths, or outlines where an object has no hole (outlines cannot have holes)."""

NO_CLASS = "object"
"""The class of objects that were given none."""


@dataclass(frozen=True)
class ExportedObject:
    """An object of an image.

    Attributes:
        object_id: its number in the image.
        name: what the annotator called it.
        class_name: its class, "" for none.
        mask: (H, W) bool.
    """

    object_id: int
    name: str
    class_name: str
    mask: BoolArray

    @property
    def category(self) -> str:
        """The class, or ``NO_CLASS``."""
        return self.class_name or NO_CLASS


@dataclass(frozen=True)
class ExportedImage:
    """An annotated image.

    Attributes:
        name: its file name.
        stem: name for files about it, without an ending; no two images share it.
        label_map: (H, W) object ids.
        objects: their masks, which may overlap.
    """

    name: str
    stem: str
    label_map: LabelMap
    objects: tuple[ExportedObject, ...]


def write_coco(path: Path, images: Iterable[ExportedImage], classes: Sequence[str], shape: CocoShape) -> int:
    """Write one COCO instance file.

    Args:
        path: of the JSON file.
        images: read once, so they may be made one by one.
        classes: become categories 1, 2, ...; others that occur follow.
        shape: see ``CocoShape``.

    Returns:
        how many objects were written; those without a pixel are left out.

    Raises:
        OutputError: the file cannot be written.
    """
    categories = list(classes)
    image_entries: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, image in enumerate(images, start=1):
        height, width = image.label_map.shape
        image_entries.append({"id": image_id, "file_name": image.name, "height": height, "width": width})
        for one in image.objects:
            if not one.mask.any():
                continue
            if one.category not in categories:
                categories.append(one.category)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": categories.index(one.category) + 1,
                    "segmentation": _coco_shape(one.mask, shape),
                    "area": int(one.mask.sum()),
                    "bbox": _box_xywh(one.mask),
                    "iscrowd": 0,
                    "attributes": {"object_id": one.object_id, "name": one.name},
                }
            )
    content = {
        "info": {"description": "made with s2m"},
        "images": image_entries,
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for number, name in enumerate(categories, start=1)],
    }
    write_atomically(path, json.dumps(content, separators=(",", ":")).encode())
    return len(annotations)


def write_label_maps(folder: Path, images: Iterable[ExportedImage], classes: Sequence[str]) -> int:
    """Write two indexed PNGs an image, ``objects/NAME.png`` and ``classes/NAME.png``, and ``classes.txt``.

    Line n of ``classes.txt`` is the class of index n in ``classes/``; line 0 is the background.

    Returns:
        how many images were written.

    Raises:
        DataError: more classes than an indexed PNG holds.
        OutputError: a file cannot be written.
    """
    names, count = list(classes), 0
    for image in images:
        names += [one.category for one in image.objects if one.category not in names]
        names = list(dict.fromkeys(names))
        if len(names) > 254:
            raise DataError(f"an indexed PNG holds 254 classes, the project has {len(names)}; export as coco")
        index_of_id = np.zeros(256, dtype=np.int32)
        for one in image.objects:
            index_of_id[one.object_id] = names.index(one.category) + 1
        write_label_map(folder / "objects" / f"{image.stem}.png", image.label_map)
        write_label_map(folder / "classes" / f"{image.stem}.png", index_of_id[image.label_map])
        count += 1
    write_atomically(folder / "classes.txt", ("\n".join(["background", *names]) + "\n").encode())
    return count


def write_masks(folder: Path, images: Iterable[ExportedImage]) -> int:
    """Write one black-and-white PNG an object, ``NAME-ID-CLASS.png``, 255 on the object.

    Returns:
        how many files were written.

    Raises:
        OutputError: a file cannot be written.
    """
    count = 0
    for image in images:
        for one in image.objects:
            buffer = io.BytesIO()
            Image.fromarray(one.mask.astype(np.uint8) * 255).save(buffer, "PNG")
            category = re.sub(r"[^\w.-]+", "_", one.category)
            write_atomically(folder / f"{image.stem}-{one.object_id}-{category}.png", buffer.getvalue())
            count += 1
    return count


def _coco_shape(mask: BoolArray, shape: CocoShape) -> dict[str, Any] | list[list[float]]:
    if shape == "polygons" and not has_hole(mask):
        return outlines(mask)
    return {"size": list(mask.shape), "counts": run_lengths(mask)}


def _box_xywh(mask: BoolArray) -> list[int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return [left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top]
