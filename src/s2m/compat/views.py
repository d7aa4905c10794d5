"""An image and its annotation in; a picture (H, W, 3) with masks, strokes and rulers of image pixels out."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.errors import ImageError
from s2m.files.overlays import draw_overlay
from s2m.session.commands import DrawnStroke
from s2m.session.state import AnnotationState
from s2m.types import ByteArray, LabelMap, Stroke

LONGEST = 1024
"""Long side of what is shown of the image."""

_MOST_ENLARGED = 8.0
_MARGIN_LEFT, _MARGIN_TOP = 44, 20
_TICKS = 12
_GRID_STEP = 50
_FONT, _FONT_SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.4
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)

Corners = tuple[float, float, float, float]


def draw_view(
    image_rgb: ByteArray, state: AnnotationState, box: Corners | None = None, masks: bool = True
) -> ByteArray:
    """A part of an image, its objects numbered, with rulers in image pixels at the left and the top.

    Args:
        image_rgb: (H, W, 3) uint8.
        state: its annotation.
        box: left, top, right and bottom of the part, in image pixels; the whole image where it is None.
        masks: whether masks and strokes are drawn.

    Returns:
        (h, w, 3) uint8; the long side of the part is ``LONGEST``, unless that enlarges it more than eight times.

    Raises:
        ImageError: the box shows nothing of the image.
    """
    left, top, right, bottom = _whole_pixels(box, state.size_hw)
    part = image_rgb[top:bottom, left:right]
    scale = min(_MOST_ENLARGED, LONGEST / max(part.shape[:2]))
    size_wh = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    shown = cv2.resize(part, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    picture = np.asarray(shown, dtype=np.uint8)
    if masks:
        labels = state.label_map()[top:bottom, left:right].astype(np.uint8)
        labels = np.asarray(cv2.resize(labels, size_wh, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
        strokes = [_placed(stroke, (left, top), scale) for stroke in state.strokes]
        picture = draw_overlay(picture, labels.astype(np.int32), strokes)
        _write_numbers(picture, labels.astype(np.int32))
    return _with_rulers(picture, (left, top), scale)


def _whole_pixels(box: Corners | None, size_hw: tuple[int, int]) -> tuple[int, int, int, int]:
    height, width = size_hw
    if box is None:
        return 0, 0, width, height
    left, top = max(0, math.floor(box[0])), max(0, math.floor(box[1]))
    right, bottom = min(width, math.ceil(box[2])), min(height, math.ceil(box[3]))
    if left >= right or top >= bottom:
        raise ImageError(
            f"the box {tuple(box)} shows nothing of the image of {width} x {height} pixels; "
            "it is left, top, right, bottom"
        )
    return left, top, right, bottom


def _placed(drawn: DrawnStroke, left_top: tuple[int, int], scale: float) -> Stroke:
    """A stroke as a line in the picture; boxes and lassos are closed."""
    points: NDArray[np.float64] = drawn.points_xy
    if drawn.tool == "box":
        (left, top), (right, bottom) = points
        points = np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])
    elif drawn.tool == "lasso":
        points = np.concatenate([points, points[:1]])
    return Stroke((points - np.array(left_top)) * scale, drawn.object_id, drawn.sign, 3.0)


def _write_numbers(picture: ByteArray, labels: LabelMap) -> None:
    """The id of each object, in the middle of its widest place."""
    for object_id in np.unique(labels[labels > 0]):
        inside = np.pad((labels == object_id).astype(np.uint8), 1)
        y, x = np.unravel_index(int(cv2.distanceTransform(inside, cv2.DIST_L2, 3).argmax()), inside.shape)
        place = (max(0, int(x) - 8), int(y) + 8)
        for colour, thickness in ((_BLACK, 3), (_WHITE, 1)):
            cv2.putText(picture, str(object_id), place, _FONT, 0.7, colour, thickness, cv2.LINE_AA)


def _with_rulers(picture: ByteArray, left_top: tuple[int, int], scale: float) -> ByteArray:
    """The picture with numbers of image pixels beside it, and faint lines at them."""
    height, width = picture.shape[:2]
    whole = np.full((height + _MARGIN_TOP, width + _MARGIN_LEFT, 3), 255, dtype=np.uint8)
    step = _step(max(width, height) / scale)
    for axis, (first, length) in enumerate(zip(left_top, (width, height), strict=True)):
        for number in range(math.ceil(first / step) * step, math.ceil(first + length / scale), step):
            place = min(length - 1, round((number - first) * scale))
            line = picture[:, place] if axis == 0 else picture[place]
            line[:] = np.where(line < 128, line + _GRID_STEP, line - _GRID_STEP)
            at = (_MARGIN_LEFT + place, 14) if axis == 0 else (2, _MARGIN_TOP + max(8, place + 4))
            cv2.putText(whole, str(number), at, _FONT, _FONT_SIZE, _BLACK, 1, cv2.LINE_AA)
    whole[_MARGIN_TOP:, _MARGIN_LEFT:] = picture
    return whole


def _step(span: float) -> int:
    """A round number of pixels, of which a span holds about ``_TICKS``."""
    wanted = span / _TICKS
    power = 10 ** math.floor(math.log10(max(1.0, wanted)))
    return int(next((power * one for one in (1, 2, 5) if power * one >= wanted), power * 10))
