"""YOLO segmentation: a text file an image, a row an object; exact under the rules of Ultralytics and supervision.

Both fill the polygon and draw its line.  Ultralytics cuts coordinates to integers, supervision rounds them; a quarter
of a pixel added to each makes both the same pixel.
"""

from __future__ import annotations

import cv2
import numpy as np

from s2m.files.formats.annotation import ImageAnnotation, ObjectAnnotation
from s2m.files.formats.rings import centre_outline
from s2m.files.formats.writing import Target, as_json_text

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
        self._target.write_lines("data.yaml", ['path: "."', *lines, "names:", *names])

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
