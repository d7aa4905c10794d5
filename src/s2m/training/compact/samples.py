"""A labelled image in; a square training crop with the targets of its annotation sessions out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.data.labelled_images import IGNORE, LabelledImage, object_ids
from s2m.data.picture_files import read_cutout
from s2m.simulated_user.targets import Target
from s2m.training.compact.config import CompactDataConfig
from s2m.training.compact.light import worsen_light
from s2m.training.compact.pasting import cut_out_object, paste_bunch, paste_cutout, paste_neighbour
from s2m.training.compact.targets import WHOLE_KINDS, draw_target, number_pieces, whole_of
from s2m.training.compact.thin_things import lay_thin_thing
from s2m.training.warps import as_bytes, interpolation, warp_label
from s2m.types import BoolArray, ByteArray

COARSE_FACTORS = (1.5, 5.0)
"""How many times the pixels of a photograph are enlarged where the network zooms in on a small object."""

SMALL = 0.01
"""Objects below this share of the image are small."""

BUNCHES = 0.6
"""Share of the pasted bunches that are the target; of the others it is one copy."""

ENLARGED = 4.0
"""How many pixels of a crop show one of the image around a small object."""


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
    wholes: float = 0.0,
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
        wholes: share of the targets that are a bunch of touching objects.
    """
    loaded = image_rgb, label = _load(labelled, rng)
    if distractor is not None:
        image_rgb, label = paste_cutout(image_rgb, label, read_cutout(distractor.photograph), rng)
    if labelled.kind in WHOLE_KINDS and object_ids(label):
        for neighbour in neighbours:
            beside = loaded if neighbour is labelled else _load(neighbour, rng)
            image_rgb, label = paste_neighbour(image_rgb, label, cut_out_object(*beside, rng), rng)
    size = config.crop_size
    chosen: int | None = None
    members: list[int] = []
    if config.bunch > 0 and labelled.kind in WHOLE_KINDS and rng.random() < config.bunch:
        image_rgb, label, members = paste_bunch(image_rgb, label, cut_out_object(image_rgb, label, rng), rng)
    if not members and config.thin > 0 and rng.random() < config.thin:
        image_rgb, label, chosen = lay_thin_thing(image_rgb, label, rng)
    is_small = not members and chosen is None and config.small > 0 and rng.random() < config.small
    if is_small:
        chosen = small_object(label, rng)
    if members:
        is_whole = rng.random() < BUNCHES
        first = whole_of(label, labelled.kind, np.array(members if is_whole else [rng.choice(members)]))
    elif chosen is None:
        first = draw_target(label, labelled, config.ground, rng, wholes)
    else:
        first = whole_of(label, labelled.kind, np.array([chosen]))
    if is_small and chosen is not None:
        warp = _turned(*_around_small(first.label == 1, size, rng), size, rng)
    else:
        warp = draw_warp(first.label == 1, config, rng)
    crop_label = warp_label(label, warp, size, IGNORE)
    crop_image = cv2.warpAffine(
        image_rgb, warp, (size, size), flags=interpolation(warp), borderMode=cv2.BORDER_REFLECT_101
    )
    if rng.random() < config.coarse:
        crop_image = coarsen(as_bytes(crop_image), float(np.exp(rng.uniform(*np.log(COARSE_FACTORS)))))
    targets = [first.warp(warp, size)]
    while len(targets) < sessions:
        again = rng.random() < 0.4
        targets.append(targets[0] if again else draw_target(crop_label, labelled, config.ground, rng, wholes))
    crop_image = change_colours(as_bytes(crop_image), rng)
    if config.poor_light > 0 and rng.random() < config.poor_light:
        crop_image = worsen_light(crop_image, rng)
    return TrainingSample(crop_image, tuple(targets))


def small_object(label: ByteArray, rng: np.random.Generator) -> int | None:
    """The number of an object that covers less than 1 % of a label (H, W); None where there is none."""
    areas = np.bincount(label.ravel(), minlength=IGNORE + 1)
    small = [i for i in object_ids(label) if areas[i] < SMALL * label.size]
    return int(rng.choice(small)) if small else None


def _around_small(
    target: BoolArray, size: int, rng: np.random.Generator
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Centre and extent of a crop that shows four times as many pixels; of at most the image, but for its edge."""
    height, width = target.shape
    side = size / ENLARGED * float(rng.uniform(0.7, 1.4))
    extent = (min(side, width), min(side, height))
    rows, columns = np.nonzero(target)
    index = int(rng.integers(len(rows)))
    x, y = (float(at[index] + rng.uniform(-0.3, 0.3) * side) for at in (columns, rows))
    return (_inside(x, extent[0], width), _inside(y, extent[1], height)), extent


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
    return _turned(centre, extent, size, rng)


def _turned(
    centre: tuple[float, float], extent: tuple[float, float], size: int, rng: np.random.Generator
) -> NDArray[np.float64]:
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


def coarsen(image_rgb: ByteArray, factor: float) -> ByteArray:
    """An image (H, W, 3) as if it had been enlarged by a factor from as many fewer pixels."""
    height, width = image_rgb.shape[:2]
    few = (max(1, round(width / factor)), max(1, round(height / factor)))
    return as_bytes(cv2.resize(cv2.resize(image_rgb, few, interpolation=cv2.INTER_AREA), (width, height)))


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
    changed = as_bytes(cv2.transform(image_rgb, np.column_stack([matrix, offset])))
    if rng.random() < 0.1:
        changed = as_bytes(cv2.GaussianBlur(changed, (0, 0), float(rng.uniform(0.4, 1.2))))
    if rng.random() < 0.15:
        _, packed = cv2.imencode(".jpg", changed, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 85))])
        unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        assert unpacked is not None
        changed = as_bytes(unpacked)
    return changed
