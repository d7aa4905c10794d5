"""A COCO or LVIS instance file in; the annotations of its images out.  Bad entries are named, the rest is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from s2m.errors import DataError
from s2m.files.coco_masks import compressed, decompressed
from s2m.files.formats.annotation import ImageAnnotation, ObjectAnnotation
from s2m.files.formats.reading import Objects, check_size, entries, entry, object_of, reason_of, whole_number
from s2m.files.text import read_json


class CocoSource:
    """A COCO instance file.

    Args:
        path: of the file.
        crowds: whether objects marked ``iscrowd`` come in; several programs mark every run-length mask so.

    Raises:
        DataError: unreadable, no JSON, or not laid out as COCO.
    """

    def __init__(self, path: Path, crowds: bool = True) -> None:
        self._path, self.problems = path, list[str]()
        content = read_json(path, DataError)
        if not isinstance(content, dict) or "images" not in content or "annotations" not in content:
            raise DataError(f"{path} is not a COCO instance file; it needs images, annotations and categories")
        self._categories: dict[str, str] = {}
        self._images: dict[str, dict[str, Any]] = {}
        self._annotations: dict[str, list[dict[str, Any]]] = {}
        for place, one in enumerate(self._listed(content.get("categories") or [], "categories")):
            self._take(f"category {place + 1}", one, self._take_category)
        for place, one in enumerate(self._listed(content["images"], "images")):
            self._take(f"image {place + 1}", one, self._take_image)
        self._crowds = crowds
        self.crowds_left_out = 0
        for place, one in enumerate(self._listed(content["annotations"], "annotations")):
            self._take(f"annotation {_id_of(one, place)}", one, self._take_annotation)

    def names(self) -> list[str]:
        """The names of images as the file gives them, with their folders."""
        return [str(image["file_name"]) for key, image in self._images.items() if self._annotations.get(key)]

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image; smaller objects lie over larger ones."""
        key = next(key for key, image in self._images.items() if str(image["file_name"]) == name)
        image = self._images[key]
        if image.get("height") and image.get("width"):
            stated = (whole_number(image["height"]), whole_number(image["width"]))
            check_size(stated, size_hw, f"{self._path.name}: {name}")
        objects = Objects(name, size_hw, self._path.name, self.problems)
        for place, one in enumerate(self._annotations[key]):
            self._add(objects, one, f"annotation {_id_of(one, place)}")
        objects.add_background_strokes(image.get("s2m_strokes"))
        objects.objects.sort(key=lambda one: -one.mask.area_px)
        return objects.annotation()

    def _add(self, objects: Objects, one: dict[str, Any], label: str) -> None:
        def read(free_id: int) -> ObjectAnnotation:
            segmentation = one.get("segmentation")
            if not segmentation:
                raise DataError("it has no segmentation")
            mask = decompressed(compressed(_numbers(segmentation), objects.size_hw), objects.size_hw)
            if not mask.any():
                raise DataError("its mask has no pixel in the image")
            attributes = one.get("attributes")
            known = attributes if isinstance(attributes, dict) else {}
            category = one.get("category_id")
            class_name = "" if category is None else self._categories.get(_key(category), "")
            strokes = known.get("s2m_strokes")
            return object_of(free_id, mask, class_name, known.get("name"), known.get("object_id"), strokes)

        objects.add(label, read)
        category = one.get("category_id")
        if category is not None and _key(category) not in self._categories:
            self.problems.append(f"{self._path.name}: {label} has the category {category!r}, which is not in the file")

    def _listed(self, content: object, what: str) -> list[Any]:
        return entries(content, f"{self._path}: {what}")

    def _take(self, label: str, one: object, take: Any) -> None:
        try:
            take(entry(one, label))
        except (DataError, KeyError, TypeError, ValueError) as error:
            self.problems.append(f"{self._path.name}: {label} is left out: {reason_of(error)}")

    def _take_category(self, one: dict[str, Any]) -> None:
        self._categories[_key(one["id"])] = str(one["name"] or "")

    def _take_image(self, one: dict[str, Any]) -> None:
        if not isinstance(one.get("file_name") or one.get("coco_url"), str):
            raise DataError("it has no file_name")
        key = _key(one["id"])
        if key in self._images:
            raise DataError(f"there is an image of the id {one['id']!r} already")
        self._images[key] = {**one, "file_name": one.get("file_name") or one["coco_url"]}

    def _take_annotation(self, one: dict[str, Any]) -> None:
        key = _key(one["image_id"])
        if key not in self._images:
            raise DataError(f"its image {one['image_id']!r} is not in the file")
        if one.get("iscrowd") and not self._crowds:
            self.crowds_left_out += 1
            return
        self._annotations.setdefault(key, []).append(one)


def _key(value: object) -> str:
    """An id as files write it: 1, 1.0 and "1" are the same."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise DataError(f"{value!r} is no id")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _id_of(one: object, place: int) -> str:
    """What to call an annotation."""
    return str(one["id"]) if isinstance(one, dict) and "id" in one else f"number {place + 1}"


def _numbers(segmentation: Any) -> Any:
    """Polygons as lists of coordinates, also where one stands alone or its points are pairs."""
    if not isinstance(segmentation, list):
        return segmentation
    if segmentation and all(isinstance(value, int | float) for value in segmentation):
        return [segmentation]
    return [
        [value for pair in polygon for value in pair]
        if isinstance(polygon, list) and polygon and all(isinstance(pair, list) for pair in polygon)
        else polygon
        for polygon in segmentation
    ]
