"""A result in; a PNG sheet of its worst objects, cut out, with what is missed and what is covered wrongly, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from s2m.data.labelled_images import LabelledImage
from s2m.evaluation.conclusions import WORST
from s2m.evaluation.contenders import Contender
from s2m.evaluation.examples import draw_strokes, last_turns
from s2m.evaluation.explanations import reason_of
from s2m.evaluation.plots import figure_png
from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.results import Result, finding_of, worst_curves
from s2m.evaluation.scenes import Scene, load_scene
from s2m.evaluation.turns import Curve, Turn
from s2m.types import BoolArray, ByteArray

_COLUMNS = 5
_PANEL_INCHES = (2.6, 2.4)
_MARGIN = 0.15
_MISSED_RGB, _COVERED_RGB = (230, 40, 40), (40, 90, 250)
_STRENGTH = 0.6


def worst_png(
    protocol: EvaluationProtocol,
    result: Result,
    images: Sequence[LabelledImage],
    contender: Contender,
    seed: int,
) -> bytes:
    """Work on the worst objects again and draw their last answers: red is missed, blue is covered wrongly.

    Args:
        protocol: what was done.
        result: what came of it.
        images: of the data set.
        contender: what was measured.
        seed: of the run.
    """
    curves = worst_curves(result)[:WORST]
    panels: dict[tuple[str, int], tuple[Scene, Turn]] = {}
    by_name = {image.name: image for image in images}
    for name in dict.fromkeys(curve.image for curve in curves):
        scene = load_scene(by_name[name])
        wanted = [curve for curve in curves if curve.image == name]
        for turn in last_turns(protocol, scene, contender, wanted, seed):
            panels[name, turn.object_id] = (scene, turn)
    return _sheet(result, curves, panels)


def _sheet(result: Result, curves: Sequence[Curve], panels: Mapping[tuple[str, int], tuple[Scene, Turn]]) -> bytes:
    rows = -(-len(curves) // _COLUMNS)
    figure = Figure(figsize=(_COLUMNS * _PANEL_INCHES[0], rows * _PANEL_INCHES[1]), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for axes, curve in zip(grid.flat, curves, strict=False):
        scene, turn = panels[curve.image, curve.object_id]
        _draw(axes, scene, turn)
        words = f"{curve.image} / {curve.object_id}: {turn.scores.iou:.3f}\n{reason_of(finding_of(result, curve))}"
        axes.set_title(words, fontsize="xx-small")
    return figure_png(figure)


def _draw(axes: Axes, scene: Scene, turn: Turn) -> None:
    truth = scene.truths[turn.object_id] if turn.goal is None else turn.goal
    axes.imshow(shown_errors(scene.image_rgb, truth.mask, turn.mask & truth.valid))
    if truth.mask.any() and not truth.mask.all():
        axes.contour(truth.mask, levels=[0.5], colors="yellow", linewidths=0.6)
    draw_strokes(axes, turn, other_colour="white", width=0.8)
    rows, columns = np.nonzero(truth.mask | turn.mask)
    if len(rows) == 0:
        return
    margin = _MARGIN * max(int(np.ptp(rows)), int(np.ptp(columns)), 16)
    height, width = scene.size_hw
    axes.set(
        xlim=(max(columns.min() - margin, 0) - 0.5, min(columns.max() + margin, width - 1) + 0.5),
        ylim=(min(rows.max() + margin, height - 1) + 0.5, max(rows.min() - margin, 0) - 0.5),
    )


def shown_errors(image_rgb: ByteArray, truth: BoolArray, answer: BoolArray) -> ByteArray:
    """An image (H, W, 3) uint8, red where the answer (H, W) misses the truth and blue where it covers what is not."""
    shown = image_rgb.astype(np.float32)
    for wrong, colour in ((truth & ~answer, _MISSED_RGB), (answer & ~truth, _COVERED_RGB)):
        shown[wrong] = (1 - _STRENGTH) * shown[wrong] + _STRENGTH * np.array(colour, dtype=np.float32)
    return np.asarray(shown.round(), dtype=np.uint8)
