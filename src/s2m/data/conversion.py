"""A set of labelled images in; a folder of pairs NAME.jpg or NAME.webp and NAME.png out, with lines for its index."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from PIL import Image

from s2m.data.labelled_images import INDEX_NAME, LabelledImage, object_ids
from s2m.errors import DataError, OutputError
from s2m.files.atomic import write_atomically
from s2m.files.label_files import label_map_bytes
from s2m.files.opening import open_picture, orientation_of
from s2m.files.text import read_rows
from s2m.types import ByteArray

INDEX_COLUMNS = ("split", "set", "name", "width", "height", "num_objects", "kind")

_COPIED_SUFFIXES = (".jpg", ".jpeg", ".webp")


@dataclass(frozen=True)
class IndexLine:
    """One line of ``index.csv``, in the order of ``INDEX_COLUMNS``."""

    split: str
    set: str
    name: str
    width: int
    height: int
    num_objects: int
    kind: str


def convert_set(
    images: Sequence[LabelledImage], root: Path, split: str, name: str, report_progress: Callable[[], object]
) -> list[IndexLine]:
    """Write a set to ``ROOT/SPLIT/NAME``.

    Photographs are copied byte for byte where they can be; PNG files (the label has that name), turned and
    transparent ones become lossless WebP.

    Args:
        images: the set.
        root: the data set's root.
        split: "train", "val", "eval" or any other folder name.
        name: the set's folder.
        report_progress: called after each image.

    Returns:
        The index lines of the images, in their order.

    Raises:
        DataError: an image or label cannot be read.
        OutputError: a file cannot be written, or the folder already holds files.
    """
    folder = root / split / name
    if folder.exists() and any(folder.iterdir()):
        raise OutputError(f"{folder} already holds files; choose another destination or remove it")
    lines = []
    for image in images:
        image_rgb, label = image.load()
        _write_image(image, image_rgb, folder)
        write_atomically(folder / f"{image.name}.png", label_map_bytes(label.astype("int32")))
        kind = "salient" if image.kind == "alpha" else image.kind
        height, width = label.shape
        lines.append(IndexLine(split, name, image.name, width, height, len(object_ids(label)), kind))
        report_progress()
    return lines


def write_index(root: Path, lines: Sequence[IndexLine]) -> None:
    """Add lines to ``ROOT/index.csv``; those of the sets among them are replaced.

    Raises:
        DataError: an index of another form stands there.
        OutputError: the file cannot be written.
    """
    path = root / INDEX_NAME
    kept: list[tuple[str, ...]] = []
    replaced = {(line.split, line.set) for line in lines}
    if path.is_file():
        header, *rows = read_rows(path, DataError)
        if tuple(header) != INDEX_COLUMNS:
            raise DataError(f"{path} has the columns {header}; wanted {', '.join(INDEX_COLUMNS)}")
        kept = [tuple(row) for row in rows if tuple(row[:2]) not in replaced]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(INDEX_COLUMNS)
    writer.writerows(kept)
    writer.writerows(astuple(line) for line in lines)
    write_atomically(path, text.getvalue().encode())


def _write_image(image: LabelledImage, image_rgb: ByteArray, folder: Path) -> None:
    suffix = image.photograph.suffix.lower()
    content = image.photograph.read_bytes()
    if suffix in _COPIED_SUFFIXES and _is_plain(content):
        write_atomically(folder / f"{image.name}{suffix}", content)
        return
    packed = io.BytesIO()
    Image.fromarray(image_rgb).save(packed, "WEBP", lossless=True)
    write_atomically(folder / f"{image.name}.webp", packed.getvalue())


def _is_plain(content: bytes) -> bool:
    """Whether a photograph file needs neither turning nor a ground to lie on."""
    picture = open_picture(content, "the photograph")
    return orientation_of(picture) == 1 and not picture.has_transparency_data
