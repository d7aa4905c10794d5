"""Label Studio: one JSON file of tasks, masks as brush run lengths or as bitmask PNGs, and the labelling set-up."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import numpy as np
from PIL import Image

from s2m.files.formats.annotation import ImageAnnotation, ObjectAnnotation, PlacedMask, strokes_as_json
from s2m.files.formats.cvat import xml_text
from s2m.files.formats.runs import turns_of
from s2m.files.formats.writing import Target

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
        task: dict[str, Any] = {"data": {"image": f"/data/local-files/?d={quote(image.name)}"}}
        if image.background_strokes:
            task["meta"] = {"s2m_strokes": strokes_as_json(image.background_strokes)}
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
    """A mask as Label Studio's brush keeps it: rle-pack of thi.ng on an RGBA picture that is 255 on the mask.

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
