"""An image and its label in; the same with a pole, cable or strap laid over it out."""

from __future__ import annotations

import cv2
import numpy as np

from s2m.data.labelled_images import IGNORE, object_ids
from s2m.simulated_user.scribbles import bezier
from s2m.training.warps import as_bytes
from s2m.types import ByteArray

LEAST_WIDTHS = 15
"""A thin thing is at least as many times as long as it is wide."""

POINTS = 64


def lay_thin_thing(
    image_rgb: ByteArray, label: ByteArray, rng: np.random.Generator
) -> tuple[ByteArray, ByteArray, int | None]:
    """Draw something thin, straight or bent, with colours of its own or of the photograph, and its exact outline.

    Photographs with exact labels of thin things are rare, and one line along a pole must not mean the scene behind.

    Args:
        image_rgb: (H, W, 3) uint8.
        label: (H, W) uint8.
        rng: the source of every choice.

    Returns:
        Image and label with the thing, and its number; None, and both as they were, where no number is free.
    """
    value = max(object_ids(label), default=0) + 1
    if value == IGNORE:
        return image_rgb, label, None
    height, width = label.shape
    length = float(rng.uniform(0.3, 0.95)) * min(height, width)
    thick = float(np.exp(rng.uniform(np.log(2.0), np.log(max(2.5, length / LEAST_WIDTHS)))))
    angle = rng.uniform(0, np.pi)
    along = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    middle = np.array([rng.uniform(0.25, 0.75) * width, rng.uniform(0.25, 0.75) * height])
    bend = np.array([-along[1], along[0]]) * (0.0 if rng.random() < 0.5 else rng.uniform(-1.2, 1.2))
    points = bezier(np.stack([middle - along, middle + bend, middle + along]), POINTS)
    cover = _line(label.shape, points, thick)
    ends = np.array([_colour(image_rgb, rng), _colour(image_rgb, rng) if rng.random() < 0.3 else np.zeros(3)])
    if not ends[1].any():
        ends[1] = ends[0]
    rows, columns = np.mgrid[0:height, 0:width]
    share = ((columns - middle[0]) * along[0] + (rows - middle[1]) * along[1]) / (2 * along @ along) + 0.5
    colours = ends[0] + np.clip(share, 0, 1)[..., None] * (ends[1] - ends[0])
    shine = _line(label.shape, points + rng.uniform(-0.25, 0.25, 2) * thick, max(1.0, thick / 3))
    colours += shine[..., None] * float(rng.uniform(-60, 60)) + rng.normal(0, 4, (height, width, 1))
    mixed = image_rgb + cover[..., None] * (np.clip(colours, 0, 255) - image_rgb)
    return as_bytes(mixed.astype(np.uint8)), np.where(cover >= 0.5, np.uint8(value), label), value


def _line(size_hw: tuple[int, ...], points: np.ndarray, thick: float) -> np.ndarray:
    """How much of each pixel (H, W) a line covers, float32 in 0..1."""
    fine = 4
    drawn = np.zeros((size_hw[0] * fine, size_hw[1] * fine), dtype=np.uint8)
    cv2.polylines(drawn, [np.round(points * fine).astype(np.int32)[:, None]], False, 255, max(1, round(thick * fine)))
    small = cv2.resize(drawn, (size_hw[1], size_hw[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 0.5), dtype=np.float32) / 255


def _colour(image_rgb: ByteArray, rng: np.random.Generator) -> np.ndarray:
    """Any colour, or in half of the cases about that of a pixel of the photograph."""
    if rng.random() < 0.5:
        return np.asarray(rng.uniform(0, 255, 3))
    pixel = image_rgb[int(rng.integers(image_rgb.shape[0])), int(rng.integers(image_rgb.shape[1]))]
    return np.asarray(np.clip(pixel + rng.normal(0, 20, 3), 1, 255))
