"""A mask (H, W) in, a tidier one out: holes filled, specks dropped, outline smoothed."""

from __future__ import annotations

import cv2
import numpy as np

from s2m.session.commands import Clean, DropSpecks, FillHoles
from s2m.session.packed_masks import PackedMask
from s2m.types import BoolArray


def cleaned(mask: BoolArray, free: BoolArray, command: Clean) -> BoolArray:
    """The mask of an object after a command.

    Args:
        mask: (H, W) the object.
        free: (H, W) pixels of no object: the mask may only grow there.
        command: what to do.
    """
    if isinstance(command, FillHoles):
        return mask | (holes(mask, command.max_area_px) & free)
    if isinstance(command, DropSpecks):
        return without_specks(mask, command.min_area_px)
    return smoothed(mask, command.radius_px) & (mask | free)


def component_count(mask: BoolArray) -> int:
    """How many connected components (8 neighbours) a mask (H, W) has."""
    return int(cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0]) - 1


def connected_components(mask: BoolArray) -> list[PackedMask]:
    """The connected components (8 neighbours) of a mask (H, W), the largest first."""
    _, parts, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    packed = []
    for part in np.argsort(-boxes[1:, cv2.CC_STAT_AREA], kind="stable") + 1:
        left, top, width, height, _ = boxes[part].tolist()
        packed.append(PackedMask.of_crop(parts[top : top + height, left : left + width] == part, left, top))
    return packed


def holes(mask: BoolArray, max_area_px: int | None) -> BoolArray:
    """Pixels that the mask encloses, (H, W); only holes up to an area, if one is given."""
    # Where the mask joins over corners (8 neighbours), what it encloses must not (4 neighbours).
    count, parts = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    enclosed = np.ones(count, dtype=bool)
    enclosed[0] = False
    for edge in (parts[0], parts[-1], parts[:, 0], parts[:, -1]):
        enclosed[np.unique(edge)] = False
    if max_area_px is not None:
        enclosed &= np.bincount(parts.ravel(), minlength=count) <= max_area_px
    return np.asarray(enclosed[parts])


def without_specks(mask: BoolArray, min_area_px: int | None) -> BoolArray:
    """The mask without parts below an area, or without all parts but the largest."""
    count, parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    areas = np.bincount(parts.ravel(), minlength=count)
    areas[0] = 0
    kept = np.arange(count) == areas.argmax() if min_area_px is None else areas >= min_area_px
    kept[0] = False
    return np.asarray(kept[parts])


def smoothed(mask: BoolArray, radius_px: float) -> BoolArray:
    """The mask blurred by a Gaussian of ``radius_px`` and cut at one half."""
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), radius_px, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred > 0.5)
