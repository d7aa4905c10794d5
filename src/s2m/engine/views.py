"""The mask and the strokes of an object in; the views of the image that it is found in, out.

A network that sees the whole image at its working size has few pixels for a small object.  Zooming in on the object is
worth more than a larger working size (RITM, Sofiiuk et al., ICIP 2022; FocalClick, Chen et al., CVPR 2022).

The rule (docs/decisions, number 9):

- An object with a mask is found in the crop around it, where the crop is at most three quarters of the image; else in
  the whole image.
- An object without a mask is guessed from the whole image and from a smaller, flipped view of it.
- Where the guess fits a crop of about a third of the image, the object is found in that crop too.

Views depend on the strokes and on the masks before them alone.  So the same history gives the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.geometry import Frame, box_around, frame_of_box, frame_of_image
from s2m.engine.model_cards import ModelCard
from s2m.types import FloatArray, Stroke

LARGEST_CROP = 0.75
"""A crop is used while its long side is at most this share of the image's."""

LARGEST_FIRST_CROP = 0.35
"""The same for an object without a mask: a guess is often but a part of the object."""

MARGIN = 0.35
"""Share of an object's size that a crop adds on every side."""

FIRST_MARGIN = 0.2
"""The same for an object without a mask."""

SMALLEST_CROP_PX = 96
"""Sides of a crop in image pixels, at least."""


@dataclass(frozen=True)
class View:
    """One view of an image for the network.

    Attributes:
        frame: the crop, and the size that the network sees it at.
        flip: whether it is shown left to right.
        weight: of its logits in the mean over all views of an object.
    """

    frame: Frame
    flip: bool = False
    weight: float = 1.0


def views_of_image(image_size_hw: tuple[int, int], card: ModelCard) -> tuple[View, ...]:
    """The views in which an object without a mask is guessed: the image, and its flip where the model wants one."""
    whole = frame_of_image(image_size_hw, card.working_size, card.size_multiple)
    if not card.flip_size:
        return (View(whole),)
    smaller = frame_of_image(image_size_hw, card.flip_size, card.size_multiple)
    return View(whole, weight=0.5), View(smaller, flip=True, weight=0.5)


def views_of_object(
    logits: FloatArray, strokes: Sequence[Stroke], image_size_hw: tuple[int, int], card: ModelCard
) -> tuple[View, ...]:
    """The views of an object with a mask: the crop around it, or the whole image where the crop is large.

    Args:
        logits: (h, w) float32 of the mask before, of the whole image.
        strokes: those of the object, both signs.
        image_size_hw: (H, W).
        card: of the model.
    """
    box = crop_box(logits, strokes, image_size_hw, MARGIN, LARGEST_CROP)
    if box is None:
        return (View(frame_of_image(image_size_hw, card.working_size, card.size_multiple)),)
    return (View(frame_of_box(image_size_hw, box, card.working_size, card.size_multiple)),)


def views_of_guess(
    logits: FloatArray, strokes: Sequence[Stroke], image_size_hw: tuple[int, int], card: ModelCard
) -> tuple[View, ...]:
    """The further view of an object that was guessed from ``views_of_image``: the crop around a small guess.

    Args:
        logits: (h, w) float32 of the guess, of the whole image.
        strokes: see ``views_of_object``.
        image_size_hw: (H, W).
        card: of the model.
    """
    box = crop_box(logits, strokes, image_size_hw, FIRST_MARGIN, LARGEST_FIRST_CROP) if (logits > 0).any() else None
    return () if box is None else (View(frame_of_box(image_size_hw, box, card.working_size, card.size_multiple)),)


def crop_box(
    logits: FloatArray,
    strokes: Sequence[Stroke],
    image_size_hw: tuple[int, int],
    margin: float = MARGIN,
    largest_share: float = LARGEST_CROP,
    smallest_px: int = SMALLEST_CROP_PX,
) -> tuple[int, int, int, int] | None:
    """The box to zoom in on, or None where it would be too large.

    Args:
        logits: (h, w) float32 of the object's mask, of the whole image.
        strokes: those of the object, both signs.
        image_size_hw: (H, W).
        margin: share of the object's size that is added on every side.
        largest_share: of the box's long side in the image's.
        smallest_px: sides of the box at least, in image pixels.

    Returns:
        left, top, right, bottom in image pixels, right and bottom exclusive: around the strokes and the components of
        the mask that positive strokes touch, with margins.  The edges lie on a coarse grid, so the box stays the same
        while the object changes little.
    """
    points = np.concatenate([*(stroke.points_xy for stroke in strokes), _mask_corners(logits, strokes, image_size_hw)])
    if not len(points):
        return None
    size_xy = (image_size_hw[1], image_size_hw[0])
    low, high = np.clip(points.min(axis=0), 0, size_xy), np.clip(points.max(axis=0), 0, size_xy)
    size = np.maximum(high - low, 1) * (1 + 2 * margin)
    size = np.maximum(size, max(float(size.max()) / 2, smallest_px))
    centre = (low + high) / 2
    grid = 2 ** math.floor(math.log2(float(size.max()) / 6))
    start = np.floor((centre - size / 2) / grid) * grid
    end = np.ceil((centre + size / 2) / grid) * grid
    left, top = (int(value) for value in np.clip(start, 0, size_xy))
    right, bottom = (int(value) for value in np.clip(end, 0, size_xy))
    if right <= left or bottom <= top or max(right - left, bottom - top) > largest_share * max(image_size_hw):
        return None
    return left, top, right, bottom


def _mask_corners(logits: FloatArray, strokes: Sequence[Stroke], image_size_hw: tuple[int, int]) -> NDArray[np.float64]:
    """Two corners (2, 2) in image pixels around the components that positive strokes touch, or around all; or none."""
    scale_xy = np.array([image_size_hw[1] / logits.shape[1], image_size_hw[0] / logits.shape[0]])
    mask = logits > 0
    left, top, right, bottom = box_around(mask)
    if right <= left:
        return np.zeros((0, 2))
    components = np.zeros(mask.shape, dtype=np.int32)
    count, inside, stats, _ = cv2.connectedComponentsWithStats(mask[top:bottom, left:right].astype(np.uint8))
    components[top:bottom, left:right] = inside
    stats[:, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP]] += (left, top)
    touched = set[int]()
    for stroke in strokes:
        if stroke.sign == "positive":
            cells = np.floor(stroke.points_xy / scale_xy).astype(int)
            columns = np.clip(cells[:, 0], 0, logits.shape[1] - 1)
            rows = np.clip(cells[:, 1], 0, logits.shape[0] - 1)
            touched |= {int(component) for component in np.unique(components[rows, columns])}
    chosen = stats[sorted(touched - {0}) or list(range(1, count))]
    low = chosen[:, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP]].min(axis=0)
    high = (chosen[:, :2] + chosen[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]).max(axis=0)
    return np.stack([low * scale_xy, high * scale_xy])
