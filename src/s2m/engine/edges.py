"""A label map that is coarser than its image in; the same objects with edges where the image has them, out.

The network answers with about 256 cells along what it sees, so on a large photograph the edges of its masks are blurred
steps.  A guided filter finds them again (He, Sun and Tang, "Guided Image Filtering", TPAMI 2013; its coefficients at a
lower resolution: He and Sun, "Fast Guided Filter", arXiv:1505.00996).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.geometry import box_around, resize_window
from s2m.types import BACKGROUND_ID, BoolArray, ByteArray, FloatArray, LabelMap

Labels = TypeVar("Labels", ByteArray, LabelMap)

ANSWER_CELLS = 256
"""Cells of the network's answer along what it sees."""

_SEEN = 1.5
"""Long side of what the network sees, in that of the object."""

_RADIUS_CELLS = 1.5
"""Half a side of the filter's window, in cells of the answer."""

_SMALLEST_RADIUS_PX = 4
"""Below, cells are hardly larger than pixels, and there is nothing to gain."""

_EPSILON = 1e-3
"""Variance of colours (0..1) that counts as flat."""

_WORKING_RADIUS = 4
"""The window at the resolution at which the coefficients are found."""

_TILE_PX = 1024
_BLOCK_PX = 128

_HALO = 4
"""What is seen around a tile, in radii: three decide about its pixels, the fourth about specks across its border."""


def sharpened(image_rgb: ByteArray, labels: Labels, object_ids: Sequence[int], cells: int = ANSWER_CELLS) -> Labels:
    """The label map with sharper edges of some objects, within one and a half cells of the network's answer.

    Other objects lose no pixel.  What is thinner than the filter's window stays as it is, and so do small images and
    small objects: there cells are hardly larger than pixels.

    Args:
        image_rgb: (H, W, 3) uint8, upright, sRGB.
        labels: (H, W) whole numbers, 0 background; the result is of the same kind.
        object_ids: the objects whose edges may move.
        cells: of the network's answer, along what it sees.
    """
    result, masks = labels.copy(), []
    for object_id in object_ids:
        mask = labels == object_id
        place, sharp = _sharpened_mask(image_rgb, mask, cells)
        # Large images have no room for many arrays: what is no longer needed takes up what is lost and gained.
        lost = np.greater(mask[place], sharp, out=mask[place])
        result[place][lost] = BACKGROUND_ID
        masks.append((object_id, place, sharp))
    # What one object has lost another may gain.
    for object_id, place, sharp in masks:
        gained = np.logical_and(sharp, result[place] == BACKGROUND_ID, out=sharp)
        result[place][gained] = object_id
    return result


def _sharpened_mask(image_rgb: ByteArray, mask: BoolArray, cells: int) -> tuple[tuple[slice, slice], BoolArray]:
    """Rows and columns of a box around a mask (H, W), and the mask with sharper edges there."""
    left, top, right, bottom = box_around(mask)
    radius = _radius_px((bottom - top, right - left), mask.shape, cells)
    around = 3 * radius
    place = slice(max(0, top - around), bottom + around), slice(max(0, left - around), right + around)
    if radius < _SMALLEST_RADIUS_PX:
        return place, mask[place].copy()
    return place, _filtered(image_rgb[place], mask[place], radius)


def _radius_px(box_hw: tuple[int, int], size_hw: tuple[int, ...], cells: int) -> int:
    """Half a side of the window, in image pixels, for an object in a box of an image."""
    seen = min(_SEEN * max(box_hw), max(size_hw))
    return round(_RADIUS_CELLS * seen / cells)


def _filtered(image_rgb: ByteArray, mask: BoolArray, radius: int) -> BoolArray:
    """The mask (h, w), filtered where its edge is near and it is not thin; tile by tile, which bounds the memory."""
    coefficients = _coefficients(image_rgb, mask, radius)
    result = mask.copy()
    (height, width), around = mask.shape, _HALO * radius
    for top, left in itertools.product(range(0, height, _TILE_PX), range(0, width, _TILE_PX)):
        first_row, first_column = max(0, top - around), max(0, left - around)
        place = (
            slice(first_row, min(height, top + _TILE_PX + around)),
            slice(first_column, min(width, left + _TILE_PX + around)),
        )
        if mask[place].all() or not mask[place].any():
            continue
        tile = _filtered_tile(image_rgb, mask, coefficients, place, radius)
        inner = tile[top - first_row :, left - first_column :][:_TILE_PX, :_TILE_PX]
        result[top : top + _TILE_PX, left : left + _TILE_PX] = inner
    return result


def _filtered_tile(
    image_rgb: ByteArray, mask: BoolArray, coefficients: FloatArray, place: tuple[slice, slice], radius: int
) -> BoolArray:
    """Some rows and columns of a mask (h, w), filtered."""
    rows, columns = place
    before = np.ascontiguousarray(mask[place])
    near = _near_edge(before, radius)
    result = before.copy()
    for top, left in itertools.product(*(range(0, length, _BLOCK_PX) for length in before.shape)):
        near_left, near_top, near_right, near_bottom = box_around(near[top : top + _BLOCK_PX, left : left + _BLOCK_PX])
        here = slice(top + near_top, top + near_bottom), slice(left + near_left, left + near_right)
        if near_right <= near_left:
            continue
        there = _moved(here[0], rows.start), _moved(here[1], columns.start)
        slopes = resize_window(coefficients, mask.shape, *there)
        share = (slopes[:3] * image_rgb[there].transpose(2, 0, 1)).sum(axis=0) + slopes[3]
        result[here] = np.where(near[here], share > 0.5, before[here])
    cut = np.zeros(before.shape, dtype=bool)
    cut[0] |= rows.start > 0
    cut[-1] |= rows.stop < mask.shape[0]
    cut[:, 0] |= columns.start > 0
    cut[:, -1] |= columns.stop < mask.shape[1]
    return _without_specks(result, before, cut, radius)


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)


def _near_edge(mask: BoolArray, radius: int) -> BoolArray:
    """Pixels (h, w) within a radius of the edge, where the object and what is beside it are thicker than the window."""
    window = _square(radius)
    thick, around = (cv2.morphologyEx(side.view(np.uint8), cv2.MORPH_OPEN, window) for side in (mask, ~mask))
    inside = (thick > 0) & (cv2.dilate(around, window) > 0)
    outside = (around > 0) & (cv2.dilate(thick, window) > 0)
    return np.asarray(inside | outside)


def _without_specks(filtered: BoolArray, mask: BoolArray, cut: BoolArray, radius: int) -> BoolArray:
    """The filtered mask (h, w) without islands and holes smaller than the window that the mask did not have.

    Where it is ``cut`` (h, w) both go on.
    """
    window = (2 * radius + 1) ** 2
    result = filtered.copy()
    for side in (True, False):
        pieces, boxes = _pieces(result == side, cut)
        before, boxes_before = _pieces(mask == side, cut)
        for number in np.flatnonzero(boxes[1:, cv2.CC_STAT_AREA] < window) + 1:
            left, top, width, height, _ = boxes[number]
            place = slice(top, top + height), slice(left, left + width)
            piece = pieces[place] == number
            origin = before[place][piece]
            if (boxes_before[origin[origin > 0], cv2.CC_STAT_AREA] >= window).any() or not origin.any():
                result[place][piece] = not side
    return result


def _pieces(mask: BoolArray, cut: BoolArray) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The piece of each pixel (h, w), 0 for none, and the boxes and areas of all pieces, as OpenCV gives them.

    Pieces that are cut count as large.
    """
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=4)
    stats[np.unique(pieces[cut]), cv2.CC_STAT_AREA] = np.iinfo(np.int32).max
    return np.asarray(pieces, dtype=np.int32), np.asarray(stats, dtype=np.int32)


def _square(radius: int) -> ByteArray:
    return np.ones((2 * radius + 1,) * 2, dtype=np.uint8)


def _coefficients(image_rgb: ByteArray, mask: BoolArray, radius: int) -> FloatArray:
    """The four maps (4, h', w') of the linear function of the colour that each window fits to the mask best."""
    step = max(1.0, radius / _WORKING_RADIUS)
    size = (max(1, math.ceil(mask.shape[1] / step)), max(1, math.ceil(mask.shape[0] / step)))
    colours = cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    shares = cv2.resize(mask.view(np.uint8) * 255, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    side = 2 * round(radius / step) + 1

    def mean(values: NDArray[np.floating]) -> FloatArray:
        return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT))

    mean_colour, mean_share = mean(colours), mean(shares)
    products = mean(colours * shares[..., None]) - mean_colour * mean_share[..., None]
    spread = np.empty((*shares.shape, 3, 3), dtype=np.float32)
    for first in range(3):
        for second in range(first, 3):
            covariance = mean(colours[..., first] * colours[..., second])
            covariance -= mean_colour[..., first] * mean_colour[..., second]
            spread[..., first, second] = spread[..., second, first] = covariance
    spread += _EPSILON * np.eye(3, dtype=np.float32)
    slopes = np.linalg.solve(spread, products[..., None])[..., 0]
    offsets = mean_share - (slopes * mean_colour).sum(axis=-1)
    maps = np.stack([*(mean(np.ascontiguousarray(slopes[..., one])) / 255 for one in range(3)), mean(offsets)])
    return np.asarray(maps, dtype=np.float32)
