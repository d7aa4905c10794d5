"""A folder of image/label pairs in; labelled images, loaded when asked for, out.

An image is (H, W, 3) uint8 RGB, its label (H, W) uint8: 0 background, 1..254 objects, ``IGNORE`` (255)
pixels that neither losses nor scores count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Protocol, cast, get_args, overload

import numpy as np

from s2m.data.picture_files import PictureFile, read_cutout, read_label_picture, read_photograph
from s2m.data.problems import ReportProblem, refuse
from s2m.errors import DataError
from s2m.files.images import IMAGE_SUFFIXES
from s2m.files.text import read_rows
from s2m.types import ByteArray

Kind = Literal["salient", "instance", "parts", "partial", "alpha"]
"""What the numbers of a label mean.

salient: 1 is everything that is the main thing.  instance: a number an object.  parts: a number a part
of an object.  partial: as instance, but more objects of the same kind may stand unmarked in the
background.  alpha: the mask is the image's alpha channel.
"""

IGNORE = 255
"""The label of unknown pixels: left out of losses and scores."""

MAX_OBJECTS = 254
INDEX_NAME = "index.csv"


class LabelReader(Protocol):
    """Reads the label of one image."""

    def __call__(self) -> ByteArray:
        """The label, (H, W) uint8."""


@dataclass(frozen=True)
class LabelledImage:
    """One image with its label; both are read from disk at each call.

    Attributes:
        name: the file name without its suffix; unique in its folder.
        kind: what the numbers of the label mean.
        image_path: the photograph; in a shard, the path of the shard with the photograph's name in it.
        read_label: reads the label, (H, W) uint8 of the image's size.
        packed: the photograph where it is no file of its own.
    """

    name: str
    kind: Kind
    image_path: Path
    read_label: LabelReader
    packed: PictureFile | None = None

    @property
    def photograph(self) -> PictureFile:
        """What the photograph is read from."""
        return self.packed or self.image_path

    def load(self) -> tuple[ByteArray, ByteArray]:
        """The image (H, W, 3) uint8 RGB and its label (H, W) uint8; an alpha image lies over white.

        Raises:
            DataError: a file is missing or broken, or the two differ in size.
        """
        image_rgb = read_photograph(self.photograph)
        label = self.read_label()
        if label.shape != image_rgb.shape[:2]:
            raise DataError(
                f"{self.image_path} is {_size_words(image_rgb)}, but its label is {_size_words(label)}; "
                "image and label must have the same size"
            )
        return image_rgb, label


@dataclass(frozen=True)
class LabelFile:
    """Reads a label from a picture file: palette indices, grey values, or black and white."""

    path: PictureFile

    def __call__(self) -> ByteArray:
        """The label, (H, W) uint8; see ``read_label_picture``."""
        return read_label_picture(self.path)


@dataclass(frozen=True)
class AlphaChannel:
    """Reads a label from the alpha channel of an image: 1 where it is at least one half."""

    path: PictureFile

    def __call__(self) -> ByteArray:
        """The label, (H, W) uint8 of 0 and 1."""
        return (read_cutout(self.path)[..., 3] >= 128).astype(np.uint8)


class LabelledFolder(Sequence[LabelledImage]):
    """The pairs of one folder, in the order of their names.

    A pair is ``NAME.jpg`` (or another image suffix) beside ``NAME.png``; an image with an alpha channel
    needs no label file where the index says that its kind is "alpha".  Without an index, files that are no
    pair are left out; ``unpaired_files`` names them.

    Args:
        folder: where the pairs lie.
        kind: what the labels mean.  None: as the data set's ``index.csv`` says (looked for in the folder
            and in the two above it), and "instance" where there is none.
        report: told of each image that the index lists and that, or whose label, is missing.

    Raises:
        DataError: the folder is missing or holds no pair.
    """

    def __init__(self, folder: Path, kind: Kind | None = None, report: ReportProblem = refuse) -> None:
        self.folder = folder
        files = _files_in(folder)
        kinds = _kinds_of_index(folder)
        if kinds:
            self._images = tuple(_pairs_of_index(folder, files, kinds, kind, report))
        else:
            self._images = tuple(_pairs_of_files(files, kind or "instance"))
        if not self._images:
            raise DataError(f"{folder} holds no image/label pair; wanted files such as NAME.jpg beside NAME.png")

    @overload
    def __getitem__(self, index: int) -> LabelledImage: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[LabelledImage]: ...

    def __getitem__(self, index: int | slice) -> LabelledImage | Sequence[LabelledImage]:
        return self._images[index]

    def __len__(self) -> int:
        return len(self._images)

    def __iter__(self) -> Iterator[LabelledImage]:
        return iter(self._images)


@dataclass(frozen=True)
class DataSet:
    """A named set of labelled images and how often an epoch passes over it."""

    name: str
    images: Sequence[LabelledImage]
    repeats: int = 1


def object_ids(label: ByteArray) -> tuple[int, ...]:
    """The objects of a label (H, W), ascending; without background and ignored pixels."""
    counts = np.bincount(label.ravel(), minlength=256)
    return tuple(int(value) for value in np.flatnonzero(counts[1:IGNORE]) + 1)


def unpaired_files(folder: Path) -> Iterator[str]:
    """A sentence for each image without a label and each label without an image, in a folder without an index."""
    files = _files_in(folder)
    if _kinds_of_index(folder):
        return
    for path in files.values():
        if is_photograph(path) and _label_of(path.stem, files) is None:
            yield f"{path} has no label {path.stem}.png beside it; the data set is incomplete"
        is_label = path.suffix.lower() == ".png" and "-scribbles-" not in path.stem
        if is_label and _photograph_of(path.stem, files) is None:
            yield f"{path} has no image such as {path.stem}.jpg beside it; the data set is incomplete"


def files_by_name(folder: Path, pattern: str = "*") -> dict[str, Path]:
    """The files of a folder in the order of their names, by their lower-case paths below it.

    Hidden files, such as those beginning with "._" that macOS leaves, are no part of a data set.
    """
    found = sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
    return {str(path.relative_to(folder)).lower(): path for path in found}


def is_photograph(path: Path) -> bool:
    """Whether a file beside its label is the image; the label is the PNG."""
    return path.suffix.lower() in IMAGE_SUFFIXES and path.suffix.lower() not in (".png", ".apng")


def _files_in(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give a folder of image/label pairs (NAME.jpg and NAME.png)")
    return files_by_name(folder)


def _label_of(name: str, files: dict[str, Path]) -> Path | None:
    return files.get(f"{name}.png".lower())


def _pairs_of_index(
    folder: Path, files: dict[str, Path], kinds: dict[str, Kind], kind: Kind | None, report: ReportProblem
) -> Iterator[LabelledImage]:
    for name in sorted(kinds):
        is_alpha = (kind or kinds[name]) == "alpha"
        image_path = _photograph_of(name, files) or (_label_of(name, files) if is_alpha else None)
        if image_path is None:
            report(f"{folder} has no image {name}, which the index lists; the data set is incomplete")
        elif is_alpha or _label_of(name, files) is not None:
            yield _labelled_image(name, kind or kinds[name], image_path, files)
        else:
            report(f"{image_path} has no label {name}.png beside it; the data set is incomplete")


def _pairs_of_files(files: dict[str, Path], kind: Kind) -> Iterator[LabelledImage]:
    for path in files.values():
        if is_photograph(path) and (kind == "alpha" or _label_of(path.stem, files) is not None):
            yield _labelled_image(path.stem, kind, path, files)


def _labelled_image(name: str, kind: Kind, image_path: Path, files: dict[str, Path]) -> LabelledImage:
    reader = AlphaChannel(image_path) if kind == "alpha" else LabelFile(files[f"{name}.png".lower()])
    return LabelledImage(name, kind, image_path, reader)


def _photograph_of(name: str, files: dict[str, Path]) -> Path | None:
    found = (files.get((name + suffix).lower()) for suffix in IMAGE_SUFFIXES)
    return next((path for path in found if path is not None and is_photograph(path)), None)


def _kinds_of_index(folder: Path) -> dict[str, Kind]:
    """The names and kinds that the data set's index gives for a folder ``SPLIT/SET``; empty without an index."""
    resolved = folder.resolve()
    for parent in (resolved, *list(resolved.parents)[:2]):
        index = parent / INDEX_NAME
        if index.is_file():
            return _read_index(index).get((resolved.parent.name, resolved.name), {})
    return {}


@cache
def _read_index(index: Path) -> dict[tuple[str, str], dict[str, Kind]]:
    """Kinds by (split, set) and name."""
    sets: dict[tuple[str, str], dict[str, Kind]] = {}
    columns, *rows = read_rows(index, DataError)
    missing = {"split", "set", "name", "kind"} - set(columns)
    if missing:
        raise DataError(f"{index} lacks the columns {', '.join(sorted(missing))}; wanted split, set, name, kind")
    for number, values in enumerate(rows, start=2):
        if len(values) != len(columns):
            raise DataError(f"{index} has {len(values)} values in row {number}; wanted {len(columns)}")
        row = dict(zip(columns, values, strict=True))
        if row["kind"] not in get_args(Kind):
            raise DataError(f"{index} gives {row['name']} the kind {row['kind']!r}; use {', '.join(get_args(Kind))}")
        sets.setdefault((row["split"], row["set"]), {})[row["name"]] = cast(Kind, row["kind"])
    return sets


def _size_words(array: ByteArray) -> str:
    return f"{array.shape[1]} x {array.shape[0]}"
