"""labelme: a JSON file an image, a mask shape an object; strokes travel in keys that labelme keeps."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from s2m.errors import DataError
from s2m.files.formats.annotation import ORIENTATION, ImageAnnotation, ObjectAnnotation, PlacedMask, strokes_as_json
from s2m.files.formats.pictures import mask_png
from s2m.files.formats.reading import (
    Objects,
    check_size,
    entry,
    files_in,
    marked,
    object_of,
    picture_of_text,
    placed_in,
    whole_number,
)
from s2m.files.formats.writing import Target
from s2m.files.text import read_json


class LabelmeWriter:
    """Writes ``STEM.json``, and the image beside it."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Write the file of an image; objects without a pixel are left out."""
        folder = f"{split}/" if split else ""
        height, width = image.size_hw
        suffix = "" if image.path is None else image.path.suffix
        content: dict[str, Any] = {
            "version": "5.5.0",
            "flags": {},
            "shapes": [_shape(one) for one in image.objects if one.mask.area_px],
            "imagePath": f"{image.stem}{suffix}" if suffix else image.name,
            "imageData": None,
            "imageHeight": height,
            "imageWidth": width,
            "orientation": ORIENTATION,
        }
        if image.background_strokes:
            content["s2m_strokes"] = strokes_as_json(image.background_strokes)
        self._target.write_json(f"{folder}{image.stem}.json", content)
        self._target.copy_image(image, folder)

    def finish(self) -> None:
        """Write the list of classes that labelme's tools take."""
        self._target.write_lines("labels.txt", ["__ignore__", "_background_", *self._target.classes])


def _shape(one: ObjectAnnotation) -> dict[str, Any]:
    height, width = one.mask.size_hw
    left, top = one.mask.left, one.mask.top
    shape: dict[str, Any] = {
        "label": one.category,
        "points": [[float(left), float(top)], [float(left + width - 1), float(top + height - 1)]],
        "group_id": one.object_id,
        "description": one.name,
        "shape_type": "mask",
        "flags": {},
        "mask": base64.b64encode(mask_png(one.mask.crop)).decode(),
    }
    if one.strokes:
        shape["s2m_strokes"] = strokes_as_json(one.strokes)
    return shape


class LabelmeSource:
    """Files of labelme, one or a folder of them: masks, polygons, rectangles and circles.

    Raises:
        DataError: the file cannot be read or is none of labelme.
    """

    def __init__(self, path: Path) -> None:
        self.problems: list[str] = []
        self._contents: dict[str, tuple[Path, Mapping[str, Any]]] = {}
        for file in files_in(path, "*.json"):
            try:
                content = entry(read_json(file, DataError), file.name)
                if not isinstance(content.get("shapes"), list):
                    raise DataError(f"{file} is no file of labelme: it has no shapes")
            except DataError as error:
                if path.is_file():
                    raise
                self.problems.append(f"{file.name} is left out: {error}")
                continue
            name = content.get("imagePath")
            self._contents[name if isinstance(name, str) and name else file.stem] = (file, content)

    def names(self) -> list[str]:
        """The images as the files name them."""
        return list(self._contents)

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image."""
        file, content = self._contents[name]
        if content.get("imageHeight") and content.get("imageWidth"):
            stated = (whole_number(content["imageHeight"]), whole_number(content["imageWidth"]))
            check_size(stated, size_hw, file.name)
        objects = Objects(name, size_hw, file.name, self.problems)
        for number, shape in enumerate(content["shapes"], start=1):
            objects.add(f"shape {number}", partial(_object, shape, size_hw))
        objects.add_background_strokes(content.get("s2m_strokes"))
        return objects.annotation()


def _object(content: object, size_hw: tuple[int, int], free_id: int) -> ObjectAnnotation:
    shape = entry(content, "it")
    mask = _mask_of(shape, size_hw)
    group = shape.get("group_id")
    return object_of(free_id, mask, shape.get("label"), shape.get("description"), group, shape.get("s2m_strokes"))


def _mask_of(shape: Mapping[str, Any], size_hw: tuple[int, int]) -> PlacedMask:
    kind = shape.get("shape_type") or "polygon"
    points = np.array(shape["points"], dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not (np.abs(points) < 1e6).all():
        raise DataError("its points are no list of x and y")
    if kind == "mask":
        crop = marked(picture_of_text(shape.get("mask"), size_hw[0] * size_hw[1]))
        return placed_in(crop, round(points[0, 0]), round(points[0, 1]), size_hw)
    picture = Image.new("1", size_hw[::-1])
    draw = ImageDraw.Draw(picture)
    if kind == "polygon" and len(points) > 2:
        draw.polygon([tuple(point) for point in points.tolist()], outline=1, fill=1)
    elif kind == "rectangle" and len(points) == 2:
        draw.rectangle([*points.min(axis=0).tolist(), *points.max(axis=0).tolist()], outline=1, fill=1)
    elif kind == "circle" and len(points) == 2:
        (x, y), radius = points[0].tolist(), float(np.hypot(*(points[1] - points[0])))
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=1, fill=1)
    else:
        raise DataError(f"a {kind} of {len(points)} points is no area")
    return PlacedMask.of(np.asarray(picture, dtype=bool))
