"""A mask and its strokes, or the masks before and after a stroke, in; the components that strokes touch, (h, w), out.

A stroke on one sheep does not ask for the flock: components of a mask that no stroke touches can be dropped.

And a correction in one corner of a picture should not move an outline in another.  After the progressive merge of
FocalClick (Chen et al., CVPR 2022): the changes between two answers fall into connected components, and only those
that the stroke touches are taken over.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from s2m.types import BoolArray, Stroke

TOUCH_CELLS = 5
"""Thickness of a stroke that searches for changes, in cells: a little more than a line, as hands are not exact."""

_GAP_SHARE = 0.1
"""Gaps that do not divide a mask, as a share of the square root of its area."""

_MARGIN_CELLS = 2
"""How far around an accepted change the new answer holds where both agree, so that outlines lie where it wants them."""


def touched_cells(
    strokes: Sequence[Stroke], image_size_hw: tuple[int, int], size_hw: tuple[int, ...], thickness: int = TOUCH_CELLS
) -> BoolArray:
    """The cells that strokes run over.

    Args:
        strokes: points in image pixels.
        image_size_hw: (H, W).
        size_hw: (h, w) of the cells, which cover the whole image.
        thickness: of a stroke, in cells.
    """
    canvas = np.zeros(size_hw, dtype=np.uint8)
    scale_xy = (size_hw[1] / image_size_hw[1], size_hw[0] / image_size_hw[0])
    for stroke in strokes:
        cells = np.clip(np.floor(stroke.points_xy * scale_xy), -32_000, 32_000).astype(np.int32)
        cv2.polylines(canvas, [np.repeat(cells, 2, axis=0)[:, None]], False, 1, thickness)
    return canvas.astype(bool)


def untouched_components(mask: BoolArray, touched: BoolArray) -> BoolArray:
    """The components of a mask that no stroke touches: most likely other things of the same kind.

    Args:
        mask: (h, w) of one object.
        touched: (h, w) cells that its positive strokes run over, or that belonged to it before.

    Returns:
        (h, w) bool: the connected components (8 neighbours) of ``mask`` without a touched cell.  They count as
        connected across gaps of up to a tenth of the mask's size, such as a pole in front of it.  Where nothing is
        touched, none is returned: then the strokes do not tell which is meant.
    """
    if not mask.any():
        return mask
    reach = _GAP_SHARE / 2 * float(np.sqrt(mask.sum()))
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    meant = _touched_components(np.asarray(distance <= reach), touched)
    return np.asarray(mask & ~meant & meant.any())


def touched_changes(before: BoolArray, after: BoolArray, touched: BoolArray) -> BoolArray:
    """The cells where the answer after a stroke takes the place of the answer before.

    Args:
        before: (h, w) the object before the stroke.
        after: (h, w) after it.
        touched: (h, w) cells that the stroke runs over, and any others whose changes are wanted.

    Returns:
        (h, w) bool: the connected components (8 neighbours) of ``before != after`` that hold a touched cell, and a
        narrow margin around them in which both answers agree.

    Example, one digit a cell, the stroke on the top left one::

        before   after    touched   taken over
        0 0 0 0  1 1 0 1  x . . .   x x . .    (without the margin)
        0 0 0 0  0 0 0 1  . . . .   . . . .
    """
    differs = before != after
    accepted = _touched_components(differs, touched)
    around = np.ones((2 * _MARGIN_CELLS + 1,) * 2, dtype=np.uint8)
    margin = cv2.dilate(accepted.astype(np.uint8), around).astype(bool)
    return np.asarray(accepted | (margin & ~differs))


def _touched_components(cells: BoolArray, touched: BoolArray) -> BoolArray:
    """The connected components (8 neighbours) of some cells (h, w) that hold a touched one."""
    count, components = cv2.connectedComponents(cells.astype(np.uint8), connectivity=8)
    wanted = np.zeros(count, dtype=bool)
    wanted[np.unique(components[touched])] = True
    wanted[0] = False
    return np.asarray(wanted[components])
