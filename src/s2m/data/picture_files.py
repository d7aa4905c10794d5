"""Picture files, on their own or packed into a shard, in; photographs, cut-outs and labels as arrays out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np

from s2m.errors import DataError, ImageError, MaskError
from s2m.files.images import read_image_bytes
from s2m.files.mask_pictures import ADVICE, MaskKind, ids_of_picture, read_stored, whole_greys
from s2m.files.opening import load_picture, orientation_of, turned
from s2m.files.reading import note
from s2m.types import ByteArray


class PictureFile(Protocol):
    """A file to read a picture from: a path, or a place in a shard.  Its text names it in messages."""

    @property
    def suffix(self) -> str:
        """The end of its name, as ".jpg"."""

    def read_bytes(self) -> bytes:
        """The whole file."""


def read_photograph(path: PictureFile) -> ByteArray:
    """A photograph, (H, W, 3) uint8 RGB, upright, as ``s2m.files.images.read_image`` reads it.

    Raises:
        DataError: the file is missing or broken.
    """
    with _refusals(path):
        return read_image_bytes(_content(path), str(path))


def read_cutout(path: PictureFile) -> ByteArray:
    """An image as (H, W, 4) uint8 RGBA, upright, colours not multiplied by alpha.

    Raises:
        DataError: the file is missing or broken.
    """
    with _refusals(path):
        image = load_picture(_content(path), str(path))
        return np.ascontiguousarray(turned(np.asarray(image.convert("RGBA")), orientation_of(image)))


def read_label_picture(path: PictureFile) -> ByteArray:
    """A label picture as (H, W) uint8, upright, as ``s2m.files.mask_pictures`` reads the objects of a picture.

    Raises:
        DataError: the file is missing or broken, or it is not clear what its values mean.
    """
    with _refusals(path):
        return ids_of_picture(_content(path), str(path))


def read_soft_mask(path: PictureFile) -> ByteArray:
    """A mask with smooth edges as (H, W) uint8: 1 where it is over half bright; a palette picture gives its indices.

    Raises:
        DataError: the file is missing or broken.
    """
    with _refusals(path):
        data = _content(path)
        kind: MaskKind = "labels" if read_stored(data, str(path)).are_indices else "binary"
        return ids_of_picture(data, str(path), kind)


def read_greys(path: PictureFile) -> ByteArray:
    """The greys of a picture as (H, W) uint8, upright.

    Raises:
        DataError: the file is missing, broken or of colours.
    """
    with _refusals(path):
        return whole_greys(read_stored(_content(path), str(path)).values, str(path))


def _content(path: PictureFile) -> bytes:
    note(path)
    return path.read_bytes()


@contextmanager
def _refusals(path: PictureFile) -> Iterator[None]:
    """What cannot be read is a flaw of the data set."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path} is missing; the data set is incomplete") from None
    except MaskError as error:
        if not isinstance(error.__cause__, ImageError):
            words = str(error).replace(ADVICE, "save it in black and white, or as an indexed PNG")
            raise DataError(words) from error
        raise DataError(f"{path} cannot be read as an image ({error}); restore the file or remove the pair") from error
    except (ImageError, OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path} cannot be read as an image ({error}); restore the file or remove the pair") from error
