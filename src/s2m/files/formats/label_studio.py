"""Label Studio: one JSON file of tasks, masks as brush run lengths or as bitmask PNGs, and the labelling set-up."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import quoteattr

import numpy as np
from PIL import Image

from s2m.errors import DataError
from s2m.files.coco_masks import compressed, decompressed
from s2m.files.formats.annotation import ORIENTATION, ImageAnnotation, ObjectAnnotation, PlacedMask, strokes_as_json
from s2m.files.formats.cvat import xml_text
from s2m.files.formats.reading import (
    Objects,
    check_size,
    entries,
    entry,
    marked,
    object_of,
    picture_of_text,
    reason_of,
    whole_number,
)
from s2m.files.formats.runs import turns_of
from s2m.files.formats.writing import Target
from s2m.files.text import read_json
from s2m.types import BoolArray

_RUN_BITS = (3, 4, 8, 16)
"""How many bits hold the length of a run: the numbers that Label Studio itself writes."""


class LabelStudioWriter:
    """Writes ``tasks.json`` (or ``SPLIT/tasks.json``) and ``labels.xml``.

    Args:
        target: where to.
        kind: "brushlabels" or "bitmasklabels".
        value: what stands for a mask.
    """

    def __init__(
        self, target: Target, kind: str, value: Callable[[PlacedMask, tuple[int, int]], dict[str, Any]]
    ) -> None:
        self._target, self._kind, self._value = target, kind, value
        self._tasks: dict[str, list[dict[str, Any]]] = {split: [] for split in target.splits or ("",)}

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Take an image; objects without a pixel are left out."""
        results = [self._result(one, image) for one in image.objects if one.mask.area_px]
        meta: dict[str, Any] = {"orientation": ORIENTATION}
        if image.background_strokes:
            meta["s2m_strokes"] = strokes_as_json(image.background_strokes)
        task: dict[str, Any] = {"data": {"image": f"/data/local-files/?d={quote(image.name)}"}, "meta": meta}
        if self._target.as_predictions:
            task["predictions"] = [{"model_version": self._target.model or "s2m", "result": results}]
        else:
            task["annotations"] = [{"result": results}]
        self._tasks[split].append(task)

    def finish(self) -> None:
        """Write the tasks, and the set-up to paste into the project's settings."""
        for split, tasks in self._tasks.items():
            self._target.write_json(f"{split}/tasks.json" if split else "tasks.json", tasks)
        tag = {"brushlabels": "BrushLabels", "bitmasklabels": "BitmaskLabels"}[self._kind]
        labels = [f"    <Label value={quoteattr(xml_text(name))}/>" for name in self._target.classes]
        self._target.write_lines(
            "labels.xml",
            [
                "<View>",
                '  <Image name="image" value="$image" zoom="true"/>',
                f'  <{tag} name="tag" toName="image">',
                *labels,
                f"  </{tag}>",
                "</View>",
            ],
        )

    def _result(self, one: ObjectAnnotation, image: ImageAnnotation) -> dict[str, Any]:
        self._target.class_index(one.category)
        height, width = image.size_hw
        meta: dict[str, Any] = {"text": [one.name], "s2m_object_id": one.object_id}
        if one.strokes:
            meta["s2m_strokes"] = strokes_as_json(one.strokes)
        return {
            "id": f"s2m-{one.object_id}",
            "type": self._kind,
            "from_name": "tag",
            "to_name": "image",
            "original_width": width,
            "original_height": height,
            "image_rotation": 0,
            "value": {**self._value(one.mask, image.size_hw), self._kind: [one.category]},
            "meta": meta,
        }


def brush(target: Target) -> LabelStudioWriter:
    """A writer of brush labels."""
    return LabelStudioWriter(
        target, "brushlabels", lambda mask, size_hw: {"format": "rle", "rle": brush_runs(mask, size_hw)}
    )


def bitmask(target: Target) -> LabelStudioWriter:
    """A writer of bitmask labels."""
    return LabelStudioWriter(target, "bitmasklabels", lambda mask, size_hw: {"imageDataURL": _data_url(mask, size_hw)})


def brush_runs(mask: PlacedMask, size_hw: tuple[int, int]) -> list[int]:
    """A mask as Label Studio's brush keeps it: packed run lengths of an RGBA picture that is 255 on the mask.

    A bit for a run, two for the width of its length, its length less one, and its value; first how many values there
    are, how many bits each has, and the four widths, all less one.
    """
    lengths = _rgba_runs(mask, size_hw)
    total = 4 * size_hw[0] * size_hw[1]
    bits = [f"{total:032b}", f"{8 - 1:05b}", *(f"{width - 1:04b}" for width in _RUN_BITS)]
    for place, length in enumerate(lengths):
        value = "11111111" if place % 2 else "00000000"
        while length:
            part = min(length, 1 << _RUN_BITS[-1])
            index = next(number for number, width in enumerate(_RUN_BITS) if part <= 1 << width)
            bits.append(f"1{index:02b}{part - 1:0{_RUN_BITS[index]}b}{value}")
            length -= part
    text = "".join(bits)
    packed = np.packbits(np.frombuffer(text.encode(), dtype=np.uint8) - ord("0"))
    return [int(byte) for byte in packed]


def _rgba_runs(mask: PlacedMask, size_hw: tuple[int, int]) -> list[int]:
    """Lengths of the runs of 0 and 255 in the RGBA picture of the whole image, zeros first."""
    turns = 4 * turns_of(mask.crop, mask.left, mask.top, size_hw[1])
    return [int(length) for length in np.diff(np.r_[0, turns, 4 * size_hw[0] * size_hw[1]])]


def _data_url(mask: PlacedMask, size_hw: tuple[int, int]) -> str:
    picture = np.zeros((*size_hw, 2), dtype=np.uint8)
    picture[mask.place][..., 1] = mask.crop * np.uint8(255)
    buffer = io.BytesIO()
    Image.fromarray(picture).convert("RGBA").save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


class LabelStudioSource:
    """Tasks of Label Studio: brush labels, bitmask labels and polygons, of annotations or else of predictions.

    Raises:
        DataError: unreadable, no JSON, or no tasks.
    """

    def __init__(self, path: Path) -> None:
        self._path, self.problems = path, list[str]()
        content = read_json(path, DataError)
        self._tasks: dict[str, Mapping[str, Any]] = {}
        for place, one in enumerate(content if isinstance(content, list) else [content], start=1):
            try:
                task = entry(one, "it")
                values = [value for value in entry(task.get("data"), "its data").values() if isinstance(value, str)]
                if not values:
                    raise DataError("its data names no image")
                self._tasks[_image_name(str(task["data"].get("image") or values[0]))] = task
            except (DataError, ValueError) as error:
                self.problems.append(f"{path.name}: task {place} is left out: {reason_of(error)}")
        if not self._tasks:
            raise DataError(f"{path} has no tasks of Label Studio; export it as JSON")

    def names(self) -> list[str]:
        """The images that the tasks are about."""
        return list(self._tasks)

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image."""
        task = self._tasks[name]
        given = [one for one in task.get("annotations") or [] if not entry(one, "an annotation").get("was_cancelled")]
        objects = Objects(name, size_hw, self._path.name, self.problems)
        for one in (given or task.get("predictions") or [])[:1]:
            for number, result in enumerate(entries(entry(one, "it").get("result"), "its result"), start=1):
                label = f"result {result.get('id', number) if isinstance(result, dict) else number}"
                objects.add(label, partial(_object, result, size_hw))
        meta = task.get("meta")
        objects.add_background_strokes(meta.get("s2m_strokes") if isinstance(meta, dict) else None)
        return objects.annotation()


def _image_name(address: str) -> str:
    """The file name in the address of an image, without what Label Studio puts before names of uploads."""
    parts = urlsplit(address)
    query = parse_qs(parts.query).get("d", [])
    name = unquote(query[0] if query else parts.path or address)
    return re.sub(r"^[0-9a-f]{8}-", "", name.replace("\\", "/").rpartition("/")[2])


def _object(content: object, size_hw: tuple[int, int], free_id: int) -> ObjectAnnotation:
    result = entry(content, "it")
    value, kind = entry(result.get("value"), "its value"), str(result.get("type"))
    if result.get("original_width") and result.get("original_height"):
        check_size((whole_number(result["original_height"]), whole_number(result["original_width"])), size_hw, "it")
    if value.get("format") == "rle":
        mask = PlacedMask.of(brush_mask(value["rle"], size_hw))
    elif "imageDataURL" in value:
        crop = marked(picture_of_text(value["imageDataURL"], size_hw[0] * size_hw[1]))
        check_size((crop.shape[0], crop.shape[1]), size_hw, "its bitmask")
        mask = PlacedMask.of(crop)
    elif "points" in value:
        points = np.array(value["points"], dtype=np.float64).reshape(-1, 2) / 100 * (size_hw[1], size_hw[0])
        mask = PlacedMask.of(decompressed(compressed([points.ravel().tolist()], size_hw), size_hw))
    else:
        raise DataError(f"a result of the type {kind} is no mask")
    labels = value.get(kind) or []
    given = result.get("meta")
    meta = given if isinstance(given, dict) else {}
    names = meta.get("text")
    return object_of(
        free_id,
        mask,
        labels[0] if labels else "",
        names[0] if isinstance(names, list) and names else "",
        meta.get("s2m_object_id"),
        meta.get("s2m_strokes"),
    )


def brush_mask(content: object, size_hw: tuple[int, int]) -> BoolArray:
    """The mask (H, W) of what ``brush_runs`` gave, or of what Label Studio's brush did.

    Raises:
        DataError: the runs are malformed, or not of an RGBA picture of this size.
    """
    packed = np.array(entries(content, "its rle"))
    if packed.ndim != 1 or not np.issubdtype(packed.dtype, np.integer) or packed.min(initial=0) < 0:
        raise DataError("its rle is no list of bytes")
    if packed.max(initial=0) > 255:
        raise DataError("its rle is no list of bytes")
    if packed.size > 8 * size_hw[0] * size_hw[1] + 64:
        raise DataError("its rle is longer than any of this image")
    text = "".join(map("{:08b}".format, packed.tolist()))
    total, word = int(text[:32] or "0", 2), int(text[32:37] or "0", 2) + 1
    if total != 4 * size_hw[0] * size_hw[1] or word != 8:
        raise DataError(f"its rle has {total} values of {word} bits, wanted {4 * size_hw[0] * size_hw[1]} of 8")
    widths = [int(text[place : place + 4], 2) + 1 for place in range(37, 53, 4)]
    alpha, at, place = np.zeros(total, dtype=np.uint8), 0, 53
    while at < total:
        width = widths[int(text[place + 1 : place + 3] or "0", 2)]
        end = place + 3 + width
        if end + word > len(text):
            raise DataError("its rle ends too early")
        length = int(text[place + 3 : end], 2) + 1
        if text[place] == "1":
            alpha[at : at + length] = int(text[end : end + word], 2)
            place = end + word
        else:
            values = np.frombuffer(text[end : end + word * length].encode(), dtype=np.uint8) - ord("0")
            if len(values) < word * length or at + length > total:
                raise DataError("its rle ends too early")
            alpha[at : at + length] = np.packbits(values)
            place = end + word * length
        at += length
    return np.asarray(alpha.reshape(*size_hw, 4)[:, :, 3] >= 128)
