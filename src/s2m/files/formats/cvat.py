"""CVAT for images 1.1: one XML file, a ``<mask>`` of run lengths of its box an object."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import numpy as np

from s2m.files.formats.annotation import ImageAnnotation, ObjectAnnotation
from s2m.files.formats.writing import Target
from s2m.types import BoolArray


class CvatWriter:
    """Writes ``annotations.xml``; CVAT's import finds the images by their names."""

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

    def finish(self) -> None:
        """Write the file."""
        root = ET.Element("annotations")
        ET.SubElement(root, "version").text = "1.1"
        task = ET.SubElement(ET.SubElement(root, "meta"), "task")
        ET.SubElement(task, "name").text = "s2m"
        ET.SubElement(task, "size").text = str(len(self._images))
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
