"""A labelled image in; one augmented crop with its simulated interaction out, as the original was trained."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.data.labelled_images import IGNORE, LabelledImage, object_ids
from s2m.engine.geometry import Frame
from s2m.engine.prompts import draw_strokes
from s2m.simulated_user.published import Interaction, SimulatorSettings, simulate
from s2m.training.original.config import AugmentationConfig
from s2m.training.warps import interpolation, warp_label
from s2m.types import ByteArray, FloatArray

LEAST_TARGET_PX = 100
"""A crop is drawn again where it shows less of the object than this."""

MOST_CROPS = 6

IMAGE_MEAN_RGB = (124, 116, 104)
"""The colour beyond the image's edge: the mean of ImageNet."""


@dataclass(frozen=True)
class OriginalSample:
    """One crop and what the network is told about it.

    Attributes:
        image_rgb: (S, S, 3) uint8.
        prompts: (3, S, S) float32 in 0..1: positive, negative, previous mask.
        target: (S, S) uint8: 0 background, 1 the object, 255 unknown.
    """

    image_rgb: ByteArray
    prompts: FloatArray
    target: ByteArray


def draw_sample(
    labelled: LabelledImage,
    crop_size: int,
    diameter_px: float,
    augmentation: AugmentationConfig,
    simulator: SimulatorSettings,
    rng: np.random.Generator,
) -> OriginalSample:
    """Draw an object, an augmentation and an interaction.

    Args:
        labelled: the image to learn from.
        crop_size: side of the crop in network pixels.
        diameter_px: thickness of a drawn stroke in network pixels.
        augmentation: the random changes.
        simulator: the shares of the interactions.
        rng: the source of every choice.
    """
    image_rgb, label = labelled.load()
    chosen = rng.permutation(object_ids(label))
    target, other = (_mask_of(label, chosen, place) for place in (0, 1))
    warp, warped = _draw_crop(target, crop_size, augmentation, rng)
    image = cv2.warpAffine(
        image_rgb, warp, (crop_size, crop_size), flags=interpolation(warp), borderValue=IMAGE_MEAN_RGB
    )
    shown_other = warp_label(other, warp, crop_size, beyond=0) == 1
    truth = warped == 1
    interaction = simulate(truth, shown_other if shown_other.any() else None, simulator, rng)
    return OriginalSample(
        change_colours(np.asarray(image, dtype=np.uint8), augmentation, rng),
        draw_prompts(interaction, diameter_px),
        warped,
    )


def draw_prompts(interaction: Interaction, diameter_px: float) -> FloatArray:
    """The prompt maps of an interaction, (3, S, S) float32 in 0..1: positive, negative, previous mask."""
    height, width = interaction.previous.shape
    frame = Frame((height, width), (0, 0, width, height), (height, width))
    drawn = draw_strokes(interaction.strokes, (1,), frame, 1, diameter_px)[0]
    return np.concatenate([drawn, interaction.previous[None].astype(np.float32)])


def _mask_of(label: ByteArray, chosen: NDArray[np.int64], place: int) -> ByteArray:
    """The object at a place of the shuffled ids as (H, W) uint8 of 0, 1 and 255; nothing where there is none."""
    mask = (label == chosen[place]).astype(np.uint8) if place < len(chosen) else np.zeros_like(label)
    mask[label == IGNORE] = IGNORE
    return mask


def _draw_crop(
    target: ByteArray, crop_size: int, augmentation: AugmentationConfig, rng: np.random.Generator
) -> tuple[NDArray[np.float64], ByteArray]:
    """A warp that shows some of the object, where a few tries find one, and the warped target."""
    for _ in range(MOST_CROPS):
        warp = draw_warp((target.shape[0], target.shape[1]), crop_size, augmentation, rng)
        warped = warp_label(target, warp, crop_size, beyond=0)
        if (warped == 1).sum() >= LEAST_TARGET_PX:
            break
    return warp, warped


def draw_warp(
    size_hw: tuple[int, int], crop_size: int, augmentation: AugmentationConfig, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The affine map (2, 3) from image pixels to a crop.

    The image's short side is brought to the crop's, then turned, scaled and sheared about its centre and
    mirrored; the crop is taken at random from what that gives.
    """
    height, width = size_hw
    scale = crop_size / min(height, width) * float(rng.uniform(*augmentation.scale))
    turn, shear = (
        float(np.deg2rad(rng.uniform(-limit, limit))) for limit in (augmentation.degrees, augmentation.shear)
    )
    flip = -1.0 if rng.random() < augmentation.flip else 1.0
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = scale * rotation @ np.array([[1.0, np.tan(shear)], [0.0, 1.0]]) @ np.diag([flip, 1.0])
    slack = np.maximum(np.array([width, height]) * scale - crop_size, 0) / 2
    centre = crop_size / 2 + rng.uniform(-1, 1, 2) * slack
    shift = centre - linear @ np.array([width / 2, height / 2])
    return np.concatenate([linear, shift[:, None]], axis=1)


def change_colours(image_rgb: ByteArray, config: AugmentationConfig, rng: np.random.Generator) -> ByteArray:
    """Brightness, contrast and saturation changed a little; now and then no colour at all."""
    brightness, contrast, saturation = (
        float(rng.uniform(1 - limit, 1 + limit)) for limit in (config.brightness, config.contrast, config.saturation)
    )
    colours = image_rgb.astype(np.float32) * brightness
    mean = float(_grey(colours).mean())
    colours = mean + (colours - mean) * contrast
    if rng.random() < config.grey:
        saturation = 0.0
    grey = _grey(colours)
    colours = grey + (colours - grey) * saturation
    return np.clip(np.round(colours), 0, 255).astype(np.uint8)


def _grey(colours: FloatArray) -> FloatArray:
    """The luma (H, W, 1) of ITU-R BT.601."""
    return np.asarray(colours @ np.array([[0.299], [0.587], [0.114]], dtype=np.float32))
