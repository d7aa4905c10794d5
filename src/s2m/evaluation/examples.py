"""A result in; a PNG of its best, median and worst objects, strokes and answers beside the truth, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from s2m.data.labelled_images import LabelledImage
from s2m.evaluation.contenders import Contender
from s2m.evaluation.plots import figure_png
from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.results import Result, worst_curves
from s2m.evaluation.runs import source_of
from s2m.evaluation.scenes import Scene, load_scene
from s2m.evaluation.turns import Curve, Turn
from s2m.types import BoolArray, ByteArray

_DARKER_OUTSIDE = 3
_ROW_INCHES, _COLUMN_INCHES = 2.4, 3.2


def examples_png(
    protocol: EvaluationProtocol,
    result: Result,
    images: Sequence[LabelledImage],
    contender: Contender,
    seed: int,
    each: int,
) -> bytes:
    """Work on the chosen images again and draw their last answers: truth left, answer and strokes right.

    Args:
        protocol: what was done.
        result: what came of it.
        images: of the data set.
        contender: what was measured.
        seed: of the run.
        each: how many objects to show of the best, of the median and of the worst.
    """
    by_name = {image.name: image for image in images}
    rows = chosen_curves(result, each)
    figure = Figure(figsize=(2 * _COLUMN_INCHES * 3, _ROW_INCHES * each), layout="constrained")
    grid = figure.subplots(each, 6, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for column, (title, curves) in enumerate(rows.items()):
        for row, curve in enumerate(curves):
            scene = load_scene(by_name[curve.image])
            (turn,) = last_turns(protocol, scene, contender, [curve], seed)
            _draw_truth(grid[row, 2 * column], scene, curve, f"{title}: {curve.image}")
            _draw_answer(grid[row, 2 * column + 1], scene, turn)
    return figure_png(figure)


def chosen_curves(result: Result, each: int) -> Mapping[str, Sequence[Curve]]:
    """The best, the median and the worst curves, at most ``each`` of them."""
    ordered = worst_curves(result)
    middle = max(0, (len(ordered) - each) // 2)
    return {"best": ordered[::-1][:each], "median": ordered[middle : middle + each], "worst": ordered[:each]}


def last_turns(
    protocol: EvaluationProtocol, scene: Scene, contender: Contender, curves: Sequence[Curve], seed: int
) -> list[Turn]:
    """Work on a scene again, up to the last turns of some curves of it."""
    missing = {(curve.variant, curve.object_id, curve.lines[-1].number) for curve in curves}
    found: list[Turn] = []
    for turn in protocol.turns(contender.look(scene.image_rgb), scene, source_of(seed, scene.name)):
        key = (turn.variant, turn.object_id, turn.number)
        if key in missing:
            found.append(turn)
            missing.remove(key)
        if not missing:
            return found
    raise AssertionError("a curve stands for turns on its image")


def draw_strokes(axes: Axes, turn: Turn, other_colour: str, width: float) -> None:
    """The strokes of a turn over its image: green on the object that is worked on, all others in another colour."""
    for stroke in turn.strokes:
        colour = "lime" if stroke.sign == "positive" and stroke.object_id == turn.object_id else other_colour
        marker = "." if len(stroke.points_xy) == 1 else ""
        axes.plot(*stroke.points_xy.T - 0.5, color=colour, linewidth=width, marker=marker, markersize=3 * width)


def _draw_truth(axes: Axes, scene: Scene, curve: Curve, title: str) -> None:
    _draw_mask(axes, scene.image_rgb, scene.truths[curve.object_id].mask)
    axes.set_title(title, fontsize="x-small")


def _draw_answer(axes: Axes, scene: Scene, turn: Turn) -> None:
    _draw_mask(axes, scene.image_rgb, turn.mask)
    draw_strokes(axes, turn, other_colour="red", width=1)
    height, width = scene.size_hw
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    axes.set_title(f"IoU {turn.scores.iou:.3f} after {turn.number}", fontsize="x-small")


def _draw_mask(axes: Axes, image_rgb: ByteArray, mask: BoolArray) -> None:
    """An image, darker outside a mask (H, W), with the mask's outline."""
    shown = image_rgb.copy()
    shown[~mask] //= _DARKER_OUTSIDE
    axes.imshow(shown)
    if mask.any() and not mask.all():
        axes.contour(mask, levels=[0.5], colors="yellow", linewidths=0.8)
