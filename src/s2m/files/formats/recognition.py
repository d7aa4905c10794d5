"""A file, a folder or an archive in; the reader of its format, recognised by what is in it, out."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from s2m.errors import ConfigError, DataError
from s2m.files.formats.arrays import TiffSource
from s2m.files.formats.coco_reading import CocoSource
from s2m.files.formats.picture_reading import LabelMapFolder
from s2m.files.formats.reading import JoinedSource, Source, files_in
from s2m.files.formats.table import READERS
from s2m.files.mask_pictures import MaskKind
from s2m.files.text import read_json

MAX_ARCHIVE_FILES = 200_000
MAX_ARCHIVE_BYTES = 20_000_000_000
_MOST_TIMES_SMALLER = 1100
"""More than deflate can do; such an archive was made to fill the disk."""


@contextmanager
def opened_source(
    path: Path, kind: str | None = None, crowds: bool = True, mask_kind: MaskKind = "auto"
) -> Iterator[Source]:
    """The reader of a file, a folder or a ZIP archive, which is unpacked for the while.

    Args:
        path: of it.
        kind: the name of its format, or None to recognise it.
        crowds: whether objects that COCO marks as crowds come in.
        mask_kind: what the values of label maps mean.

    Raises:
        ConfigError: an unknown format.
        DataError: it cannot be read, or is of no format that is known.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist; name a file or a folder of masks")
    if path.suffix.lower() == ".zip" and path.is_file():
        folder = Path(tempfile.mkdtemp(prefix="s2m-archive-"))
        try:
            unpack(path, folder)
            yield source_of(_only_folder(folder), kind, crowds, mask_kind)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    else:
        yield source_of(path, kind, crowds, mask_kind)


def source_of(path: Path, kind: str | None = None, crowds: bool = True, mask_kind: MaskKind = "auto") -> Source:
    """The reader of a file or a folder; see ``opened_source``."""
    if kind is not None and kind not in READERS:
        raise ConfigError(f'there is no format "{kind}"; there are {", ".join(READERS)}')
    kind = kind or recognised(path)
    read = READERS[kind]
    if kind in ("coco", "coco-polygons"):
        read = partial(CocoSource, crowds=crowds)
    if kind in ("label-maps", "tiff"):
        read = partial(LabelMapFolder if kind == "label-maps" else TiffSource, mask_kind=mask_kind)
    if kind not in _ONE_FILE or path.is_file():
        return read(path)
    files = files_in(path, _ONE_FILE[kind])
    if not files:
        raise DataError(f"{path} has no file {_ONE_FILE[kind]}; name the file")
    return JoinedSource([read(file) for file in files])


def recognised(path: Path) -> str:
    """The name of the format of a file or a folder.

    Raises:
        DataError: it is of none.
    """
    if path.is_file():
        kind = _FILES.get(path.suffix.lower())
        return kind or (_kind_of_json(path) if path.suffix.lower() == ".json" else "label-maps")
    if (path / "ImageSets").is_dir() or (path / "SegmentationObject").is_dir():
        return "voc"
    if any(path.glob("*.yaml")) or any(path.glob("*.yml")) or (path / "labels").is_dir():
        return "yolo"
    if any(path.rglob("metadata.jsonl")):
        return "imagefolder"
    for pattern, kind in (("annotations.xml", "cvat"), ("*.npz", "npz"), ("*.geojson", "geojson")):
        if any(path.rglob(pattern)):
            return kind
    files = files_in(path, "*.json")
    if files:
        return _kind_of_json(files[0])
    return "tiff" if _has_tiff_alone(path) else "label-maps"


def unpack(path: Path, folder: Path) -> None:
    """Unpack a ZIP archive into a folder.

    Raises:
        DataError: damaged, a name leads out of the folder, a link, or more than can be meant.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            packed = max(1, path.stat().st_size)
            if len(members) > MAX_ARCHIVE_FILES or total > min(MAX_ARCHIVE_BYTES, packed * _MOST_TIMES_SMALLER):
                raise DataError(f"{path} unpacks to {len(members)} files of {total / 1e6:,.0f} MB; unpack it yourself")
            for member in members:
                name = PurePosixPath(member.filename.replace("\\", "/"))
                is_link = stat.S_ISLNK(member.external_attr >> 16)
                if name.is_absolute() or ".." in name.parts or ":" in member.filename or is_link:
                    raise DataError(f"{path} holds {member.filename[:80]!r}, which leads out of it; unpack it yourself")
            for member in members:
                _unpack_member(archive, member, folder)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise DataError(f"{path} is no ZIP archive that can be read: {error}; pack it again") from error


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    """Unpack one file, no more of it than the archive announces."""
    target = folder / member.filename.replace("\\", "/")
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    left = member.file_size
    with archive.open(member) as packed, target.open("wb") as file:
        while left > 0 and (data := packed.read(min(left, 1 << 20))):
            file.write(data)
            left -= len(data)


def _only_folder(folder: Path) -> Path:
    """The folder, or the one that is all that it holds."""
    inside = [path for path in folder.iterdir() if path.name != "__MACOSX"]
    if len(inside) == 1 and (inside[0].is_dir() or inside[0].suffix.lower() in (".json", ".xml")):
        return inside[0]
    return folder


def _kind_of_json(path: Path) -> str:
    content: Any = read_json(path, DataError)
    if isinstance(content, list):
        first = content[0] if content else None
        return "geojson" if isinstance(first, dict) and "geometry" in first else "label-studio"
    if isinstance(content, dict):
        for key, kind in _KEYS:
            if key in content:
                return kind
    raise DataError(
        f"{path} is not a COCO instance file, nor one of labelme, Label Studio or GeoJSON; name its --format"
    )


def _has_tiff_alone(folder: Path) -> bool:
    """Whether a folder holds TIFF labels alone."""
    files = [file for file in files_in(folder, "*") if file.is_file()]
    return bool(files) and all(file.suffix.lower() in (".tif", ".tiff") for file in files)


_ONE_FILE = {
    **dict.fromkeys(["coco", "coco-polygons", "label-studio", "label-studio-bitmask"], "*.json"),
    "cvat": "*.xml",
}
"""Formats with all images in one file."""

_FILES = {".xml": "cvat", ".npz": "npz", ".geojson": "geojson", ".tif": "tiff", ".tiff": "tiff"}
_KEYS = (("annotations", "coco"), ("shapes", "labelme"), ("features", "geojson"), ("data", "label-studio"))
