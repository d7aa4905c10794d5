"""A folder in the original layout of the GrabCut data set in; labelled images of one object each out.

ROOT/data_GT/NAME.jpg beside ROOT/boundary_GT/NAME.bmp, a trimap: 0 background, 255 object, 128 (and anything
between) the band along the outline that nobody could judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from s2m.data.labelled_images import IGNORE, LabelledImage, files_by_name
from s2m.data.picture_files import read_greys
from s2m.errors import DataError
from s2m.files.images import IMAGE_SUFFIXES
from s2m.types import ByteArray

IMAGES, TRIMAPS = "data_GT", "boundary_GT"
TRIMAP_SUFFIXES = (".bmp", ".png")


@dataclass(frozen=True)
class TrimapFile:
    """Reads a label from a trimap: 255 is the object, 0 the background, the rest is unknown."""

    path: Path

    def __call__(self) -> ByteArray:
        """The label, (H, W) uint8 of 0, 1 and ``IGNORE``."""
        values = read_greys(self.path)
        return np.select([values == 255, values == 0], [1, 0], IGNORE).astype(np.uint8)


def is_grabcut(root: Path) -> bool:
    """Whether a folder has the original layout of GrabCut."""
    return (root / IMAGES).is_dir() and (root / TRIMAPS).is_dir()


def read_grabcut(root: Path) -> tuple[LabelledImage, ...]:
    """The images in the order of their names.

    Raises:
        DataError: a folder is missing or empty, or an image has no trimap.
    """
    if not is_grabcut(root):
        raise DataError(f"{root} lacks {IMAGES}/ or {TRIMAPS}/; wanted the original layout of GrabCut")
    images = tuple(_images(root))
    if not images:
        raise DataError(f"{root / IMAGES} holds no image; wanted NAME.jpg with {TRIMAPS}/NAME.bmp")
    return images


def _images(root: Path) -> Iterator[LabelledImage]:
    trimaps = files_by_name(root / TRIMAPS)
    for image_path in files_by_name(root / IMAGES).values():
        if image_path.suffix.lower() not in IMAGE_SUFFIXES:
            continue
        names = [f"{image_path.stem}{suffix}" for suffix in TRIMAP_SUFFIXES]
        trimap = next((trimaps[name.lower()] for name in names if name.lower() in trimaps), None)
        if trimap is None:
            raise DataError(f"{image_path} has no trimap {root / TRIMAPS / names[0]}; the data set is incomplete")
        yield LabelledImage(image_path.stem, "salient", image_path, TrimapFile(trimap))
