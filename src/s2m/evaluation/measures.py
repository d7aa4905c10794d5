"""The curve of one object in; one number out.  Figures are means of these over objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from s2m.evaluation.metrics import interactions_to
from s2m.evaluation.turns import Curve

Measure = Callable[[Curve], float]
"""A number of one object under one variant."""

SECONDS_PER_STROKE = 2.5
"""Time that drawing a stroke takes a person, added to computing time."""


def score_measures(numbers: Sequence[int]) -> Mapping[str, Measure]:
    """IoU, boundary IoU and trimap IoU after some numbers of turns."""
    measures: dict[str, Measure] = {f"IoU@{number}": _iou_after(number) for number in numbers}
    measures |= {f"boundary IoU@{number}": _boundary_iou_after(number) for number in numbers}
    measures |= {f"trimap IoU@{number}": _trimap_iou_after(number) for number in numbers}
    return measures


def count_measures(word: str, percents: Sequence[int], most: int) -> Mapping[str, Measure]:
    """Interactions to IoUs in per cent (``most`` where never), and 1 for each object that never reaches them.

    Args:
        word: what the number is called: "NoC" of clicks, "NoS" of strokes.
        percents: the IoUs to reach.
        most: interactions at most.
    """
    measures: dict[str, Measure] = {f"{word}@{percent}": _count_to(percent, most) for percent in percents}
    measures |= {f"failures@{percent}": _fails(percent, most) for percent in percents}
    return measures


def cost_measures(percent: int, most: int) -> Mapping[str, Measure]:
    """What it costs to reach an IoU in per cent: ink in image diagonals, and seconds.

    An object that never gets there counts with all it was given.
    """

    def ink(curve: Curve) -> float:
        line = curve.after(_count_to(percent, most)(curve))
        return line.ink_px / line.diagonal_px

    def seconds(curve: Curve) -> float:
        count = int(_count_to(percent, most)(curve))
        return SECONDS_PER_STROKE * count + sum(line.seconds for line in curve.lines[:count])

    return {f"ink to {percent} (diagonals)": ink, f"seconds to {percent}": seconds}


def area_under_curve(most: int) -> Measure:
    """Mean IoU over the first ``most`` turns."""
    return lambda curve: float(np.mean([curve.after(number).iou for number in range(1, most + 1)]))


def answer_seconds(curve: Curve) -> float:
    """Median computing time of a turn after the first, or of the first where it is the only one."""
    return float(np.median([line.seconds for line in curve.lines[1:] or curve.lines]))


def means(measures: Mapping[str, Measure], curves: Sequence[Curve]) -> dict[str, float]:
    """The mean of every measure over objects, and how many objects there were."""
    figures = {"objects": float(len(curves))}
    figures |= {name: float(np.mean([measure(curve) for curve in curves])) for name, measure in measures.items()}
    return figures


def _iou_after(number: int) -> Measure:
    return lambda curve: curve.after(number).iou


def _boundary_iou_after(number: int) -> Measure:
    return lambda curve: curve.after(number).boundary_iou


def _trimap_iou_after(number: int) -> Measure:
    return lambda curve: curve.after(number).trimap_iou


def _count_to(percent: int, most: int) -> Callable[[Curve], int]:
    return lambda curve: interactions_to(curve.ious, percent / 100, most)[0]


def _fails(percent: int, most: int) -> Measure:
    return lambda curve: float(not interactions_to(curve.ious, percent / 100, most)[1])
