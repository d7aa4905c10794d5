"""CVAT for images 1.1: one XML file, a ``<mask>`` of run lengths of its box an object."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path

import numpy as np

from s2m.errors import DataError
from s2m.files.coco_masks import compressed, decompressed
from s2m.files.formats.annotation import ORIENTATION, ImageAnnotation, ObjectAnnotation, PlacedMask
from s2m.files.formats.reading import Objects, check_size, object_of, placed_in, whole_number
from s2m.files.formats.writing import Target
from s2m.files.text import read_text
from s2m.types import BoolArray


class CvatWriter:
    """Writes ``annotations.xml``, and ``images``, as CVAT itself does."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._images: list[ET.Element] = []

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Take an image; objects without a pixel are left out."""
        height, width = image.size_hw
        attributes = {
            "id": str(len(self._images)),
            "name": xml_text(image.name),
            "width": str(width),
            "height": str(height),
        }
        if split:
            attributes["subset"] = split
        element = ET.Element("image", attributes)
        for order, one in enumerate(image.objects):
            self._target.class_index(one.category)
            if one.mask.area_px:
                element.append(_mask(one, order))
        self._images.append(element)
        self._target.copy_image(image, "images", image.name)

    def finish(self) -> None:
        """Write the file."""
        root = ET.Element("annotations")
        ET.SubElement(root, "version").text = "1.1"
        task = ET.SubElement(ET.SubElement(root, "meta"), "task")
        ET.SubElement(task, "name").text = "s2m"
        ET.SubElement(task, "size").text = str(len(self._images))
        ET.SubElement(task, "orientation").text = ORIENTATION
        labels = ET.SubElement(task, "labels")
        for name in self._target.classes:
            label = ET.SubElement(labels, "label")
            ET.SubElement(label, "name").text = xml_text(name)
            ET.SubElement(label, "type").text = "mask"
            ET.SubElement(label, "attributes")
        root.extend(self._images)
        buffer = io.BytesIO()
        ET.ElementTree(root).write(buffer, encoding="utf-8", xml_declaration=True)
        self._target.write("annotations.xml", buffer.getvalue())


def _mask(one: ObjectAnnotation, order: int) -> ET.Element:
    height, width = one.mask.size_hw
    return ET.Element(
        "mask",
        {
            "label": xml_text(one.category),
            "source": "manual",
            "occluded": "0",
            "rle": ", ".join(map(str, row_runs(one.mask.crop))),
            "left": str(one.mask.left),
            "top": str(one.mask.top),
            "width": str(width),
            "height": str(height),
            "z_order": str(order),
        },
    )


def row_runs(mask: BoolArray) -> list[int]:
    """The run lengths of a mask, row by row, zeros first."""
    flat = mask.ravel().astype(np.int8)
    turns = np.flatnonzero(np.diff(flat, prepend=np.int8(0)))
    return [int(length) for length in np.diff(np.r_[0, turns, mask.size])]


_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("", text)


class CvatSource:
    """A file of CVAT for images 1.1: masks, polygons and boxes.

    Raises:
        DataError: unreadable, no XML, or not laid out so.
    """

    def __init__(self, path: Path) -> None:
        self._path, self.problems = path, list[str]()
        root = _root_of(path)
        self._images = {name: image for image in root.iter("image") if (name := image.get("name"))}

    def names(self) -> list[str]:
        """The images as the file names them."""
        return list(self._images)

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image; a higher ``z_order`` lies over a lower one."""
        image = self._images[name]
        if image.get("height") and image.get("width"):
            stated = (whole_number(image.get("height")), whole_number(image.get("width")))
            check_size(stated, size_hw, f"{self._path.name}: {name}")
        objects = Objects(name, size_hw, self._path.name, self.problems)
        shapes = [shape for shape in image if shape.tag in ("mask", "polygon", "box")]
        for number, shape in enumerate(sorted(shapes, key=_order), start=1):
            objects.add(f"{shape.tag} {number}", partial(_object, shape, size_hw))
        return objects.annotation()


def _root_of(path: Path) -> ET.Element:
    text = read_text(path, DataError)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DataError(f"{path} declares a document type or entities, which CVAT does not; export it again")
    try:
        root = ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (ET.ParseError, ValueError) as error:
        raise DataError(f"{path} is no XML: {error}; export it again") from error
    if root.tag != "annotations":
        raise DataError(f"{path} is no file of CVAT for images: it begins with <{root.tag}>, wanted <annotations>")
    return root


def _order(shape: ET.Element) -> int:
    try:
        return int(shape.get("z_order", "0"))
    except ValueError:
        return 0


def _object(shape: ET.Element, size_hw: tuple[int, int], free_id: int) -> ObjectAnnotation:
    return object_of(free_id, _mask_of(shape, size_hw), shape.get("label"))


def _mask_of(shape: ET.Element, size_hw: tuple[int, int]) -> PlacedMask:
    if shape.tag == "mask":
        height, width = whole_number(shape.get("height")), whole_number(shape.get("width"))
        lengths = [whole_number(word) for word in shape.attrib["rle"].replace(",", " ").split()]
        if not (0 < height <= size_hw[0] and 0 < width <= size_hw[1]):
            raise DataError(f"its box of {width} x {height} pixels leaves the image")
        if min(lengths, default=0) < 0 or sum(lengths) > height * width:
            raise DataError(f"its runs cover {sum(lengths)} pixels, its box {height * width}")
        flat = np.zeros(height * width, dtype=bool)
        marks = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
        flat[: len(marks)] = marks
        return placed_in(flat.reshape(height, width), shape.get("left"), shape.get("top"), size_hw)
    if shape.tag == "box":
        left, top, right, bottom = (float(shape.attrib[key]) for key in ("xtl", "ytl", "xbr", "ybr"))
        points = [left, top, right, top, right, bottom, left, bottom]
    else:
        points = [float(value) for pair in shape.attrib["points"].split(";") for value in pair.split(",")]
    return PlacedMask.of(decompressed(compressed([points], size_hw), size_hw))
