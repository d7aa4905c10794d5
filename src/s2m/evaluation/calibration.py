"""Logits (h, w) and truths (H, W) in; how often what is said to be 70 % sure is right, in bins, out.

Tallies are counts, so those of many interactions, images and processes add up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from s2m.engine.aggregation import sigmoid
from s2m.engine.geometry import resize_maps
from s2m.evaluation.scene import Truth
from s2m.types import FloatArray

BINS = 10
"""Bins of equal width from probability 0 to 1; the outer two are what is called sure, the inner ones in doubt."""


@dataclass(frozen=True)
class Tally:
    """Pixels by the probability that was predicted for them, ``BINS`` numbers each.

    Attributes:
        pixels: how many pixels.
        object_pixels: how many of them are the object's.
        probability: the sum of their predicted probabilities.
    """

    pixels: tuple[int, ...]
    object_pixels: tuple[int, ...]
    probability: tuple[float, ...]


@dataclass(frozen=True)
class Calibration:
    """What a tally says.

    Attributes:
        predicted: the mean probability predicted in each bin that has pixels.
        observed: the share of object pixels in the same bins.
        expected_error: expected calibration error, the mean of |observed - predicted| over all pixels.
        doubt_error: the same over the pixels in doubt alone, which the many sure ones cannot hide.
        doubt_share: the share of pixels in doubt.
    """

    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    expected_error: float
    doubt_error: float
    doubt_share: float


def tally_of(logits: FloatArray, truth: Truth) -> Tally:
    """Count the known pixels of one answer.

    Args:
        logits: (h, w) float32, of the whole image at any resolution.
        truth: of the same object.
    """
    size_hw = (truth.mask.shape[0], truth.mask.shape[1])
    probs = sigmoid(resize_maps(logits[None], size_hw)[0])[truth.valid]
    bins = np.minimum((probs * BINS).astype(np.intp), BINS - 1)
    pixels = np.bincount(bins, minlength=BINS)
    object_pixels = np.bincount(bins[truth.mask[truth.valid]], minlength=BINS)
    probability = np.bincount(bins, weights=probs, minlength=BINS)
    return Tally(
        tuple(int(count) for count in pixels),
        tuple(int(count) for count in object_pixels),
        tuple(round(float(total), 2) for total in probability),
    )


def joined(tallies: Iterable[Tally]) -> Tally:
    """The tally of all pixels of some tallies."""
    nothing = Tally((0,) * BINS, (0,) * BINS, (0.0,) * BINS)
    every = [nothing, *tallies]
    return Tally(
        tuple(int(count) for count in np.sum([tally.pixels for tally in every], axis=0)),
        tuple(int(count) for count in np.sum([tally.object_pixels for tally in every], axis=0)),
        tuple(float(total) for total in np.sum([tally.probability for tally in every], axis=0)),
    )


def calibration_of(tally: Tally) -> Calibration:
    """Compare what was predicted with what was observed."""
    pixels = np.array(tally.pixels, dtype=np.float64)
    used = pixels > 0
    predicted = np.array(tally.probability)[used] / pixels[used]
    observed = np.array(tally.object_pixels)[used] / pixels[used]
    errors = np.zeros(BINS)
    errors[used] = np.abs(observed - predicted)
    inner = pixels[1:-1]
    return Calibration(
        tuple(float(value) for value in predicted),
        tuple(float(value) for value in observed),
        float(errors @ pixels / max(1, pixels.sum())),
        float(errors[1:-1] @ inner / max(1, inner.sum())),
        float(inner.sum() / max(1, pixels.sum())),
    )
