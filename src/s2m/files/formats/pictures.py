"""A picture an object (cut-outs, masks, soft masks) or one an image (ImageFolder), and lines that describe them."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
from PIL import Image

from s2m.engine.aggregation import sigmoid
from s2m.engine.geometry import resize_window
from s2m.errors import DataError
from s2m.files.formats.annotation import ORIENTATION, ImageAnnotation, ObjectAnnotation, strokes_as_json
from s2m.files.formats.writing import Target, as_json_text
from s2m.files.images import read_image
from s2m.files.label_files import label_map_bytes
from s2m.types import BoolArray, ByteArray

_ROWS_AT_ONCE = 256


def mask_png(mask: BoolArray) -> bytes:
    """A grey PNG (H, W), 255 on the mask."""
    return grey_png(mask.astype(np.uint8) * 255)


class _ObjectPictures:
    """Writes ``STEM-object-ID.png`` an object and a line about it; what the picture is, each kind says itself."""

    kind: str

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lines: dict[str, list[str]] = {split: [] for split in target.splits or ("",)}

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Write the pictures of an image's objects; those without a pixel have none."""
        folder = f"{split}/" if split else ""
        for one, picture in self._pictures(image):
            category = re.sub(r"[^\w.-]+", "_", one.category)[:80].strip(".") or "object"
            name = f"{image.stem}-{one.object_id}-{category}.png"
            self._target.write(folder + name, grey_png(picture))
            height, width = one.mask.size_hw
            box = [one.mask.left, one.mask.top, one.mask.left + width, one.mask.top + height]
            line: dict[str, Any] = {
                "file_name": name,
                "s2m": self.kind,
                "image": image.name,
                "width": image.size_hw[1],
                "height": image.size_hw[0],
                "orientation": ORIENTATION,
                "object_id": one.object_id,
                "name": one.name,
                "class": one.category,
                "box_xyxy": box,
                "strokes": as_json_text(strokes_as_json(one.strokes)),
            }
            self._lines[split].append(as_json_text(line))

    def finish(self) -> None:
        """Write the lines of each split."""
        for split, lines in self._lines.items():
            self._target.write_lines(f"{split}/metadata.jsonl" if split else "metadata.jsonl", lines)

    def _pictures(self, image: ImageAnnotation) -> list[tuple[ObjectAnnotation, ByteArray]]:
        raise NotImplementedError


class CutoutWriter(_ObjectPictures):
    """RGBA, cut to the box of the object; colours are those of the image everywhere, alpha is 255 on the object."""

    kind = "cut-out"

    def _pictures(self, image: ImageAnnotation) -> list[tuple[ObjectAnnotation, ByteArray]]:
        if image.path is None:
            raise DataError(f"cut-outs need the pixels of {image.name}; say where it is with --images")
        pixels = read_image(image.path)
        if pixels.shape[:2] != image.size_hw:
            got, wanted = (f"{width} x {height}" for height, width in (pixels.shape[:2], image.size_hw))
            raise DataError(f"{image.path} has {got} pixels, its masks {wanted}; give the image that was annotated")
        return [
            (one, np.dstack([pixels[one.mask.place], one.mask.crop * np.uint8(255)]))
            for one in image.objects
            if one.mask.area_px
        ]


class MaskWriter(_ObjectPictures):
    """Black and white, as large as the image, 255 on the object."""

    kind = "mask"

    def _pictures(self, image: ImageAnnotation) -> list[tuple[ObjectAnnotation, ByteArray]]:
        return [(one, one.mask.whole(image.size_hw) * np.uint8(255)) for one in image.objects if one.mask.area_px]


class SoftMaskWriter(_ObjectPictures):
    """Grey, as large as the image: the probability of the object as if it were alone, 255 for certain.

    From 128 on a pixel is the object's, in agreement with its mask.
    """

    kind = "soft mask"

    def _pictures(self, image: ImageAnnotation) -> list[tuple[ObjectAnnotation, ByteArray]]:
        return [(one, soft_mask(one, image)) for one in image.objects if one.mask.area_px]


class ImageFolderWriter:
    """Writes ``SPLIT/NAME``, ``SPLIT/masks/STEM.png`` of object ids and ``SPLIT/metadata.jsonl`` (Hugging Face)."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lines: dict[str, list[str]] = {split: [] for split in target.splits or ("train",)}

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Write an image, its mask and its line."""
        split = split or "train"
        self._target.copy_image(image, split)
        self._target.write(f"{split}/masks/{image.stem}.png", label_map_bytes(image.label_map()))
        self._target.lose_overlaps(image)
        suffix = "" if image.path is None else image.path.suffix
        line = {
            "file_name": f"{image.stem}{suffix}" if suffix else image.name,
            "mask_file_name": f"masks/{image.stem}.png",
            "orientation": ORIENTATION,
            "objects": {
                "id": [one.object_id for one in image.objects],
                "name": [one.name for one in image.objects],
                "class": [one.category for one in image.objects],
            },
            "strokes": as_json_text(strokes_as_json(image.strokes)),
        }
        self._lines[split].append(as_json_text(line))

    def finish(self) -> None:
        """Write the lines of each split."""
        for split, lines in self._lines.items():
            self._target.write_lines(f"{split}/metadata.jsonl", lines)


def soft_mask(one: ObjectAnnotation, image: ImageAnnotation) -> ByteArray:
    """The probability of an object as if it were alone, (H, W), 0 to 255; 128 and more exactly on its mask."""
    mask = one.mask.whole(image.size_hw)
    logits = None if image.logits_of is None else image.logits_of(one.object_id)
    if logits is None:
        return mask * np.uint8(255)
    soft = np.zeros(image.size_hw, dtype=np.uint8)
    for top in range(0, image.size_hw[0], _ROWS_AT_ONCE):
        rows = slice(top, min(top + _ROWS_AT_ONCE, image.size_hw[0]))
        resized = resize_window(logits[None], image.size_hw, rows, slice(0, image.size_hw[1]))[0]
        soft[rows] = np.round(sigmoid(resized) * 255)
    return np.where(mask, np.maximum(soft, 128), np.minimum(soft, 127)).astype(np.uint8)


def grey_png(pixels: ByteArray) -> bytes:
    """The PNG of pixels (H, W) or (H, W, C) uint8."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
