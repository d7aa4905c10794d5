"""Labels as arrays: TIFF of 16 bits, and NPZ with masks, probabilities and strokes; both keep what objects are."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from s2m.engine.aggregation import sigmoid
from s2m.files.formats.annotation import ImageAnnotation, strokes_as_json
from s2m.files.formats.writing import Target, as_json_text

_IMAGE_DESCRIPTION = 270


class TiffWriter:
    """Writes ``STEM.tif``, object ids as uint16, deflated; names, classes and strokes as JSON in the description."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Write the labels of an image."""
        tags = ImageFileDirectory_v2()
        tags[_IMAGE_DESCRIPTION] = as_json_text({"s2m": about_objects(image)})
        buffer = io.BytesIO()
        labels = Image.fromarray(image.label_map().astype(np.uint16))
        labels.save(buffer, "TIFF", compression="tiff_adobe_deflate", tiffinfo=tags)
        self._target.write(f"{split}/{image.stem}.tif" if split else f"{image.stem}.tif", buffer.getvalue())
        self._target.lose_overlaps(image)

    def finish(self) -> None:
        """Every image has its own file."""


class NpzWriter:
    """Writes ``STEM.npz``, which ``numpy.load`` reads without pickles.

    ``label_map`` (H, W) uint8; for each of N objects ``object_ids``, ``names``, ``classes``, ``boxes_xyxy`` (N, 4) and
    ``mask_ID`` (h, w) bool in its box; ``probs`` (N, h, w) float16 at the network's resolution, each object as if it
    were alone, with ``probs_object_ids``; ``strokes`` and ``about`` as JSON.
    """

    def __init__(self, target: Target) -> None:
        self._target = target

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Write the arrays of an image."""
        boxes = [
            (one.mask.left, one.mask.top, one.mask.left + one.mask.size_hw[1], one.mask.top + one.mask.size_hw[0])
            for one in image.objects
        ]
        arrays: dict[str, Any] = {
            "label_map": image.label_map().astype(np.uint8),
            "object_ids": np.array([one.object_id for one in image.objects], dtype=np.int32),
            "names": np.array([one.name for one in image.objects], dtype=np.str_),
            "classes": np.array([one.category for one in image.objects], dtype=np.str_),
            "boxes_xyxy": np.array(boxes, dtype=np.int32).reshape(-1, 4),
            "about": np.array(as_json_text(about_objects(image))),
            **{f"mask_{one.object_id}": one.mask.crop for one in image.objects},
        }
        known = {}
        for one in image.objects:
            logits = None if image.logits_of is None else image.logits_of(one.object_id)
            if logits is not None:
                known[one.object_id] = sigmoid(logits).astype(np.float16)
        if known:
            arrays["probs"] = np.stack(list(known.values()))
            arrays["probs_object_ids"] = np.array(list(known), dtype=np.int32)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        self._target.write(f"{split}/{image.stem}.npz" if split else f"{image.stem}.npz", buffer.getvalue())

    def finish(self) -> None:
        """Every image has its own file."""


def about_objects(image: ImageAnnotation) -> dict[str, Any]:
    """What is known about an image beside its masks."""
    return {
        "image": image.name,
        "objects": [{"object_id": one.object_id, "name": one.name, "class": one.category} for one in image.objects],
        "strokes": strokes_as_json(image.strokes),
    }
