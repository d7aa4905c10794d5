"""Curves of IoU in; the figures that protocols share out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from s2m.evaluation.metrics import interactions_to
from s2m.evaluation.turns import Curve


def iou_figures(curves: Sequence[Curve], numbers: Sequence[int]) -> dict[str, float]:
    """Means over objects after some numbers of turns: IoU, boundary IoU and trimap IoU."""
    figures: dict[str, float] = {}
    for number in numbers:
        lines = [curve.after(number) for curve in curves]
        figures[f"IoU@{number}"] = _mean([line.iou for line in lines])
        figures[f"boundary IoU@{number}"] = _mean([line.boundary_iou for line in lines])
        figures[f"trimap IoU@{number}"] = _mean([line.trimap_iou for line in lines])
    return figures


def count_figures(curves: Sequence[Curve], word: str, percents: Sequence[int], most: int) -> dict[str, float]:
    """Mean number of interactions to IoUs in per cent, and the share of objects that never reach them.

    Args:
        curves: one an object.
        word: what a mean number is called: "NoC" of clicks, "NoS" of strokes.
        percents: the IoUs to reach.
        most: what an object counts that never reaches it.
    """
    figures: dict[str, float] = {}
    for percent in percents:
        counts = [interactions_to(curve.ious, percent / 100, most) for curve in curves]
        figures[f"{word}@{percent}"] = _mean([count for count, _ in counts])
        figures[f"failures@{percent}"] = _mean([float(not reached) for _, reached in counts])
    return figures


def area_under_curve(curves: Sequence[Curve], most: int) -> float:
    """Mean IoU over the first ``most`` turns and all objects."""
    return _mean([_mean([curve.after(number).iou for number in range(1, most + 1)]) for curve in curves])


def answer_seconds(curves: Sequence[Curve]) -> float:
    """Median computing time of a turn after the first, in seconds; of all turns where there is but one."""
    later = [line.seconds for curve in curves for line in curve.lines if line.number > 1]
    return float(np.median(later or [line.seconds for curve in curves for line in curve.lines]))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
