"""Exact masks (H, W) in, small text out, and back, as journals keep them."""

from __future__ import annotations

import base64
import zlib
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from s2m.engine.geometry import box_around
from s2m.errors import MaskError
from s2m.types import BoolArray, Frozen

Side = Literal["in", "out"]


class PackedMask(Frozen):
    """A mask of the whole image that only stores its box, one bit a pixel, compressed, as text.

    Attributes:
        box_xyxy: left, top, right, bottom in image pixels, right and bottom exclusive; all 0 for an empty mask.
        data: the bits of the box, row by row, packed, zlib, base64.
    """

    box_xyxy: tuple[int, int, int, int]
    data: str

    @staticmethod
    def of(mask: BoolArray) -> PackedMask:
        """Pack a mask (H, W)."""
        left, top, right, bottom = box_around(mask)
        return PackedMask.of_crop(mask[top:bottom, left:right], left, top)

    @staticmethod
    def of_crop(crop: BoolArray, left: int, top: int) -> PackedMask:
        """Pack a part of a mask that is empty elsewhere."""
        height, width = crop.shape
        if not crop.any():
            return PackedMask(box_xyxy=(0, 0, 0, 0), data="")
        data = base64.b64encode(zlib.compress(np.packbits(crop).tobytes(), 6)).decode()
        return PackedMask(box_xyxy=(left, top, left + width, top + height), data=data)

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the box."""
        left, top, right, bottom = self.box_xyxy
        return slice(top, bottom), slice(left, right)

    def crop(self) -> BoolArray:
        """The mask inside its box.

        Raises:
            MaskError: the text is damaged.
        """
        left, top, right, bottom = self.box_xyxy
        count = (bottom - top) * (right - left)
        if count == 0:
            return np.zeros((0, 0), dtype=bool)
        flat = np.unpackbits(np.frombuffer(self._bits(), dtype=np.uint8), count=count)
        return flat.reshape(bottom - top, right - left).view(np.bool_)

    def _bits(self) -> bytes:
        left, top, right, bottom = self.box_xyxy
        wanted = ((bottom - top) * (right - left) + 7) // 8
        try:
            # Nothing longer than the box can be made from the text, however it was forged.
            bits = zlib.decompressobj().decompress(base64.b64decode(self.data, validate=True), wanted or 1)
        except (ValueError, zlib.error) as error:
            raise MaskError(f"a packed mask cannot be unpacked ({error}); import the mask again") from error
        if len(bits) != wanted:
            raise MaskError(f"a packed mask holds {len(bits)} bytes, wanted {wanted}; import the mask again")
        return bits

    def unpack(self, size_hw: tuple[int, int]) -> BoolArray:
        """The whole mask (H, W)."""
        mask = np.zeros(size_hw, dtype=bool)
        mask[self.place] = self.crop()
        return mask

    def resampled(self, from_hw: tuple[int, int], to_hw: tuple[int, int]) -> PackedMask:
        """The mask for an image of another size: the nearest pixel."""
        left, top, right, bottom = self.box_xyxy
        rows, first_row = _places(top, bottom, from_hw[0], to_hw[0])
        columns, first_column = _places(left, right, from_hw[1], to_hw[1])
        if len(rows) == 0 or len(columns) == 0:
            return PackedMask(box_xyxy=(0, 0, 0, 0), data="")
        return PackedMask.of_crop(self.crop()[np.ix_(rows, columns)], first_column, first_row)

    def check(self, size_hw: tuple[int, int]) -> None:
        """Make sure that the mask lies in an image.

        Raises:
            MaskError: it does not, or is damaged.
        """
        left, top, right, bottom = self.box_xyxy
        if not (0 <= left <= right <= size_hw[1] and 0 <= top <= bottom <= size_hw[0]):
            raise MaskError(f"a mask in the box {self.box_xyxy} does not fit an image of {size_hw[1]} x {size_hw[0]}")
        self._bits()


def _places(start: int, stop: int, size: int, other_size: int) -> tuple[NDArray[np.int64], int]:
    """Which of the pixels from ``start`` on lie under the centres of other pixels; and the first such other pixel."""
    under = ((np.arange(other_size) + 0.5) * (size / other_size)).astype(np.int64)
    inside = np.flatnonzero((under >= start) & (under < stop))
    return under[inside] - start, int(inside[0]) if len(inside) else 0


class HardPixels(Frozen):
    """Pixels that the network may not change: they are the object's ("in"), or they are not ("out").

    "out" with the background's id means that no object is there.
    """

    object_id: int
    side: Side
    mask: PackedMask


class ExactMask(Frozen):
    """The mask of one object, to the pixel."""

    object_id: int
    mask: PackedMask
