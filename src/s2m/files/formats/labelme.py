"""labelme: a JSON file an image, a mask shape an object; strokes travel in keys that labelme keeps."""

from __future__ import annotations

import base64
from typing import Any

from s2m.files.formats.annotation import ImageAnnotation, ObjectAnnotation, strokes_as_json
from s2m.files.formats.pictures import mask_png
from s2m.files.formats.writing import Target


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
