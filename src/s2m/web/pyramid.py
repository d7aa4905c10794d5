"""An image, and its numbers where it has more than 8 bits, in; square tiles at half, quarter, ... resolution out.

The browser asks for the tiles in sight at the resolution of its screen, so an image of 100 megapixels
costs it no more than a small one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from s2m.errors import ImageError
from s2m.files.contrast_limits import ContrastLimits, Numbers, to_8_bits, usual_limits
from s2m.types import ByteArray

TILE_SIZE = 512
WHOLE_TILE_SIZE = 1536
"""Images up to this long are one tile."""
COARSEST_SIZE = 512
JPEG_QUALITY = 92
PNG_COMPRESSION = 1

MediaType = Literal["image/png", "image/jpeg"]


@dataclass(frozen=True)
class EncodedTile:
    """One file for the browser: its bytes and what they are."""

    data: bytes
    media_type: MediaType


@dataclass(frozen=True)
class Depth:
    """An image of more than 8 bits at full, half, quarter, ... resolution.

    Attributes:
        levels: each (H / 2^k, W / 2^k) or (H / 2^k, W / 2^k, 3), uint16 or float32, the finest first.
        usual_limits: the contrast limits with which the network sees it.
        whole: whether the values are whole numbers.
    """

    levels: tuple[Numbers, ...]
    usual_limits: ContrastLimits
    whole: bool


@dataclass(frozen=True)
class Pyramid:
    """An image at full, half, quarter, ... resolution.

    Attributes:
        levels: each (H / 2^k, W / 2^k, 3) uint8, sides rounded up, the finest first.
        tile_size: pixels to a side of a tile, at every level.
        depth: the same with all its bits, or None where 8 bits say all.
    """

    levels: tuple[ByteArray, ...]
    tile_size: int
    depth: Depth | None = None

    @property
    def nbytes(self) -> int:
        """Memory of all levels."""
        return sum(level.nbytes for level in (*self.levels, *(self.depth.levels if self.depth else ())))

    @property
    def size_hw(self) -> tuple[int, int]:
        """(H, W) of the image."""
        return self.levels[0].shape[0], self.levels[0].shape[1]

    def cut(self, level: int, column: int, row: int, limits: ContrastLimits | None = None) -> EncodedTile:
        """One tile; at full resolution without loss, so that pixels seen deep in the zoom are the real ones.

        Args:
            level: 0 is the finest.
            column: from the left.
            row: from the top.
            limits: contrast limits, or None for those of the network.

        Raises:
            ImageError: there is no such tile.
        """
        side = self.tile_size
        if not 0 <= level < len(self.levels) or column < 0 or row < 0:
            raise ImageError(f"the image has {len(self.levels)} levels of tiles, got level {level}, {column}, {row}")
        place = np.s_[row * side : (row + 1) * side, column * side : (column + 1) * side]
        tile = self.levels[level][place]
        if tile.size == 0:
            raise ImageError(f"level {level} of the image has no tile in column {column}, row {row}")
        if limits is not None and self.depth is not None:
            tile = to_8_bits(self.depth.levels[level][place], limits)
        return encode_png(tile) if level == 0 else encode_jpeg(tile)


def build_pyramid(image_rgb: ByteArray, numbers: Numbers | None = None) -> Pyramid:
    """Halve an image (area average) until its long side is at most ``COARSEST_SIZE`` pixels or one tile.

    Args:
        image_rgb: (H, W, 3), as the network sees it.
        numbers: the same with all its bits, (H, W) or (H, W, 3), finite, where it has more than 8.
    """
    long_side = max(image_rgb.shape[:2])
    tile_size = WHOLE_TILE_SIZE if long_side <= WHOLE_TILE_SIZE else TILE_SIZE
    levels = [image_rgb]
    deep_levels = [] if numbers is None else [_as_opencv_takes_it(numbers)]
    while max(levels[-1].shape[:2]) > max(COARSEST_SIZE, tile_size if tile_size == WHOLE_TILE_SIZE else 0):
        levels.append(_halved(levels[-1]).astype("uint8", copy=False))
        deep_levels += [_halved(deep_levels[-1])] if deep_levels else []
    if numbers is None:
        return Pyramid(tuple(levels), tile_size)
    depth = Depth(tuple(deep_levels), usual_limits(numbers), numbers.dtype.kind in "iu")
    return Pyramid(tuple(levels), tile_size, depth)


def _halved(values: Numbers) -> Numbers:
    height, width = values.shape[:2]
    size = ((width + 1) // 2, (height + 1) // 2)
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA))


def _as_opencv_takes_it(values: Numbers) -> Numbers:
    """Values as uint16 or float32."""
    return np.ascontiguousarray(values, dtype=np.uint16 if values.dtype == np.uint16 else np.float32)


def encode_png(image_rgb: ByteArray) -> EncodedTile:
    """An RGB or grey image as PNG, quickly rather than small: it travels a short way."""
    return EncodedTile(_encode(image_rgb, ".png", [cv2.IMWRITE_PNG_COMPRESSION, PNG_COMPRESSION]), "image/png")


def encode_jpeg(image_rgb: ByteArray) -> EncodedTile:
    """An RGB image as JPEG."""
    return EncodedTile(_encode(image_rgb, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]), "image/jpeg")


def _encode(image: ByteArray, suffix: str, settings: list[int]) -> bytes:
    swapped = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    done, data = cv2.imencode(suffix, swapped, settings)
    assert done, "OpenCV encodes every 8-bit image of at least one pixel"
    return data.tobytes()


def shrink(image_rgb: ByteArray, long_side: int) -> ByteArray:
    """An image whose long side is at most ``long_side`` pixels (area average)."""
    height, width = image_rgb.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return image_rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA).astype("uint8", copy=False)
