"""The curve of one object in; one number out.  Figures are means over objects, with paired differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s2m.errors import DataError
from s2m.evaluation.interaction import Curve

Metric = Callable[[Curve], float]
"""A number of one object under one variant."""

SECONDS_PER_STROKE = 2.5
"""Time that drawing a stroke takes a person, added to computing time."""


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


def score_metrics(numbers: Sequence[int]) -> Mapping[str, Metric]:
    """IoU, boundary IoU and trimap IoU after some numbers of interactions."""
    metrics: dict[str, Metric] = {f"IoU@{number}": _iou_after(number) for number in numbers}
    metrics |= {f"boundary IoU@{number}": _boundary_iou_after(number) for number in numbers}
    metrics |= {f"trimap IoU@{number}": _trimap_iou_after(number) for number in numbers}
    return metrics


def count_metrics(word: str, percents: Sequence[int], most: int) -> Mapping[str, Metric]:
    """Interactions to IoUs in per cent (``most`` where never), and 1 for each object that never reaches them.

    Args:
        word: what the number is called: "NoC" of clicks, "NoS" of strokes.
        percents: the IoUs to reach.
        most: interactions at most.
    """
    metrics: dict[str, Metric] = {f"{word}@{percent}": _count_to(percent, most) for percent in percents}
    metrics |= {f"failures@{percent}": _fails(percent, most) for percent in percents}
    return metrics


def cost_metrics(percent: int, most: int) -> Mapping[str, Metric]:
    """What it costs to reach an IoU in per cent: ink in image diagonals, and seconds.

    An object that never gets there counts with all it was given.
    """

    def ink(curve: Curve) -> float:
        row = curve.after(_count_to(percent, most)(curve))
        return row.ink_px / row.diagonal_px

    def seconds(curve: Curve) -> float:
        count = int(_count_to(percent, most)(curve))
        return SECONDS_PER_STROKE * count + sum(row.seconds for row in curve.rows[:count])

    return {f"ink to {percent} (diagonals)": ink, f"seconds to {percent}": seconds}


def area_under_curve(most: int) -> Metric:
    """Mean IoU over the first ``most`` interactions."""
    return lambda curve: float(np.mean([curve.after(number).iou for number in range(1, most + 1)]))


def answer_seconds(curve: Curve) -> float:
    """Median computing time of a interaction after the first, or of the first where it is the only one."""
    return float(np.median([row.seconds for row in curve.rows[1:] or curve.rows]))


def means(metrics: Mapping[str, Metric], curves: Sequence[Curve]) -> dict[str, float]:
    """The mean of every metric over objects, and how many objects there were."""
    figures = {"objects": float(len(curves))}
    figures |= {name: float(np.mean([metric(curve) for curve in curves])) for name, metric in metrics.items()}
    return figures


def interactions_to(curve: Sequence[float], threshold: float, most: int) -> tuple[int, bool]:
    """How many interactions a curve of IoU after 1, 2, ... needs to reach a threshold.

    Returns:
        The number, ``most`` where it is never reached (as published click counts do), and whether it was.
    """
    for count, value in enumerate(curve[:most], start=1):
        if value >= threshold:
            return count, True
    return most, False


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


def compare(metrics: Mapping[str, Metric], first: Sequence[Curve], second: Sequence[Curve]) -> dict[str, Difference]:
    """The difference of every metric from the first curves to the second, over the objects that both have."""
    others = {(curve.image, curve.object_id): curve for curve in second}
    pairs = [
        (curve, others[curve.image, curve.object_id]) for curve in first if (curve.image, curve.object_id) in others
    ]
    images = [curve.image for curve, _ in pairs]
    return {
        name: paired_difference(images, [metric(one) for one, _ in pairs], [metric(other) for _, other in pairs])
        for name, metric in metrics.items()
    }


def _iou_after(number: int) -> Metric:
    return lambda curve: curve.after(number).iou


def _boundary_iou_after(number: int) -> Metric:
    return lambda curve: curve.after(number).boundary_iou


def _trimap_iou_after(number: int) -> Metric:
    return lambda curve: curve.after(number).trimap_iou


def _count_to(percent: int, most: int) -> Callable[[Curve], int]:
    return lambda curve: interactions_to(curve.ious, percent / 100, most)[0]


def _fails(percent: int, most: int) -> Metric:
    return lambda curve: float(not interactions_to(curve.ious, percent / 100, most)[1])
