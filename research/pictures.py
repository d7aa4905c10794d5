"""Findings and kept answers in; PNGs of the worst objects, and of the best, median and worst ones, out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from research.explanations import reason_of
from research.findings import Finding, goal_of, worst_first
from s2m.evaluation.journal import ObjectResult
from s2m.evaluation.plots import figure_png
from s2m.evaluation.scene import Scene
from s2m.types import BoolArray, ByteArray

Kept = Callable[[Finding], tuple[Scene, ObjectResult]]
"""A finding in; its scene and what was kept of the object out."""

_COLUMNS = 5
_PANEL_INCHES = (2.6, 2.4)
_MARGIN = 0.15
_MISSED_RGB, _COVERED_RGB = (230, 40, 40), (40, 90, 250)
_STRENGTH = 0.6
_DARKER_OUTSIDE = 3
_ROW_INCHES, _COLUMN_INCHES = 2.4, 3.2


def worst_png(worst: Sequence[Finding], kept: Kept) -> bytes:
    """The last answers about the worst objects: red is missed, blue is covered wrongly."""
    rows = -(-len(worst) // _COLUMNS)
    figure = Figure(figsize=(_COLUMNS * _PANEL_INCHES[0], rows * _PANEL_INCHES[1]), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for axes, finding in zip(grid.flat, worst, strict=False):
        _draw_errors(axes, *kept(finding))
        words = f"{finding.image} / {finding.object_id}: {finding.iou:.3f}\n{reason_of(finding)}"
        axes.set_title(words, fontsize="xx-small")
    return figure_png(figure)


def examples_png(findings: Sequence[Finding], kept: Kept, each: int) -> bytes:
    """The best, the median and the worst objects, ``each`` of them: truth left, answer and strokes right."""
    figure = Figure(figsize=(2 * _COLUMN_INCHES * 3, _ROW_INCHES * each), layout="constrained")
    grid = figure.subplots(each, 6, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for column, (title, chosen) in enumerate(chosen_findings(findings, each).items()):
        for row, finding in enumerate(chosen):
            scene, one = kept(finding)
            left, right = grid[row, 2 * column], grid[row, 2 * column + 1]
            _draw_mask(left, scene.image_rgb, scene.truths[finding.object_id].mask)
            left.set_title(f"{title}: {finding.image}", fontsize="x-small")
            _draw_mask(right, scene.image_rgb, one.mask.unpack(scene.size_hw))
            _draw_strokes(right, one, negative_colour="red", width=1)
            height, width = scene.size_hw
            right.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
            right.set_title(f"IoU {finding.iou:.3f} after {finding.number}", fontsize="x-small")
    return figure_png(figure)


def chosen_findings(findings: Sequence[Finding], each: int) -> Mapping[str, Sequence[Finding]]:
    """The best, the median and the worst objects, at most ``each`` of them."""
    ordered = worst_first(findings)
    middle = max(0, (len(ordered) - each) // 2)
    return {"best": ordered[::-1][:each], "median": ordered[middle : middle + each], "worst": ordered[:each]}


def shown_errors(image_rgb: ByteArray, truth: BoolArray, answer: BoolArray) -> ByteArray:
    """An image (H, W, 3) uint8, red where the answer (H, W) misses the truth and blue where it covers what is not."""
    shown = image_rgb.astype(np.float32)
    for wrong, colour in ((truth & ~answer, _MISSED_RGB), (answer & ~truth, _COVERED_RGB)):
        shown[wrong] = (1 - _STRENGTH) * shown[wrong] + _STRENGTH * np.array(colour, dtype=np.float32)
    return np.asarray(shown.round(), dtype=np.uint8)


def _draw_errors(axes: Axes, scene: Scene, one: ObjectResult) -> None:
    truth, mask = goal_of(scene, one), one.mask.unpack(scene.size_hw)
    axes.imshow(shown_errors(scene.image_rgb, truth.mask, mask & truth.valid))
    if truth.mask.any() and not truth.mask.all():
        axes.contour(truth.mask, levels=[0.5], colors="yellow", linewidths=0.6)
    _draw_strokes(axes, one, negative_colour="white", width=0.8)
    rows, columns = np.nonzero(truth.mask | mask)
    if len(rows) == 0:
        return
    margin = _MARGIN * max(int(np.ptp(rows)), int(np.ptp(columns)), 16)
    height, width = scene.size_hw
    axes.set(
        xlim=(max(columns.min() - margin, 0) - 0.5, min(columns.max() + margin, width - 1) + 0.5),
        ylim=(min(rows.max() + margin, height - 1) + 0.5, max(rows.min() - margin, 0) - 0.5),
    )


def _draw_strokes(axes: Axes, one: ObjectResult, negative_colour: str, width: float) -> None:
    """The strokes on an object: green where positive."""
    for stroke in one.strokes:
        colour = "lime" if stroke.positive else negative_colour
        marker = "." if len(stroke.points_xy) == 1 else ""
        points_xy = np.array(stroke.points_xy)
        axes.plot(*points_xy.T - 0.5, color=colour, linewidth=width, marker=marker, markersize=3 * width)


def _draw_mask(axes: Axes, image_rgb: ByteArray, mask: BoolArray) -> None:
    """An image, darker outside a mask (H, W), with the mask's outline."""
    shown = image_rgb.copy()
    shown[~mask] //= _DARKER_OUTSIDE
    axes.imshow(shown)
    if mask.any() and not mask.all():
        axes.contour(mask, levels=[0.5], colors="yellow", linewidths=0.8)
