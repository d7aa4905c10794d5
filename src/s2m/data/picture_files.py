"""Picture files, on their own or packed into a shard, in; photographs, cut-outs and labels as arrays out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from s2m.errors import DataError, ImageError
from s2m.files.images import read_image_bytes
from s2m.files.opening import load_picture
from s2m.types import ByteArray

_WHITE = 255


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
        return read_image_bytes(path.read_bytes(), str(path))


def read_cutout(path: PictureFile) -> ByteArray:
    """An image as (H, W, 4) uint8 RGBA, upright, colours not multiplied by alpha."""
    with _opened(path) as image:
        return np.asarray(image.convert("RGBA"))


def read_label_picture(path: PictureFile) -> ByteArray:
    """A label picture as (H, W) uint8.

    A palette picture gives its indices, whatever the colours.  A grey picture gives its values, except
    that one with no value but 0 and 255 (black and white) gives 0 and 1.

    Raises:
        DataError: the file is missing or broken, or is a colour picture.
    """
    with _opened(path) as image:
        values: NDArray[Any] = np.asarray(image.convert("L") if image.mode == "1" else image)
        is_palette = image.mode == "P"
    if values.ndim == 3 and (values[..., :3] == values[..., :1]).all():
        values = values[..., 0]
    if values.ndim != 2 or values.dtype != np.uint8:
        raise DataError(f"{path} is a colour picture; a label is a palette or grey PNG whose values are the objects")
    if not is_palette and not ((values > 0) & (values < _WHITE)).any():
        return np.asarray(values == _WHITE, dtype=np.uint8)
    return values.astype(np.uint8, copy=False)


def _opened(path: PictureFile) -> Image.Image:
    """A picture read wholly and turned upright."""
    with _refusals(path):
        return ImageOps.exif_transpose(load_picture(path.read_bytes(), str(path)))


@contextmanager
def _refusals(path: PictureFile) -> Iterator[None]:
    """What cannot be read is a flaw of the data set."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path} is missing; the data set is incomplete") from None
    except (ImageError, OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path} cannot be read as an image ({error}); restore the file or remove the pair") from error
