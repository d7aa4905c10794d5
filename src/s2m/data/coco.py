"""A COCO or LVIS instance file and its folder of images in; labelled images out.

The JSON is streamed: only the masks of the annotations that count are kept, as compressed run lengths.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar

import ijson  # type: ignore[import-untyped]
import numpy as np

from s2m.data.labelled_images import IGNORE, MAX_OBJECTS, Kind, LabelledImage, files_by_name
from s2m.data.problems import ReportProblem, refuse
from s2m.errors import DataError
from s2m.files.coco_masks import compressed, decompressed
from s2m.files.text import encoding_of
from s2m.types import ByteArray

NO_ANNOTATION_TOO_SMALL = 0.0

_Entry = TypeVar("_Entry")


@dataclass(frozen=True)
class EncodedMask:
    """One annotation's mask in compressed run lengths; see ``s2m.files.coco_masks``."""

    counts: bytes
    area: float
    is_crowd: bool


@dataclass(frozen=True)
class InstanceLabel:
    """Draws the label of one image from its encoded masks; smaller objects lie over larger ones.

    Attributes:
        size_hw: of the image.
        masks: the largest first, at most ``MAX_OBJECTS`` that are no crowds; those are numbered 1, 2, ...
    """

    size_hw: tuple[int, int]
    masks: tuple[EncodedMask, ...]

    def __call__(self) -> ByteArray:
        """The label, (H, W) uint8; crowds are ``IGNORE`` where no object lies over them."""
        label = np.zeros(self.size_hw, dtype=np.uint8)
        objects = [mask for mask in self.masks if not mask.is_crowd]
        for crowd in (mask for mask in self.masks if mask.is_crowd):
            label[decompressed(crowd.counts, self.size_hw)] = IGNORE
        for number, mask in enumerate(objects, start=1):
            label[decompressed(mask.counts, self.size_hw)] = number
        return label


@dataclass(frozen=True)
class _ImageEntry:
    file_name: str
    size_hw: tuple[int, int]


def read_instances(
    annotation_file: Path,
    images_folder: Path,
    kind: Kind = "instance",
    area_over: float = NO_ANNOTATION_TOO_SMALL,
    report: ReportProblem = refuse,
) -> tuple[LabelledImage, ...]:
    """The images of an instance file that have at least one object, in the order of their names.

    Args:
        annotation_file: COCO or LVIS JSON: ``images`` and ``annotations`` with polygons or run lengths.
        images_folder: holds the images by their file names, whatever the case of their letters.
        kind: what the numbers mean: "partial" where not all objects are annotated (LVIS).
        area_over: annotations of this area in pixels or less are left out.
        report: told of each malformed entry, which is left out.

    Raises:
        DataError: the file is missing, damaged or of another form, or the folder is missing.
    """
    if not images_folder.is_dir():
        raise DataError(f"{images_folder} is no folder; wanted the images that {annotation_file} describes")
    entries = dict(_parsed(annotation_file, "images", _image_entry, report))
    if not entries:
        return ()
    masks: dict[int, list[EncodedMask]] = {}
    parse = partial(_annotation, entries, annotation_file)
    for image_id, mask in _parsed(annotation_file, "annotations", parse, report):
        if mask.area > area_over:
            masks.setdefault(image_id, []).append(mask)
    path_of = _ImagePaths(images_folder)
    images = (_labelled_image(entries[key], found, path_of, kind) for key, found in masks.items())
    return tuple(sorted((image for image in images if image is not None), key=lambda image: image.name))


def _parsed(
    path: Path, section: str, parse: Callable[[Mapping[str, Any]], _Entry], report: ReportProblem
) -> Iterator[_Entry]:
    """The entries of one list of the file, one at a time, without those that are reported."""
    count = 0
    try:
        with path.open("rb") as file:
            for item in ijson.items(_JsonBytes(file, str(path)), f"{section}.item", use_float=True):
                try:
                    entry = parse(item)
                except DataError as error:
                    report(str(error))
                except (KeyError, TypeError, ValueError) as error:
                    report(f"{path}: entry {count} of {section} lacks {error}; wanted COCO or LVIS instances")
                else:
                    yield entry
                count += 1
    except FileNotFoundError:
        raise DataError(f"{path} is missing; wanted an instance file in the JSON of COCO or LVIS") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error})") from error
    except (ijson.JSONError, UnicodeError, OverflowError, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path} is damaged after {count} {section} ({reason}); fetch it again") from error
    if count == 0:
        raise DataError(f"{path} holds no {section}; wanted an instance file in the JSON of COCO or LVIS")


class _JsonBytes:
    """A JSON file in UTF-8, whatever Unicode encoding it is in, of which the nesting is bounded.

    ijson takes a time that grows with the square of the depth.

    Args:
        file: at its beginning.
        name: of it, for messages.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        encoding, mark_nbytes = encoding_of(file.read(4))
        file.seek(mark_nbytes)
        self._file, self._name = file, name
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._depth, self._in_string, self._is_escaped = 0, False, False

    def read(self, size: int) -> bytes:
        """The next bytes; empty at the end.

        Raises:
            DataError: the file is nested too deep.
        """
        data = b""
        while size and not data:
            raw = self._file.read(size)
            data = self._decoder.decode(raw, final=not raw).encode()
            if not raw:
                break
        self._count(data)
        return data

    def _count(self, data: bytes) -> None:
        text = (b'"' if self._in_string else b"") + data[self._is_escaped :]
        outside, quote, rest = _STRING.sub(b"", text).partition(b'"')
        self._in_string = bool(quote)
        self._is_escaped = (len(rest) - len(rest.rstrip(b"\\"))) % 2 == 1
        codes = np.frombuffer(outside, dtype=np.uint8)
        steps = np.isin(codes, list(b"[{")).astype(np.int64) - np.isin(codes, list(b"]}"))
        depths = self._depth + np.cumsum(steps)
        if len(depths):
            self._depth = int(depths[-1])
        if depths.max(initial=0) > _DEEPEST:
            raise DataError(f"{self._name} is nested over {_DEEPEST} deep; wanted COCO or LVIS instances")


_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_DEEPEST = 200


def _image_entry(item: Mapping[str, Any]) -> tuple[int, _ImageEntry]:
    return int(item["id"]), _ImageEntry(_file_name(item), (int(item["height"]), int(item["width"])))


def _annotation(entries: Mapping[int, _ImageEntry], source: Path, item: Mapping[str, Any]) -> tuple[int, EncodedMask]:
    image_id = int(item["image_id"])
    if image_id not in entries:
        raise DataError(f"{source}: an annotation is of image {image_id}, which is not listed")
    return image_id, _encoded(item, entries[image_id], source)


def _file_name(item: Mapping[str, Any]) -> str:
    """COCO gives the file's name, on Windows with backslashes, LVIS only the address it was published at."""
    if "file_name" not in item:
        return PurePosixPath(str(item["coco_url"])).name
    return str(item["file_name"]).replace("\\", "/")


def _encoded(item: Mapping[str, Any], entry: _ImageEntry, source: Path) -> EncodedMask:
    try:
        counts = compressed(item["segmentation"], entry.size_hw)
        area = float(item["area"]) if item.get("area") is not None else float(decompressed(counts, entry.size_hw).sum())
    except ValueError as error:
        raise DataError(f"{source}: annotation {item.get('id')} of {entry.file_name} is malformed ({error})") from error
    return EncodedMask(counts, area, bool(item.get("iscrowd", 0)))


class _ImagePaths:
    """The files that names mean: the exact one, or else one that differs in the case of its letters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, file_name: str) -> Path:
        exact = self._folder / file_name
        return exact if exact.is_file() else self._in_any_case.get(file_name.lower(), exact)

    @cached_property
    def _in_any_case(self) -> dict[str, Path]:
        return files_by_name(self._folder, "**/*")


def _labelled_image(
    entry: _ImageEntry, masks: Sequence[EncodedMask], path_of: Callable[[str], Path], kind: Kind
) -> LabelledImage | None:
    ordered = sorted(masks, key=lambda mask: -mask.area)
    objects = [mask for mask in ordered if not mask.is_crowd][:MAX_OBJECTS]
    if not objects:
        return None
    crowds = [mask for mask in ordered if mask.is_crowd]
    label = InstanceLabel(entry.size_hw, (*crowds, *objects))
    name = str(PurePosixPath(entry.file_name).with_suffix("")).replace("/", "_")
    return LabelledImage(name, kind, path_of(entry.file_name), label)
