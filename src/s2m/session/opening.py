"""A photograph or a folder of photographs in; a session or a project to draw in, out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from s2m.engine.segmenter import Segmenter
from s2m.errors import ImageError
from s2m.files.images import read_image
from s2m.session.answers import predictor_of
from s2m.session.journal import JournalHeader, MemoryJournal
from s2m.session.project import Project
from s2m.session.session import Session
from s2m.types import ByteArray


def open_image(image: str | Path | ArrayLike, segmenter: Segmenter | None = None) -> Session:
    """Open one photograph to draw on.  Everything stays in memory: ``Session.save`` writes a file.

    Args:
        image: a file, or its pixels (H, W, 3) uint8, RGB, upright.
        segmenter: answers the strokes; by default the shipped model.  Share one among images.

    Raises:
        ImageError: the file cannot be read, or the array is no RGB image.
    """
    pixels, name = _pixels_of(image)
    segmenter = segmenter or _shipped()
    header = JournalHeader(image=name, size_hw=(pixels.shape[0], pixels.shape[1]), overlap="exclusive")
    return Session(MemoryJournal.begin(header), predictor_of(segmenter, pixels), segmenter.model.card.model_id)


def open_project(images: str | Path, output: str | Path = "output") -> Project:
    """Open a folder of photographs, or one photograph, as the page does: every stroke is kept in ``output``.

    Args:
        images: the folder, or a file.
        output: the folder of label maps and journals; made if it is not there.

    Raises:
        ImageError: there is no photograph.
        OutputError: the output folder cannot be written.
    """
    return Project.open(Path(images), Path(output))


def _pixels_of(image: str | Path | ArrayLike) -> tuple[ByteArray, str]:
    if isinstance(image, str | Path):
        return read_image(Path(image)), Path(image).name
    pixels = np.asarray(image)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise ImageError(f"an image is an array (H, W, 3) of uint8, got {pixels.shape} of {pixels.dtype}")
    return pixels, "image"


@lru_cache(maxsize=1)
def _shipped() -> Segmenter:
    """The segmenter of all images that are opened without one: they share its model and its memory."""
    return Segmenter()
