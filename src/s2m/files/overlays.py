"""An image (H, W, 3) and its label map (H, W) in, a picture of both out, strokes on top where given."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from s2m.engine.geometry import SUBPIXEL_BITS, fixed_point
from s2m.errors import MaskError
from s2m.types import BACKGROUND_ID, ByteArray, LabelMap, Stroke

OBJECT_COLOURS: tuple[tuple[int, int, int], ...] = (
    (0, 158, 255),
    (255, 140, 0),
    (0, 200, 120),
    (240, 80, 160),
    (255, 225, 60),
    (120, 100, 255),
    (120, 220, 255),
    (215, 70, 40),
)
"""RGB colours of objects 1 to 8 on screen, told apart by colour-blind people too; lighter and darker from 9 on."""

_SHADES: tuple[tuple[int, float], ...] = ((0, 0.0), (255, 0.5), (0, 0.42), (255, 0.25))
"""Grey to mix in, and its share, for each further eight objects."""

_BACKGROUND_COLOUR = (70, 70, 70)
_FILL = 0.42
_LIGHT = (255, 255, 255)


def object_colour(object_id: int) -> tuple[int, int, int]:
    """The RGB colour of an object on screen; grey for the background."""
    if object_id == BACKGROUND_ID:
        return _BACKGROUND_COLOUR
    round_of_eight, place = divmod(object_id - 1, len(OBJECT_COLOURS))
    grey, share = _SHADES[round_of_eight % len(_SHADES)]
    red, green, blue = (round(value + (grey - value) * share) for value in OBJECT_COLOURS[place])
    return red, green, blue


def draw_overlay(image_rgb: ByteArray, label_map: LabelMap, strokes: Sequence[Stroke] = ()) -> ByteArray:
    """The image with every object filled and outlined in its colour, and the strokes drawn on top.

    Negative strokes are hollow, so that the sign does not depend on colour alone.

    Args:
        image_rgb: (H, W, 3) uint8.
        label_map: (H, W) int32.
        strokes: drawn at their own width.

    Returns:
        (H, W, 3) uint8.

    Raises:
        MaskError: the label map is not of the image's size.
    """
    if label_map.shape != image_rgb.shape[:2]:
        raise MaskError(f"the label map {label_map.shape} is not of the image's size {image_rgb.shape[:2]}")
    picture = image_rgb.copy()
    thickness = max(1, round(max(label_map.shape) / 500))
    for object_id in np.unique(label_map[label_map != BACKGROUND_ID]):
        mask = label_map == object_id
        colour = object_colour(int(object_id))
        picture[mask] = np.round(picture[mask] * (1 - _FILL) + np.array(colour) * _FILL).astype(np.uint8)
        outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, outlines, -1, colour, thickness)
    for stroke in strokes:
        _draw_stroke(picture, stroke)
    return picture


def _draw_stroke(picture: ByteArray, stroke: Stroke) -> None:
    colour = object_colour(stroke.object_id)
    edge, core = (_LIGHT, colour) if stroke.sign == "positive" else (colour, _LIGHT)
    width = max(2, round(stroke.width_px))
    _draw_line(picture, stroke, edge, width + 2 * max(1, round(width / 6)))
    _draw_line(picture, stroke, core, width if stroke.sign == "positive" else max(1, width // 2))


def _draw_line(picture: ByteArray, stroke: Stroke, colour: tuple[int, int, int], width: int) -> None:
    points = fixed_point(stroke.points_xy)
    if len(points) == 1:
        cv2.circle(
            picture,
            (int(points[0, 0]), int(points[0, 1])),
            width << SUBPIXEL_BITS - 1,
            colour,
            -1,
            cv2.LINE_AA,
            SUBPIXEL_BITS,
        )
    else:
        cv2.polylines(picture, [points[:, None]], False, colour, width, cv2.LINE_AA, SUBPIXEL_BITS)
