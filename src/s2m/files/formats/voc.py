"""The layout of PASCAL VOC: indexed PNGs of classes and of objects, lists of the splits, colours of the classes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from s2m.errors import DataError
from s2m.files.formats.annotation import ORIENTATION, ImageAnnotation
from s2m.files.formats.reading import Objects, check_size, labelled_object
from s2m.files.formats.writing import Target
from s2m.files.label_files import MAX_OBJECT_ID, label_map_bytes, object_ids, read_label_map, voc_palette
from s2m.files.text import read_text


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
        self._target.write_lines("labelmap.txt", ["# label:color_rgb:parts:actions", f"# images {ORIENTATION}", *lines])


def _without_colons(name: str) -> str:
    """A class name as ``labelmap.txt`` can hold it."""
    return " ".join(name.replace(":", " ").split()) or "object"


class VocSource:
    """A folder in the layout of PASCAL VOC: ``SegmentationObject``, with classes of ``SegmentationClass``.

    Raises:
        DataError: no folder ``SegmentationObject``.
    """

    def __init__(self, folder: Path) -> None:
        self.problems: list[str] = []
        self._objects, self._classes = folder / "SegmentationObject", folder / "SegmentationClass"
        if not self._objects.is_dir():
            raise DataError(f"{folder} has no folder SegmentationObject; name a folder laid out as PASCAL VOC")
        self._names = _names_of_colours(folder / "labelmap.txt")

    def names(self) -> list[str]:
        """Stems of images."""
        return sorted(path.stem for path in self._objects.glob("*.png"))

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image."""
        path, classes = self._objects / f"{name}.png", self._classes / f"{name}.png"
        labels = read_label_map(path)
        check_size((labels.shape[0], labels.shape[1]), size_hw, path.name)
        kinds = read_label_map(classes) if classes.is_file() else np.zeros_like(labels)
        check_size((kinds.shape[0], kinds.shape[1]), size_hw, f"SegmentationClass/{path.name}")
        objects = Objects(name, size_hw, path.name, self.problems)
        for value in object_ids(labels):
            mask = labels == value
            counts = np.bincount(kinds[mask], minlength=256)[:255]
            index = int(counts.argmax())
            class_name = self._names.get(index, f"class {index}") if index else ""
            objects.add(f"object {value}", partial(labelled_object, mask, class_name, "", value))
        return objects.annotation()


def _names_of_colours(path: Path) -> dict[int, str]:
    """The class of each index: of ``labelmap.txt``, or the twenty of PASCAL VOC."""
    if not path.is_file():
        return dict(enumerate(VOC_CLASSES, start=1))
    places = {tuple(colour): place for place, colour in enumerate(voc_palette().tolist())}
    names: dict[int, str] = {}
    for line in read_text(path, DataError).splitlines():
        name, _, rest = line.partition(":")
        if line.startswith("#") or not rest:
            continue
        try:
            colour = tuple(int(value) for value in rest.split(":")[0].split(","))
            names[places[colour]] = name
        except (ValueError, KeyError) as error:
            raise DataError(
                f"{path} has a line that is no NAME:R,G,B:: with a colour of the palette: {line}"
            ) from error
    return names


VOC_CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"),
    *("horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
"""The classes of PASCAL VOC 2012, in their order."""
