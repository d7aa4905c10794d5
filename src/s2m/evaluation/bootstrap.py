"""A number of the same objects under two conditions in; their mean difference with an interval out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s2m.errors import DataError
from s2m.evaluation.measures import Measure
from s2m.evaluation.turns import Curve

RESAMPLINGS = 10_000
CONFIDENCE = 0.95

_SEED = 20_100
"""Resampling has a seed of its own, so that a report says the same each time."""


@dataclass(frozen=True)
class Difference:
    """A mean difference over objects, and the interval that holds it with ``CONFIDENCE``."""

    mean: float
    low: float
    high: float


def paired_difference(clusters: Sequence[str], first: Sequence[float], second: Sequence[float]) -> Difference:
    """The mean of second - first, with the percentile interval of a paired bootstrap over images.

    Whole images are drawn with replacement, for objects of one image are not independent (Efron and
    Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13).

    Args:
        clusters: the image of each object.
        first, second: a number of each object under both conditions, in the same order.

    Raises:
        DataError: there is no object.
    """
    if not clusters:
        raise DataError("there is no object to compare; both runs need the same images and protocol")
    differences = np.subtract(second, first).astype(np.float64)
    _, image_of = np.unique(np.array(clusters), return_inverse=True)
    sums, counts = np.bincount(image_of, differences), np.bincount(image_of).astype(np.float64)
    rng = np.random.default_rng(_SEED)
    drawn = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), RESAMPLINGS)
    resampled = (drawn @ sums) / (drawn @ counts)
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Difference(float(differences.mean()), float(low), float(high))


def compare(measures: Mapping[str, Measure], first: Sequence[Curve], second: Sequence[Curve]) -> dict[str, Difference]:
    """The difference of every measure from the first curves to the second, over the objects that both have."""
    others = {(curve.image, curve.object_id): curve for curve in second}
    pairs = [
        (curve, others[curve.image, curve.object_id]) for curve in first if (curve.image, curve.object_id) in others
    ]
    images = [curve.image for curve, _ in pairs]
    return {
        name: paired_difference(images, [measure(one) for one, _ in pairs], [measure(other) for _, other in pairs])
        for name, measure in measures.items()
    }
