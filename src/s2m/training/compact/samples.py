"""A labelled image in; a square training crop with the targets of its annotation sessions out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from s2m.data.labelled_images import IGNORE, LabelledImage, object_ids
from s2m.data.picture_files import read_cutout
from s2m.simulated_user.targets import SIBLING, Target, large_pieces
from s2m.training.compact.config import CompactDataConfig
from s2m.types import BoolArray, ByteArray

WHOLE_KINDS = ("salient", "instance")
"""Kinds of labels whose objects are whole things."""

COARSE_FACTORS = (1.5, 5.0)
"""How many times the pixels of a photograph are enlarged where the network zooms in on a small object."""


@dataclass(frozen=True)
class TrainingSample:
    """One crop of (S, S, 3) uint8 and the targets of its sessions, each of the crop's size."""

    image_rgb: ByteArray
    targets: tuple[Target, ...]


def draw_sample(
    labelled: LabelledImage,
    distractor: LabelledImage | None,
    neighbours: Sequence[LabelledImage],
    config: CompactDataConfig,
    sessions: int,
    rng: np.random.Generator,
) -> TrainingSample:
    """Draw targets, a crop and an augmentation.

    Args:
        labelled: the image to learn from.
        distractor: a cut-out (kind "alpha") to paste beside or over the object, or None.
        neighbours: images of whole objects, any of which may be ``labelled`` itself: one object of each is pasted
            beside another, if ``labelled`` shows whole objects too.
        config: crop size and shares.
        sessions: how many targets to draw.
        rng: the source of every choice.
    """
    loaded = image_rgb, label = _load(labelled, rng)
    if distractor is not None:
        image_rgb, label = paste_cutout(image_rgb, label, read_cutout(distractor.photograph), rng)
    if labelled.kind in WHOLE_KINDS and object_ids(label):
        for neighbour in neighbours:
            beside = loaded if neighbour is labelled else _load(neighbour, rng)
            image_rgb, label = paste_neighbour(image_rgb, label, cut_out_object(*beside, rng), rng)
    first = draw_target(label, labelled, config.ground, rng)
    warp = draw_warp(first.label == 1, config, rng)
    size = config.crop_size
    crop_label = cv2.warpAffine(label, warp, (size, size), flags=cv2.INTER_NEAREST, borderValue=IGNORE)
    crop_image = cv2.warpAffine(
        image_rgb, warp, (size, size), flags=_interpolation(warp), borderMode=cv2.BORDER_REFLECT_101
    )
    if rng.random() < config.coarse:
        crop_image = coarsen(_bytes(crop_image), float(np.exp(rng.uniform(*np.log(COARSE_FACTORS)))))
    targets = [first.warp(warp, size)]
    while len(targets) < sessions:
        targets.append(
            targets[0] if rng.random() < 0.4 else draw_target(_bytes(crop_label), labelled, config.ground, rng)
        )
    return TrainingSample(change_colours(_bytes(crop_image), rng), tuple(targets))


def _bytes(array: MatLike) -> ByteArray:
    return np.asarray(array, dtype=np.uint8)


def _load(labelled: LabelledImage, rng: np.random.Generator) -> tuple[ByteArray, ByteArray]:
    if labelled.kind != "alpha":
        image_rgb, label = labelled.load()
        return image_rgb, number_pieces(label) if labelled.kind == "salient" else label
    cutout = read_cutout(labelled.photograph)
    side = round(max(cutout.shape[:2]) * float(rng.uniform(1.2, 2.2)))
    canvas = np.empty((side, side, 3), dtype=np.uint8)
    # A smooth two-colour ground: the emoji is the only object there.
    ramp = np.linspace(0, 1, side, dtype=np.float32)[:, None, None]
    ends = rng.uniform(0, 255, (2, 3))
    canvas[:] = np.broadcast_to(ends[0] * (1 - ramp) + ends[1] * ramp, canvas.shape).astype(np.uint8)
    if rng.random() < 0.5:
        canvas = np.ascontiguousarray(canvas.transpose(1, 0, 2))
    return paste_cutout(canvas, np.zeros((side, side), dtype=np.uint8), cutout, rng, label_value=1)


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
    return _lay_over(image_rgb, label, _bytes(cv2.warpAffine(cutout, warp, (width, height))), label_value)


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
    return np.dstack([_bytes(colours), alpha.astype(np.uint8)])


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
    layer = _bytes(cv2.warpAffine(cutout, warp, label.shape[::-1], flags=_interpolation(warp)))
    if rng.random() < 0.5:
        layer[beside] = 0
    objects = np.isin(label, ids)
    hidden = objects & (layer[..., 3] >= 128)
    if 2 * hidden.sum() > objects.sum():
        return image_rgb, label
    return _lay_over(image_rgb, label, layer, value)


def number_pieces(label: ByteArray) -> ByteArray:
    """Give every large piece of a label of one object a number of its own, from 1 on.

    Salient sets have one label for the main thing, also where it is several things apart from each other, of
    which a person who strokes one means that one.  Small pieces go with the nearest large one.

    Args:
        label: (H, W) uint8 of 0, 1 and 255 (unknown).
    """
    pieces, large = large_pieces(label == 1)
    if len(large) < 2:
        return label
    elsewhere = (~np.isin(pieces, large)).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(elsewhere, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    return np.where(label == 1, _bytes(nearest), label)


def draw_target(label: ByteArray, labelled: LabelledImage, ground: float, rng: np.random.Generator) -> Target:
    """What to segment in an image with a label (H, W) uint8.

    An object for salient and instance sets (now and then two of them, and in the share ``ground`` all that is around
    one or every object), a part, a group of parts or the whole for parts, whose other parts are siblings; for partial
    sets what lies far from the object is unknown.
    """
    ids = object_ids(label)
    if not ids:
        return Target(np.where(label == IGNORE, np.uint8(IGNORE), np.uint8(0)))
    is_several = labelled.kind in WHOLE_KINDS and rng.random() < ground
    if is_several:
        left_out = rng.choice(ids, size=1) if rng.random() < 0.5 else ids
        target = (~np.isin(label, left_out)).astype(np.uint8)
    else:
        chosen = _choose(ids, labelled.kind, rng)
        is_several = labelled.kind != "parts" and len(chosen) > 1
        target = np.isin(label, chosen).astype(np.uint8)
    if labelled.kind == "parts":
        target[np.isin(label, ids) & (target == 0)] = SIBLING
    if labelled.kind == "partial":
        target[~_near(target == 1)] = IGNORE
    target[label == IGNORE] = IGNORE
    return Target(target, is_several)


def _choose(ids: tuple[int, ...], kind: str, rng: np.random.Generator) -> NDArray[np.int64]:
    if kind == "parts":
        draw = rng.random()
        if draw < 0.65:
            return np.array(ids)
        count = 1 if draw < 0.85 else int(rng.integers(1, len(ids) + 1))
    else:
        count = 2 if len(ids) > 1 and rng.random() < 0.08 else 1
    return rng.choice(ids, size=count, replace=False)


def _near(mask: BoolArray) -> BoolArray:
    """The box of a mask with a margin of half its size."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    near = np.zeros_like(mask)
    margin_y, margin_x = (np.ptp(rows) + 1) // 2, (np.ptp(columns) + 1) // 2
    near[max(0, rows[0] - margin_y) : rows[-1] + margin_y, max(0, columns[0] - margin_x) : columns[-1] + margin_x] = (
        True
    )
    return near


def draw_warp(target: BoolArray, config: CompactDataConfig, rng: np.random.Generator) -> NDArray[np.float64]:
    """The affine map (2, 3) from image pixels to the crop: place, size, aspect, turn, flip."""
    height, width = target.shape
    size = config.crop_size
    kind = rng.random()
    if kind < config.whole_image or not target.any():
        centre, extent = (width / 2, height / 2), (float(width), float(height))
    elif kind > 1 - config.close_up:
        side = float(max(height, width)) * float(rng.uniform(0.4, 0.65))
        extent = (min(side, width), min(side, height))
        x, y = _outline_point(target, rng)
        centre = (_inside(x, extent[0], width), _inside(y, extent[1], height))
    else:
        rows, columns = np.flatnonzero(target.any(axis=1)), np.flatnonzero(target.any(axis=0))
        longest = max(int(np.ptp(rows)), int(np.ptp(columns)), 24) + 1
        side = min(float(longest) * float(rng.uniform(1.0, 3.0)), float(max(height, width)))
        aspect = float(np.exp(rng.uniform(-0.25, 0.25)))
        extent = (min(side * aspect, width), min(side / aspect, height))
        slack = (longest * 0.35, longest * 0.35)
        centre = (
            _inside((columns[0] + columns[-1]) / 2 + rng.uniform(-1, 1) * slack[0], extent[0], width),
            _inside((rows[0] + rows[-1]) / 2 + rng.uniform(-1, 1) * slack[1], extent[1], height),
        )
    turn = np.deg2rad(rng.uniform(-12, 12)) if rng.random() < 0.3 else 0.0
    flip = -1.0 if rng.random() < 0.5 else 1.0
    scale_x, scale_y = size / extent[0] * flip, size / extent[1]
    cos, sin = np.cos(turn), np.sin(turn)
    linear = np.array([[scale_x * cos, -scale_x * sin], [scale_y * sin, scale_y * cos]])
    shift = np.array([size / 2, size / 2]) - linear @ np.array(centre)
    return np.concatenate([linear, shift[:, None]], axis=1)


def _outline_point(target: BoolArray, rng: np.random.Generator) -> tuple[float, float]:
    """A random pixel (x, y) of a target beside its background, or at the image's edge."""
    inner = cv2.erode(target.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    rows, columns = np.nonzero(target & (inner == 0))
    index = int(rng.integers(len(rows)))
    return float(columns[index]), float(rows[index])


def _inside(centre: float, extent: float, limit: float) -> float:
    return float(np.clip(centre, extent / 2, limit - extent / 2))


def _interpolation(warp: NDArray[np.float64]) -> int:
    return cv2.INTER_AREA if abs(np.linalg.det(warp[:, :2])) < 0.5 else cv2.INTER_LINEAR


def coarsen(image_rgb: ByteArray, factor: float) -> ByteArray:
    """An image (H, W, 3) as if it had been enlarged by a factor from as many fewer pixels."""
    height, width = image_rgb.shape[:2]
    few = (max(1, round(width / factor)), max(1, round(height / factor)))
    return _bytes(cv2.resize(cv2.resize(image_rgb, few, interpolation=cv2.INTER_AREA), (width, height)))


def change_colours(image_rgb: ByteArray, rng: np.random.Generator) -> ByteArray:
    """Brightness, contrast, saturation and colour cast; now and then grey, blurred or recompressed."""
    grey = np.full((3, 3), 1 / 3)
    matrix, offset = np.eye(3), np.zeros(3)
    if rng.random() < 0.8:
        saturation, contrast, brightness = rng.uniform(0.6, 1.4), rng.uniform(0.7, 1.3), rng.uniform(-25, 25)
        cast = rng.uniform(0.92, 1.08, 3)
        matrix = cast[:, None] * contrast * (saturation * matrix + (1 - saturation) * grey)
        offset = cast * (127 - 127 * contrast + brightness)
    if rng.random() < 0.05:
        matrix, offset = grey @ matrix, grey @ offset
    changed = _bytes(cv2.transform(image_rgb, np.column_stack([matrix, offset])))
    if rng.random() < 0.1:
        changed = _bytes(cv2.GaussianBlur(changed, (0, 0), float(rng.uniform(0.4, 1.2))))
    if rng.random() < 0.15:
        _, packed = cv2.imencode(".jpg", changed, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 85))])
        unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        assert unpacked is not None
        changed = _bytes(unpacked)
    return changed
