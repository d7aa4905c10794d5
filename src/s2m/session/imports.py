"""Masks made elsewhere in, COCO JSON or a folder of label maps; commands that put them into a session out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s2m.errors import DataError, ModelError
from s2m.files.coco_masks import compressed, decompressed
from s2m.files.images import IMAGE_SUFFIXES, read_image
from s2m.files.label_files import MAX_OBJECT_ID, check_mask_size, read_label_map
from s2m.session import ImageEntry, Project
from s2m.session.commands import ImportMasks, NamedMask
from s2m.session.packed_masks import PackedMask
from s2m.types import BoolArray, FloatArray, ObjectLogits, Stroke

_NO_MODEL = "imported masks"


class MaskFolder:
    """A folder of label maps (indexed or grey PNG), ``NAME.png`` for ``NAME.jpg``.

    Raises:
        DataError: no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DataError(f"{folder} is no folder; name a folder of label maps, or a COCO file that ends in .json")
        self._folder = folder

    def has_masks(self, image_name: str) -> bool:
        """Whether there is a label map of an image."""
        return self._path_of(image_name) is not None

    def masks_of(self, image_name: str, size_hw: tuple[int, int]) -> ImportMasks:
        """The masks of an image.

        Raises:
            DataError: it has none.
            MaskError: the file cannot be read as a label map, or is not of the image's size.
        """
        path = self._path_of(image_name)
        if path is None:
            raise DataError(f"{self._folder} has no label map for {image_name}; its name must be the same")
        label_map = read_label_map(path)
        check_mask_size(label_map, size_hw, path.name)
        return ImportMasks.from_label_map(label_map, path.name)

    def _path_of(self, image_name: str) -> Path | None:
        stem = Path(image_name).stem
        paths = (self._folder / f"{stem}{suffix}" for suffix in IMAGE_SUFFIXES)
        return next((path for path in paths if path.is_file()), None)


@dataclass(frozen=True)
class _CocoObject:
    category: str
    segmentation: Any
    area: float


class CocoFile:
    """A COCO instance file.  Crowds are left out; smaller objects lie over larger ones.

    Raises:
        DataError: unreadable, no JSON, or not laid out as COCO.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            content = json.loads(path.read_bytes())
            categories = {entry["id"]: str(entry["name"]) for entry in content["categories"]}
            names = {entry["id"]: Path(str(entry["file_name"])).name for entry in content["images"]}
            self._objects: dict[str, list[_CocoObject]] = {name: [] for name in names.values()}
            for entry in content["annotations"]:
                if not entry.get("iscrowd") and entry.get("segmentation"):
                    one = _CocoObject(
                        categories[entry["category_id"]], entry["segmentation"], float(entry.get("area", 0))
                    )
                    self._objects[names[entry["image_id"]]].append(one)
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror or error}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path} is not a COCO instance file ({type(error).__name__}: {error}); it needs images, annotations "
                "and categories"
            ) from error

    def has_masks(self, image_name: str) -> bool:
        """Whether an image has an object with a mask."""
        return bool(self._objects.get(image_name))

    def masks_of(self, image_name: str, size_hw: tuple[int, int]) -> ImportMasks:
        """The masks of an image; objects are numbered as in the file.

        Raises:
            DataError: it has none, one that cannot be decoded, or more objects than an image holds.
        """
        objects = self._objects.get(image_name, [])
        if not objects:
            raise DataError(f"{self._path.name} has no masks for {image_name}")
        if len(objects) > MAX_OBJECT_ID:
            raise DataError(
                f"{image_name} has {len(objects)} objects in {self._path.name}, at most {MAX_OBJECT_ID} fit"
            )
        numbered = sorted(enumerate(objects, start=1), key=lambda pair: -pair[1].area)
        masks = tuple(
            NamedMask(object_id=number, class_name=one.category[:200], mask=PackedMask.of(self._decoded(one, size_hw)))
            for number, one in numbered
        )
        return ImportMasks(source=self._path.name[:200], size_hw=size_hw, masks=masks)

    def _decoded(self, one: _CocoObject, size_hw: tuple[int, int]) -> BoolArray:
        try:
            return decompressed(compressed(one.segmentation, size_hw), size_hw)
        except ValueError as error:
            raise DataError(f"{self._path} has a mask that cannot be decoded: {error}") from error


def masks_source(path: Path) -> MaskFolder | CocoFile:
    """A COCO file if the name ends in .json, or else a folder of label maps.

    Raises:
        DataError: it is neither.
    """
    return CocoFile(path) if path.suffix.lower() == ".json" else MaskFolder(path)


def import_image(project: Project, source: MaskFolder | CocoFile, entry: ImageEntry) -> None:
    """Import the masks of one image and save its label map.

    Raises:
        S2MError: the image or its masks cannot be read, or the disk refuses.
    """
    image_rgb = read_image(entry.path)
    size_hw = (image_rgb.shape[0], image_rgb.shape[1])
    command = source.masks_of(entry.name, size_hw)
    session = project.open_image(entry.name, size_hw, _no_network, _NO_MODEL)
    try:
        session.do(command)
        project.save(session)
    finally:
        session.close()


def _no_network(strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]) -> FloatArray:
    """Importing asks no network, unless strokes drawn earlier were never answered and saved."""
    del strokes, previous, object_ids
    raise ModelError("this image has strokes that were never saved; open and save it in the page first")
