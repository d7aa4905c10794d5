"""Pictures of masks in: what ``pictures`` wrote, a Hugging Face ImageFolder, or a plain folder of label maps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from s2m.errors import DataError
from s2m.files.formats.annotation import ImageAnnotation, ObjectAnnotation, PlacedMask, strokes_of_json
from s2m.files.formats.reading import (
    UNREADABLE,
    Objects,
    check_size,
    entry,
    labelled_object,
    marked,
    object_of,
    picture_of,
    placed_in,
    reason_of,
    whole_number,
)
from s2m.files.images import IMAGE_SUFFIXES
from s2m.files.label_files import object_ids, read_label_map
from s2m.files.mask_pictures import MaskKind
from s2m.files.reading import read_bytes
from s2m.files.text import parsed, read_text

_LOSSLESS = (".png", ".tif", ".tiff", ".bmp", ".gif")


class DescribedPictures:
    """A folder with ``metadata.jsonl``, or with folders of splits that have one: object pictures or label maps.

    Raises:
        DataError: no such file.
    """

    def __init__(self, folder: Path) -> None:
        self.problems: list[str] = []
        self._lines: dict[str, list[tuple[Path, int, Mapping[str, Any]]]] = {}
        files = sorted(folder.rglob("metadata.jsonl"))
        if not files:
            raise DataError(f"{folder} has no metadata.jsonl; name the folder that was exported")
        for file in files:
            for number, line in enumerate(read_text(file, DataError).split("\n"), start=1):
                if line.strip():
                    self._take(file, number, line)

    def names(self) -> list[str]:
        """The images that the lines are about."""
        return list(self._lines)

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image."""
        lines = self._lines[name]
        objects = Objects(name, size_hw, lines[0][0].name, self.problems)
        for file, number, line in lines:
            if "mask_file_name" in line:
                return self._of_label_map(name, size_hw, file, number, line)
            objects.add(f"line {number}", partial(_object, file.parent, line, size_hw))
        return objects.annotation()

    def _take(self, file: Path, number: int, text: str) -> None:
        try:
            line = entry(parsed(text.encode(), file.name, DataError), "it")
            name = line.get("image") if "s2m" in line else line.get("file_name")
            if not isinstance(name, str) or not ("s2m" in line or "mask_file_name" in line):
                raise DataError("it names no image with a mask")
            self._lines.setdefault(name, []).append((file, number, line))
        except DataError as error:
            self.problems.append(f"{file.name}: line {number} is left out: {reason_of(error)}")

    def _of_label_map(
        self, name: str, size_hw: tuple[int, int], file: Path, number: int, line: Mapping[str, Any]
    ) -> ImageAnnotation:
        path = inside(file.parent, line["mask_file_name"])
        labels = read_label_map(path)
        check_size((labels.shape[0], labels.shape[1]), size_hw, path.name)
        known: dict[int, tuple[str, str]] = {}
        about = line.get("objects")
        if isinstance(about, dict):
            try:
                rows = zip(about["id"], about["name"], about["class"], strict=True)
                known = {whole_number(key): (str(title), str(kind)) for key, title, kind in rows}
            except UNREADABLE as error:
                self.problems.append(
                    f"{file.name}: line {number}: the objects of {name} have no names: {reason_of(error)}"
                )
        objects = Objects(name, size_hw, path.name, self.problems)
        for value in object_ids(labels):
            title, kind = known.get(value, ("", ""))
            objects.add(f"object {value}", partial(labelled_object, labels == value, kind, title, value))
        image = objects.annotation()
        try:
            return image.with_strokes(strokes_of_json(line.get("strokes"), f"{file.name}: line {number} of {name}"))
        except DataError as error:
            self.problems.append(str(error))
            return image


class LabelMapFolder:
    """Label maps, indexed or grey, a file or a folder of them: ``NAME.png`` for ``NAME.jpg``.

    Those in the folder itself come before those in the folders in it.  Where files have the same stem, the one that
    keeps every pixel is the label map.

    Args:
        path: the file or the folder.
        mask_kind: what the values of the pictures mean.

    Raises:
        DataError: no such file or folder.
    """

    def __init__(self, path: Path, mask_kind: MaskKind = "auto") -> None:
        self.problems: list[str] = []
        self._kind: MaskKind = mask_kind
        if not path.exists():
            raise DataError(f"{path} does not exist; name a file or a folder of masks")
        files = [path] if path.is_file() else [file for file in sorted(path.rglob("*")) if _is_picture(file)]
        self._paths: dict[str, list[Path]] = {}
        ranks = {file: (len(file.relative_to(path).parts), file.suffix.lower() not in _LOSSLESS) for file in files}
        for file in files:
            same = self._paths.setdefault(file.stem, [])
            if not same or ranks[file] < ranks[same[0]]:
                self._paths[file.stem] = [file]
            elif ranks[file] == ranks[same[0]]:
                same.append(file)

    def names(self) -> list[str]:
        """Stems of images."""
        return list(self._paths)

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image.

        Raises:
            DataError: several files may be meant.
            MaskError: the file is no label map of the image's size.
        """
        path, *others = self._paths[name]
        if others:
            raise DataError(f"its mask may be {path} or {others[0]}; name the folder of one of them")
        labels = read_label_map(path, self._kind)
        check_size((labels.shape[0], labels.shape[1]), size_hw, path.name)
        objects = Objects(name, size_hw, path.name, self.problems)
        for value in object_ids(labels):
            objects.add(f"object {value}", partial(labelled_object, labels == value, "", "", value))
        return objects.annotation()


def inside(folder: Path, relative: object) -> Path:
    """A file that a line names.

    Raises:
        DataError: it lies outside of the folder.
    """
    path = (folder / str(relative)).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise DataError(f"{str(relative)[:80]!r} lies outside of the folder")
    return path


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".") and file.is_file()


def _object(folder: Path, line: Mapping[str, Any], size_hw: tuple[int, int], free_id: int) -> ObjectAnnotation:
    check_size((whole_number(line["height"]), whole_number(line["width"])), size_hw, "it")
    path = inside(folder, line["file_name"])
    picture = picture_of(read_bytes(path, DataError), size_hw[0] * size_hw[1], path.name)
    if line["s2m"] == "cut-out":
        opaque = np.asarray(picture.convert("RGBA"))[:, :, 3] >= 128
        left, top, _, _ = line["box_xyxy"]
        mask = placed_in(opaque, left, top, size_hw)
    else:
        mask = PlacedMask.of(marked(picture))
        check_size((picture.height, picture.width), size_hw, path.name)
    strokes = line.get("strokes")
    return object_of(free_id, mask, line.get("class"), line.get("name"), line.get("object_id"), strokes)
