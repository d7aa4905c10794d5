"""Results in; PNGs of mean IoU against interactions, and of what was predicted against what was observed, out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import cycle

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from s2m.evaluation.interaction import Curve
from s2m.evaluation.protocols import EvaluationProtocol
from s2m.evaluation.result import Result

_STYLES = ("-", "--", ":", "-.")
_WIDTH_INCHES, _HEIGHT_INCHES, _DPI = 8.0, 5.0, 120


def curves_png(protocol: EvaluationProtocol, results: Sequence[Result]) -> bytes:
    """Mean IoU over objects against interactions: a colour for each method, a dash for each variant."""
    figure = Figure(figsize=(_WIDTH_INCHES, _HEIGHT_INCHES), layout="constrained")
    axes = figure.add_subplot()
    for colour, result in enumerate(results):
        for style, (variant, curves) in zip(cycle(_STYLES), result.curves.items(), strict=False):
            name = f"{result.method}, {variant}" if variant != protocol.name else result.method
            interactions = np.arange(1, protocol.most + 1)
            axes.plot(interactions, mean_ious(curves, protocol.most), style, color=f"C{colour}", marker=".", label=name)
    axes.set(xlabel="interactions", ylabel="mean IoU over objects", ylim=(None, 1.0))
    axes.grid(alpha=0.3)
    if any(result.curves for result in results):
        axes.legend(fontsize="small")
    return figure_png(figure)


def calibration_png(results: Sequence[Result]) -> bytes:
    """Observed share of object pixels against predicted probability, after the first and the last interaction."""
    figure = Figure(figsize=(_WIDTH_INCHES, _HEIGHT_INCHES), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2, sharey=True), ("first", "last"), strict=True):
        axes.plot((0, 1), (0, 1), color="grey", linewidth=0.8, label="as it should be")
        for colour, result in enumerate(results):
            for style, (variant, named) in zip(cycle(_STYLES), result.calibration.items(), strict=False):
                found = named[name]
                label = f"{result.method}, {variant}"
                axes.plot(found.predicted, found.observed, style, color=f"C{colour}", marker=".", label=label)
        axes.set(xlabel="predicted probability", title=f"after the {name} interaction", xlim=(0, 1), ylim=(0, 1))
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    figure.axes[0].set_ylabel("observed share of object pixels")
    return figure_png(figure)


def figure_png(figure: Figure) -> bytes:
    """A figure as a PNG file."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_figure(buffer, format="png", dpi=_DPI)
    return buffer.getvalue()


def mean_ious(curves: Sequence[Curve], most: int) -> list[float]:
    """Mean IoU after 1, 2, ... ``most`` interactions."""
    return [float(np.mean([curve.after(number).iou for curve in curves])) for number in range(1, most + 1)]
