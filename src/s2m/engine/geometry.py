"""Image pixels in, network pixels out, and back: the only module that converts between them.

Both spaces measure points (x, y) from the top left corner of the picture, pixel centres at +0.5, so a
conversion is a shift and a scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.types import BoolArray, ByteArray, FloatArray


@dataclass(frozen=True)
class Frame:
    """What a view shows: a box of the image, and the size it is brought to.

    Attributes:
        image_size_hw: (H, W) of the whole image.
        box_xyxy: left, top, right, bottom in whole image pixels, right and bottom exclusive.
        size_hw: (h, w) in network pixels.
    """

    image_size_hw: tuple[int, int]
    box_xyxy: tuple[int, int, int, int]
    size_hw: tuple[int, int]

    @property
    def scale_xy(self) -> tuple[float, float]:
        """Network pixels in one image pixel, along x and along y."""
        left, top, right, bottom = self.box_xyxy
        return self.size_hw[1] / (right - left), self.size_hw[0] / (bottom - top)

    @property
    def is_whole_image(self) -> bool:
        """Whether the box is the whole image."""
        height, width = self.image_size_hw
        return self.box_xyxy == (0, 0, width, height)

    def to_network(self, points_xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (P, 2) in image pixels, brought to network pixels."""
        return np.asarray((points_xy - self.box_xyxy[:2]) * self.scale_xy, dtype=np.float64)

    def place(self, size_hw: tuple[int, ...]) -> tuple[slice, slice]:
        """Rows and columns of the box in a map (h, w) of the whole image, at least one of each."""
        (left, top, right, bottom), (height, width) = self.box_xyxy, self.image_size_hw
        rows, columns = size_hw[0] / height, size_hw[1] / width
        y0, x0 = int(top * rows), int(left * columns)
        return slice(y0, max(y0 + 1, round(bottom * rows))), slice(x0, max(x0 + 1, round(right * columns)))

    def to_image(self, points_xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (P, 2) in network pixels, brought to image pixels."""
        return np.asarray(points_xy / self.scale_xy + self.box_xyxy[:2], dtype=np.float64)


def frame_of_image(image_size_hw: tuple[int, int], working_size: int, multiple: int) -> Frame:
    """The frame that shows the whole image with its long side at ``working_size`` network pixels."""
    height, width = image_size_hw
    return frame_of_box(image_size_hw, (0, 0, width, height), working_size, multiple)


def frame_of_box(
    image_size_hw: tuple[int, int], box_xyxy: tuple[int, int, int, int], working_size: int, multiple: int
) -> Frame:
    """The frame that shows a box with its long side at ``working_size`` network pixels.

    Both sides are rounded to multiples of ``multiple``, which changes the aspect by a few per cent at
    most and spares the network any padding.
    """
    left, top, right, bottom = box_xyxy
    scale = working_size / max(right - left, bottom - top)
    height = max(multiple, round((bottom - top) * scale / multiple) * multiple)
    width = max(multiple, round((right - left) * scale / multiple) * multiple)
    return Frame(image_size_hw, box_xyxy, (height, width))


def resize_image(image_rgb: ByteArray, frame: Frame) -> FloatArray:
    """What the network sees of an image.

    Args:
        image_rgb: (H, W, 3) uint8, sRGB.
        frame: what to show.

    Returns:
        (1, 3, h, w) float32 in 0..1.
    """
    left, top, right, bottom = frame.box_xyxy
    height, width = frame.size_hw
    shrinks = frame.scale_xy[0] < 1 or frame.scale_xy[1] < 1
    shown = cv2.resize(
        image_rgb[top:bottom, left:right],
        (width, height),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
    )
    return np.ascontiguousarray(shown.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)


def resize_maps(maps: FloatArray, size_hw: tuple[int, int]) -> FloatArray:
    """Maps (N, h, w) brought to (N, H, W): bilinear where they grow, area average where they shrink.

    Pixel centres stay at +0.5 (align_corners false).
    """
    height, width = size_hw
    if maps.shape[1:] == size_hw:
        return maps
    shrinks = height < maps.shape[1] or width < maps.shape[2]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = np.empty((len(maps), height, width), dtype=np.float32)
    for channel, place in zip(maps, resized, strict=True):
        cv2.resize(np.asarray(channel, dtype=np.float32), (width, height), dst=place, interpolation=interpolation)
    return resized


def box_around(mask: BoolArray) -> tuple[int, int, int, int]:
    """left, top, right, bottom of the smallest box around a mask (h, w), right and bottom exclusive; all 0 if empty."""
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    return left, top, left + width, top + height


def flip(maps: FloatArray) -> FloatArray:
    """Maps (..., h, w) left to right."""
    return np.ascontiguousarray(maps[..., ::-1])


def resize_window(maps: FloatArray, size_hw: tuple[int, int], rows: slice, columns: slice) -> FloatArray:
    """Some rows and columns of ``resize_maps(maps, size_hw)``, (N, R, C), without making the others.

    Where the maps shrink all of them are made, as each pixel is the mean of many.
    """
    if size_hw[0] < maps.shape[1] or size_hw[1] < maps.shape[2] or maps.shape[1:] == size_hw:
        return resize_maps(maps, size_hw)[:, rows, columns]
    upper, lower, down = cells_between(rows, size_hw[0], maps.shape[1])
    before, behind, right = cells_between(columns, size_hw[1], maps.shape[2])
    first = before[0]
    shown = maps[:, :, first : behind[-1] + 1]
    bands = shown[:, upper] * (1 - down[:, None]) + shown[:, lower] * down[:, None]
    return np.asarray(bands[:, :, before - first] * (1 - right) + bands[:, :, behind - first] * right, dtype=np.float32)


def cells_between(
    places: slice, size: int, cells: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """The two cells that each pixel lies between, along one axis, and how near it is to the second, in 0..1.

    Args:
        places: some of ``size`` pixels.
        size: pixels along the axis.
        cells: cells along the axis, at most as many.
    """
    at = np.clip((np.arange(places.start, places.stop) + 0.5) * (cells / size) - 0.5, 0, cells - 1)
    first = at.astype(np.int64)
    return first, np.minimum(first + 1, cells - 1), (at - first).astype(np.float32)


SUBPIXEL_BITS = 4
"""Binary places of ``fixed_point``."""


def fixed_point(points_xy: NDArray[np.float64]) -> NDArray[np.int32]:
    """Points (P, 2) as OpenCV's drawing functions take them: from the centre of the first pixel, in sixteenths."""
    return np.round((points_xy - 0.5) * (1 << SUBPIXEL_BITS)).astype(np.int32)
