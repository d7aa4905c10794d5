"""YOLO segmentation: a text file an image, a row an object; exact under the rules of Ultralytics and supervision.

Both fill the polygon and draw its line.  Ultralytics cuts coordinates to integers, supervision rounds them; a quarter
of a pixel added to each makes both the same pixel.
"""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from s2m.errors import DataError
from s2m.files.formats.annotation import ORIENTATION, ImageAnnotation, ObjectAnnotation
from s2m.files.formats.reading import Objects, object_of, whole_number
from s2m.files.formats.rings import centre_outline
from s2m.files.formats.writing import Target, as_json_text
from s2m.files.text import read_text

_QUARTER = 0.25
_FEWEST_POINTS = 3


class YoloWriter:
    """Writes ``labels/SPLIT/STEM.txt``, ``images/SPLIT/NAME`` and ``data.yaml``.

    Parts of an object are joined by bridges of one pixel, so that it stays one object; their pixels are counted.
    """

    def __init__(self, target: Target) -> None:
        self._target = target

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Write the rows of an image; objects without a pixel have none."""
        split = split or "train"
        rows = [self._row(one, image) for one in image.objects if one.mask.area_px]
        self._target.write_lines(f"labels/{split}/{image.stem}.txt", rows)
        self._target.copy_image(image, f"images/{split}")

    def finish(self) -> None:
        """Write ``data.yaml``; names are quoted, as some words and numbers mean something in YAML."""
        splits = self._target.splits or ("train",)
        validation = next((name for name in splits if name.startswith("val")), splits[-1])
        training = "train" if "train" in splits else splits[0]
        places = {"train": training, "val": validation, **{name: name for name in splits if name == "test"}}
        names = [f"  {number}: {as_json_text(name)}" for number, name in enumerate(self._target.classes)]
        lines = [f"{key}: {as_json_text(f'images/{name}')}" for key, name in places.items()]
        self._target.write_lines("data.yaml", [f"# images {ORIENTATION}", 'path: "."', *lines, "names:", *names])

    def _row(self, one: ObjectAnnotation, image: ImageAnnotation) -> str:
        ring = centre_outline(one.mask.crop)
        drawn = np.zeros(one.mask.size_hw, dtype=np.uint8)
        cv2.fillPoly(drawn, [np.array(ring, dtype=np.int32)], 1)
        bridges = int(((drawn > 0) != one.mask.crop).sum())
        self._target.lose(image, one.object_id, bridges, "bridges that join the parts of an object")
        height, width = image.size_hw
        points = [*ring, *[ring[-1]] * (_FEWEST_POINTS - len(ring))]
        numbers = [
            f"{value:.6f}"
            for x, y in points
            for value in ((x + one.mask.left + _QUARTER) / width, (y + one.mask.top + _QUARTER) / height)
        ]
        return " ".join([str(self._target.class_index(one.category)), *numbers])


class YoloSource:
    """A folder of YOLO segmentation: ``data.yaml`` with names of classes, and text files below ``labels``.

    Boxes alone (four numbers) are no masks and are named.

    Raises:
        DataError: no text files of labels.
    """

    def __init__(self, folder: Path) -> None:
        self.problems: list[str] = []
        labels = folder / "labels" if (folder / "labels").is_dir() else folder
        self._paths = {
            str(path.relative_to(labels).with_suffix("")): path
            for path in sorted(labels.rglob("*.txt"))
            if path.name not in ("classes.txt", "README.txt")
        }
        if not self._paths:
            raise DataError(f"{folder} has no text files of labels; name the folder of data.yaml")
        self._classes = _class_names(folder)

    def names(self) -> list[str]:
        """Stems of images, with their folders."""
        return list(self._paths)

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image; smaller objects lie over larger ones."""
        path = self._paths[name]
        objects = Objects(name, size_hw, path.name, self.problems)
        for number, line in enumerate(read_text(path, DataError).splitlines(), start=1):
            if line.strip():
                objects.add(f"line {number}", partial(self._object, line.split(), size_hw))
        objects.objects.sort(key=lambda one: -one.mask.area_px)
        return objects.annotation()

    def _object(self, words: list[str], size_hw: tuple[int, int], free_id: int) -> ObjectAnnotation:
        index, shares = whole_number(words[0]), np.array(words[1:], dtype=np.float64)
        if len(shares) < 2 * _FEWEST_POINTS or len(shares) % 2:
            raise DataError(f"it has {len(shares)} numbers; a polygon has x and y of three points or more")
        if not (np.abs(shares) <= 2).all():
            raise DataError("a coordinate is no share of the image's width or height")
        points = shares.reshape(-1, 2) * (size_hw[1], size_hw[0])
        drawn = np.zeros(size_hw, dtype=np.uint8)
        cv2.fillPoly(drawn, [points.astype(np.int32)], 1)
        if not drawn.any():
            raise DataError("its polygon has no pixel in the image")
        return object_of(free_id, drawn > 0, self._classes.get(index, f"class {index}"))


def _class_names(folder: Path) -> dict[int, str]:
    """Names of the classes: of ``data.yaml``, as a list or by number, or of ``classes.txt``."""
    lists = [path for path in (folder / "classes.txt", folder / "labels" / "classes.txt") if path.is_file()]
    if lists:
        return dict(enumerate(read_text(lists[0], DataError).splitlines()))
    paths = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    return names_in_yaml(read_text(paths[0], DataError)) if paths else {}


def names_in_yaml(text: str) -> dict[int, str]:
    """The ``names`` of a ``data.yaml``: a list in brackets, a list of lines, or numbers with names."""
    lines = iter(text.splitlines())
    given = next((line.partition(":")[2].strip() for line in lines if line.startswith("names:")), "")
    if given.startswith(("[", "{")):
        rest = " ".join([given, *lines])
        inner = rest[1 : rest.index((rest[0] == "[" and "]") or "}")] if rest[0] in "[{" else ""
        listed = list(_YAML_ITEM.finditer(inner))
        pairs = [(item["number"] or place, item["name"]) for place, item in enumerate(listed)]
        return {int(number): _unquoted(name) for number, name in pairs}
    names: dict[int, str] = {}
    for line in lines:
        if line.strip() and not line.startswith((" ", "-", "\t", "#")):
            break
        item = _YAML_LINE.fullmatch(line)
        if item:
            names[int(item["number"]) if item["number"] else len(names)] = _unquoted(item["name"])
    return names


_YAML_NAME = r"""(?P<name>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,#\s][^,#]*)"""
_YAML_ITEM = re.compile(rf"\s*(?:(?P<number>\d+)\s*:\s*)?{_YAML_NAME}\s*(?:,|$)")
_YAML_LINE = re.compile(rf"\s*(?:-|(?P<number>\d+)\s*:)\s+{_YAML_NAME}\s*(?:#.*)?")


def _unquoted(text: str) -> str:
    text = text.strip()
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            return text.strip('"')
    return text[1:-1].replace("''", "'") if text.startswith("'") else text
