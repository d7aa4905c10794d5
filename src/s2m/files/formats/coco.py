"""COCO instance files: run lengths, or polygons along pixel edges with slits to the holes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2m.files.formats.annotation import ORIENTATION, ImageAnnotation, ObjectAnnotation, PlacedMask, strokes_as_json
from s2m.files.formats.rings import edge_outlines
from s2m.files.formats.runs import turns_of
from s2m.files.formats.writing import Target


class CocoWriter:
    """Writes ``annotations.json``, or ``annotations/instances_SPLIT.json``.

    Args:
        target: where to.
        shape: gives the ``segmentation`` of a mask.
    """

    def __init__(self, target: Target, shape: Callable[[PlacedMask, tuple[int, int]], Any]) -> None:
        self._target, self._shape = target, shape
        self._images: dict[str, list[dict[str, Any]]] = {split: [] for split in target.splits or ("",)}
        self._annotations: dict[str, list[dict[str, Any]]] = {split: [] for split in self._images}

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Take an image; objects without a pixel are left out."""
        images, annotations = self._images[split], self._annotations[split]
        height, width = image.size_hw
        entry = {"id": len(images) + 1, "file_name": image.name, "height": height, "width": width}
        if image.background_strokes:
            entry["s2m_strokes"] = strokes_as_json(image.background_strokes)
        images.append(entry)
        for one in image.objects:
            if one.mask.area_px:
                annotations.append(self._annotation(one, image, len(annotations) + 1, len(images)))

    def finish(self) -> None:
        """Write the file of each split."""
        categories = [{"id": number, "name": name} for number, name in enumerate(self._target.classes, start=1)]
        for split, images in self._images.items():
            content = {
                "info": {"description": "made with s2m", "orientation": ORIENTATION},
                "images": images,
                "annotations": self._annotations[split],
                "categories": categories,
            }
            self._target.write_json(f"annotations/instances_{split}.json" if split else "annotations.json", content)

    def _annotation(
        self, one: ObjectAnnotation, image: ImageAnnotation, annotation_id: int, image_id: int
    ) -> dict[str, Any]:
        height, width = one.mask.size_hw
        attributes: dict[str, Any] = {"object_id": one.object_id, "name": one.name}
        if one.strokes:
            attributes["s2m_strokes"] = strokes_as_json(one.strokes)
        return {
            "id": annotation_id,
            "image_id": image_id,
            "category_id": self._target.class_index(one.category) + 1,
            "segmentation": self._shape(one.mask, image.size_hw),
            "area": one.mask.area_px,
            "bbox": [one.mask.left, one.mask.top, width, height],
            "iscrowd": 0,
            "attributes": attributes,
        }


def write_run_lengths(target: Target) -> CocoWriter:
    """A writer of run lengths."""
    return CocoWriter(target, lambda mask, size_hw: {"size": list(size_hw), "counts": run_lengths(mask, size_hw)})


def write_polygons(target: Target) -> CocoWriter:
    """A writer of polygons: each part of an object is one."""
    return CocoWriter(target, polygons)


def run_lengths(mask: PlacedMask, size_hw: tuple[int, int]) -> list[int]:
    """COCO's uncompressed run lengths of the whole image: down the columns, zeros first."""
    turns = turns_of(mask.crop.T, mask.top, mask.left, size_hw[0])
    lengths = np.diff(np.r_[0, turns, size_hw[0] * size_hw[1]]).tolist()
    return [int(length) for length in (lengths if lengths[-1] else lengths[:-1])]


def polygons(mask: PlacedMask, size_hw: tuple[int, int]) -> list[list[float]]:
    """COCO's polygons, one a part of the mask, along the edges of its pixels, holes joined by slits."""
    del size_hw
    return [
        [float(value) for x, y in ring for value in (x + mask.left, y + mask.top)] for ring in edge_outlines(mask.crop)
    ]
