"""The bytes of a TIFF that the other readers refuse in; its channels as libvips reads them out.

It comes with an extra of the package.  Of a pyramid that is too large the largest level is read that is not.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2m.errors import ImageError
from s2m.files.opening import MAX_MEGAPIXELS, MAX_PICTURE_BYTES, MAX_SIDE_PX, RGB_BYTES, picture_nbytes

ADVICE = "or install what reads more of them with: pip install 's2m[large]'"

_LEVELS = 32


@dataclass(frozen=True)
class Level:
    """A picture of a TIFF.

    Attributes:
        where: arguments of libvips that choose it.
        size_hw: (H, W) as it is stored.
        orientation: of the whole file, 1 to 8.
    """

    where: dict[str, int]
    size_hw: tuple[int, int]
    orientation: int


def is_installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("pyvips") is not None


def fitting_level(data: bytes, name: str) -> Level | None:
    """The largest picture of a pyramid, or the one picture of a file, that can be read; None if all are too large.

    Raises:
        ImageError: libvips cannot read the file.
    """
    whole = _opened(data, name, {})
    fields = whole.get_fields()
    orientation = int(whole.get("orientation")) if "orientation" in fields else 1
    if _fits(whole, len(data)):
        return Level({}, (whole.height, whole.width), orientation)
    if "n-subifds" in fields:
        key, count = "subifd", int(whole.get("n-subifds"))
    else:
        key, count = "page", int(whole.get("n-pages")) - 1 if "n-pages" in fields else 0
    for number in range(min(count, _LEVELS)):
        where = {key: number + (key == "page")}
        level = _opened(data, name, where)
        if _is_smaller(level, whole) and _fits(level, len(data)):
            return Level(where, (level.height, level.width), orientation)
    return None


def read_level(data: bytes, level: Level, name: str) -> NDArray[Any]:
    """The grey (H, W), or the first three of several channels (H, W, 3), of a level, as they are stored.

    Raises:
        ImageError: damaged, or of complex numbers.
    """
    import pyvips  # An extra.

    picture = _opened(data, name, level.where)
    try:
        if picture.format in ("complex", "dpcomplex"):
            raise ImageError(f"{name} is a TIFF of complex numbers, which is not supported; save their size as floats")
        channels = picture.bands - (1 if picture.hasalpha() else 0)
        colours = picture.extract_band(0, n=3 if channels >= 3 else 1)
        values = np.asarray(colours.numpy())
    except pyvips.Error as error:
        raise _damaged(name, error) from error
    return values.reshape(level.size_hw) if channels < 3 else values


def _opened(data: bytes, name: str, where: dict[str, int]) -> Any:
    import pyvips  # An extra.

    try:
        return pyvips.Image.new_from_buffer(data, "", **where)
    except pyvips.Error as error:
        raise _damaged(name, error) from error


def _fits(picture: Any, file_nbytes: int) -> bool:
    pixels = picture.width * picture.height
    # All channels as libvips decodes them, the three that are taken, these turned upright, and RGB.
    itemsize, taken = np.dtype(_DTYPES.get(picture.format, "f8")).itemsize, min(3, picture.bands)
    decoding = (picture.bands + 2 * taken) * itemsize + RGB_BYTES
    nbytes = picture_nbytes(file_nbytes, pixels, decoding, 0 if itemsize == 1 else min(4, itemsize) * taken)
    small = max(picture.width, picture.height) <= MAX_SIDE_PX and pixels <= MAX_MEGAPIXELS * 1_000_000
    return bool(small and nbytes <= MAX_PICTURE_BYTES)


def _is_smaller(level: Any, whole: Any) -> bool:
    """Whether a picture shows the whole at a smaller size, to a pixel of rounding."""
    return bool(level.width < whole.width and abs(level.width * whole.height / whole.width - level.height) <= 2)


_DTYPES = {
    "uchar": "u1",
    "char": "i1",
    "ushort": "u2",
    "short": "i2",
    "uint": "u4",
    "int": "i4",
    "float": "f4",
    "double": "f8",
}


def _damaged(name: str, error: Exception) -> ImageError:
    reason = " ".join(str(error).split())[:120]
    return ImageError(f"{name} is damaged, or of a kind that is not supported ({reason}); get a fresh copy of it")
