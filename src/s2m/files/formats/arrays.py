"""Labels as arrays: TIFF of 16 bits, and NPZ with masks, probabilities and strokes; both keep what objects are."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from s2m.engine.aggregation import sigmoid
from s2m.errors import DataError, ImageError
from s2m.files.formats.annotation import ORIENTATION, ImageAnnotation, PlacedMask, strokes_as_json, strokes_of_json
from s2m.files.formats.reading import (
    UNREADABLE,
    Objects,
    check_size,
    entry,
    files_in,
    labelled_object,
    placed_in,
    reason_of,
)
from s2m.files.formats.writing import Target, as_json_text
from s2m.files.label_files import object_ids, read_label_map
from s2m.files.mask_pictures import MaskKind
from s2m.files.opening import open_picture
from s2m.files.reading import read_bytes
from s2m.files.text import parsed
from s2m.types import BoolArray

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
        "orientation": ORIENTATION,
        "objects": [{"object_id": one.object_id, "name": one.name, "class": one.category} for one in image.objects],
        "strokes": strokes_as_json(image.strokes),
    }


class TiffSource:
    """Label maps in TIFF; names, classes and strokes of those that s2m wrote.

    Raises:
        DataError: no such file.
    """

    def __init__(self, path: Path, mask_kind: MaskKind = "auto") -> None:
        self.problems: list[str] = []
        self._kind: MaskKind = mask_kind
        self._paths = {file.stem: file for file in files_in(path, "*.tif", "*.tiff")}

    def names(self) -> list[str]:
        """Stems of images."""
        return list(self._paths)

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image."""
        path = self._paths[name]
        labels = read_label_map(path, self._kind)
        check_size((labels.shape[0], labels.shape[1]), size_hw, path.name)
        about: Mapping[str, Any] = {}
        try:
            picture = open_picture(read_bytes(path, DataError), str(path))
            text = str(getattr(picture, "tag_v2", {}).get(_IMAGE_DESCRIPTION, ""))
        except ImageError:
            text = ""  # Of a kind that Pillow does not open, and so not written by s2m.
        if text.startswith('{"s2m":'):
            about = entry(entry(parsed(text.encode(), path.name, DataError), path.name).get("s2m"), "its description")
        masks = {value: PlacedMask.of(labels == value) for value in object_ids(labels)}
        return _described(name, size_hw, path, masks, about, self.problems)


class NpzSource:
    """Files of ``NpzWriter``.

    Raises:
        DataError: no such file.
    """

    def __init__(self, path: Path) -> None:
        self.problems: list[str] = []
        self._paths = {file.stem: file for file in files_in(path, "*.npz")}

    def names(self) -> list[str]:
        """Stems of images."""
        return list(self._paths)

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image.

        Raises:
            DataError: damaged, larger than an image can be, or not of this size.
        """
        path = self._paths[name]
        data = read_bytes(path, DataError)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for member in archive.infolist():
                    if member.filename != "probs.npy" and member.file_size > size_hw[0] * size_hw[1] * 4 + 1_000_000:
                        raise DataError(f"{path.name}: {member.filename} is larger than the image")
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                check_size(tuple(arrays["label_map"].shape), size_hw, path.name)
                about = entry(parsed(str(arrays["about"]).encode(), path.name, DataError), "about")
                masks: dict[int, BoolArray | PlacedMask] = {}
                for object_id, box in zip(arrays["object_ids"].tolist(), arrays["boxes_xyxy"].tolist(), strict=True):
                    crop = arrays[f"mask_{object_id}"]
                    if crop.ndim != 2 or crop.dtype != np.bool_:
                        raise DataError(f"{path.name}: mask_{object_id} is no mask")
                    masks[object_id] = placed_in(crop, box[0], box[1], size_hw)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, *UNREADABLE) as error:
            raise DataError(f"{path} is no NPZ that s2m wrote: {reason_of(error)}") from error
        return _described(name, size_hw, path, masks, about, self.problems)


def _described(
    name: str,
    size_hw: tuple[int, int],
    path: Path,
    masks: Mapping[int, BoolArray | PlacedMask],
    about: Mapping[str, Any],
    problems: list[str],
) -> ImageAnnotation:
    """Masks with what ``about_objects`` says of them."""
    known = {one.get("object_id"): one for one in about.get("objects") or [] if isinstance(one, dict)}
    objects = Objects(name, size_hw, path.name, problems)
    for value, mask in masks.items():
        one = known.get(value, {})
        objects.add(f"object {value}", partial(labelled_object, mask, one.get("class"), one.get("name"), value))
    image = objects.annotation()
    try:
        return image.with_strokes(strokes_of_json(about.get("strokes"), path.name))
    except DataError as error:
        problems.append(str(error))
        return image
