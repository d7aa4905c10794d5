"""An image with its label and a cut-out in; the same with the cut-out pasted out.

Images are (H, W, 3) uint8, labels (H, W) uint8, cut-outs (h, w, 4) uint8 RGBA.
"""

from __future__ import annotations

import cv2
import numpy as np

from s2m.data.labelled_images import IGNORE, object_ids
from s2m.training.warps import as_bytes, interpolation
from s2m.types import ByteArray


def paste_cutout(
    image_rgb: ByteArray, label: ByteArray, cutout: ByteArray, rng: np.random.Generator, label_value: int = 0
) -> tuple[ByteArray, ByteArray]:
    """Paste an RGBA cut-out at a random place and size; its pixels get ``label_value`` in the label."""
    height, width = label.shape
    side = max(
        16, round(min(height, width) * float(rng.uniform(0.25, 0.6) if label_value == 0 else rng.uniform(0.4, 0.8)))
    )
    scale = side / max(cutout.shape[:2])
    warp = np.array(
        [
            [scale, 0, rng.uniform(0, max(1, width - side))],
            [0, scale, rng.uniform(0, max(1, height - side))],
        ]
    )
    return _lay_over(image_rgb, label, as_bytes(cv2.warpAffine(cutout, warp, (width, height))), label_value)


def _lay_over(image_rgb: ByteArray, label: ByteArray, layer_rgba: ByteArray, value: int) -> tuple[ByteArray, ByteArray]:
    alpha = layer_rgba[..., 3:].astype(np.float32) / 255
    mixed = image_rgb * (1 - alpha) + layer_rgba[..., :3] * alpha
    pasted = np.where(alpha[..., 0] >= 0.5, np.uint8(value), label)
    return mixed.astype(np.uint8), pasted.astype(np.uint8)


def cut_out_object(image_rgb: ByteArray, label: ByteArray, rng: np.random.Generator) -> ByteArray:
    """One object of a labelled image, (h, w, 4) uint8 with soft edges; (0, 0, 4) where there is none."""
    ids = object_ids(label)
    if not ids:
        return np.zeros((0, 0, 4), dtype=np.uint8)
    mask = (label == rng.choice(ids)).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    box = np.s_[top : top + height, left : left + width]
    # The outermost pixels of a label show the old background as often as the object.
    kept = cv2.erode(np.pad(mask[box], 2), np.ones((3, 3), np.uint8))
    alpha = cv2.GaussianBlur(kept.astype(np.float32) * 255, (0, 0), 0.8)
    colours = cv2.copyMakeBorder(image_rgb[box], 2, 2, 2, 2, cv2.BORDER_REPLICATE)
    return np.dstack([as_bytes(colours), alpha.astype(np.uint8)])


def paste_neighbour(
    image_rgb: ByteArray, label: ByteArray, cutout: ByteArray, rng: np.random.Generator
) -> tuple[ByteArray, ByteArray]:
    """Paste an RGBA cut-out beside an object, in front of it or behind it, as an object with the next free number.

    That a stroke means one thing, not also what touches it and looks alike, is hard to learn from photographs of
    one thing.  The pasting follows Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for
    Instance Segmentation", CVPR 2021.

    Args:
        image_rgb: (H, W, 3) uint8.
        label: (H, W) uint8 with at least one object.
        cutout: (h, w, 4) uint8; an empty one is not pasted.
        rng: the source of every choice.
    """
    ids = object_ids(label)
    value = max(ids) + 1
    if not cutout.size or value == IGNORE:
        return image_rgb, label
    beside = label == rng.choice(ids)
    left, top, width, height = cv2.boundingRect(beside.astype(np.uint8))
    scale = float(np.sqrt(width * height / (cutout.shape[0] * cutout.shape[1])) * np.exp(rng.uniform(-0.4, 0.3)))
    flip = -1.0 if rng.random() < 0.5 else 1.0
    angle = rng.uniform(-np.pi / 5, np.pi / 5) + (np.pi if rng.random() < 0.5 else 0.0)
    distance = rng.uniform(0.45, 1.05)
    centre = (
        left + width / 2 + np.cos(angle) * distance * (width + cutout.shape[1] * scale) / 2,
        top + height / 2 + np.sin(angle) * distance * (height + cutout.shape[0] * scale) / 2,
    )
    linear = np.diag([scale * flip, scale])
    shift = np.array(centre) - linear @ (np.array(cutout.shape[1::-1]) / 2)
    warp = np.concatenate([linear, shift[:, None]], axis=1)
    layer = as_bytes(cv2.warpAffine(cutout, warp, label.shape[::-1], flags=interpolation(warp)))
    if rng.random() < 0.5:
        layer[beside] = 0
    objects = np.isin(label, ids)
    hidden = objects & (layer[..., 3] >= 128)
    if 2 * hidden.sum() > objects.sum():
        return image_rgb, label
    return _lay_over(image_rgb, label, layer, value)


def paste_bunch(
    image_rgb: ByteArray, label: ByteArray, cutout: ByteArray, rng: np.random.Generator
) -> tuple[ByteArray, ByteArray, list[int]]:
    """Paste many copies of an RGBA cut-out close to one another, turned and of several sizes, as fruit lies in a bowl.

    Args:
        image_rgb: (H, W, 3) uint8.
        label: (H, W) uint8.
        cutout: (h, w, 4) uint8; an empty one is not pasted.
        rng: the source of every choice.

    Returns:
        Image and label with the copies, and the numbers of those that can be seen.
    """
    first = max(object_ids(label), default=0) + 1
    count = int(rng.integers(5, 16))
    if not cutout.size or first + count > IGNORE:
        return image_rgb, label, []
    height, width = label.shape
    side = float(rng.uniform(0.1, 0.22)) * min(height, width)
    spread = side * np.sqrt(count) * np.array([rng.uniform(0.4, 0.7), rng.uniform(0.25, 0.45)])
    middle = np.array([rng.uniform(0.3, 0.7) * width, rng.uniform(0.3, 0.7) * height])
    half = np.array(cutout.shape[1::-1]) / 2
    for value in range(first, first + count):
        scale = side / max(cutout.shape[:2]) * float(np.exp(rng.uniform(-0.25, 0.25)))
        centre = middle + rng.uniform(-1, 1, 2) * spread
        angle = float(rng.uniform(0, 360))
        turn = np.asarray(cv2.getRotationMatrix2D((float(half[0]), float(half[1])), angle, scale), dtype=np.float64)
        turn[:, 2] += centre - half
        layer = as_bytes(cv2.warpAffine(cutout, turn, (width, height), flags=interpolation(turn)))
        image_rgb, label = _lay_over(image_rgb, label, layer, value)
    return image_rgb, label, [value for value in object_ids(label) if value >= first]
