"""The layout of PASCAL VOC: indexed PNGs of classes and of objects, lists of the splits, colours of the classes."""

from __future__ import annotations

import numpy as np

from s2m.errors import DataError
from s2m.files.formats.annotation import ImageAnnotation
from s2m.files.formats.writing import Target
from s2m.files.label_files import MAX_OBJECT_ID, label_map_bytes, voc_palette


class VocWriter:
    """Writes ``SegmentationClass``, ``SegmentationObject``, ``JPEGImages``, ``ImageSets`` and ``labelmap.txt``."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._stems: dict[str, list[str]] = {split: [] for split in target.splits or ("default",)}

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Write the two pictures of an image.

        Raises:
            DataError: more classes than an indexed PNG holds.
        """
        labels = image.label_map()
        class_of_id = np.zeros(256, dtype=np.int32)
        for one in image.objects:
            class_of_id[one.object_id] = self._target.class_index(one.category) + 1
        if len(self._target.classes) > MAX_OBJECT_ID:
            raise DataError(f"an indexed PNG holds {MAX_OBJECT_ID} classes, the project has more; export as coco")
        self._target.write(f"SegmentationObject/{image.stem}.png", label_map_bytes(labels))
        self._target.write(f"SegmentationClass/{image.stem}.png", label_map_bytes(class_of_id[labels]))
        self._target.copy_image(image, "JPEGImages")
        self._target.lose_overlaps(image)
        self._stems[split or "default"].append(image.stem)

    def finish(self) -> None:
        """Write the lists and the colours."""
        for split, stems in self._stems.items():
            self._target.write_lines(f"ImageSets/Segmentation/{split}.txt", stems)
        names = ["background", *self._target.classes]
        colours = voc_palette()[: len(names)].tolist()
        lines = [
            f"{_without_colons(name)}:{red},{green},{blue}::"
            for name, (red, green, blue) in zip(names, colours, strict=True)
        ]
        self._target.write_lines("labelmap.txt", ["# label:color_rgb:parts:actions", *lines])


def _without_colons(name: str) -> str:
    """A class name as ``labelmap.txt`` can hold it."""
    return " ".join(name.replace(":", " ").split()) or "object"
