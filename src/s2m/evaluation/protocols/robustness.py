"""A scene in; the same strokes painted, trembling or overshooting, out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import cv2
import numpy as np

from s2m.evaluation.interaction import Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric, score_metrics
from s2m.evaluation.scene import Scene
from s2m.evaluation.simulation import CENTRE_LINES, DrawingUser, interact
from s2m.files.scribble_pictures import strokes_of_scribbles
from s2m.types import BoolArray, ObjectLogits, Stroke

AS_DRAWN = "as drawn"

JITTER_SHARE = 0.005
"""Standard deviation of the tremble, as a share of the image's diagonal (4 pixels of 640 x 480)."""

OVERSHOOT_SHARE = 0.05
"""How far a stroke runs on past its end, as a share of its length."""

_JITTER_KNOTS_APART = 8

Redraw = Callable[[tuple[Stroke, ...], tuple[int, int], np.random.Generator], tuple[Stroke, ...]]
"""Strokes and the image's (H, W) in, the same strokes drawn otherwise out."""


@dataclass(frozen=True)
class RobustnessProtocol:
    """Three centre lines, each in the largest error, and then the very same ones drawn otherwise."""

    name: str = "robustness"
    most: int = 3
    compared: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(REDRAWN, AS_DRAWN))

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Scores after each stroke; the report gives the differences from the strokes as drawn."""
        return score_metrics((1, 2, 3))

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:
        """Draw on each object, then repeat its strokes in every other way."""
        for object_id, truth in scene.truths.items():
            user = DrawingUser(truth, object_id, CENTRE_LINES, rng)
            drawn = list(interact(encoded, scene, object_id, AS_DRAWN, user, self.most))
            yield from drawn
            for variant, redraw in REDRAWN.items():
                yield from _repeat(encoded, scene, drawn, variant, redraw, rng)


def _repeat(
    encoded: EncodedImage,
    scene: Scene,
    drawn: list[Interaction],
    variant: str,
    redraw: Redraw,
    rng: np.random.Generator,
) -> Iterator[Interaction]:
    """The interactions of the same strokes, redrawn one after the other."""
    strokes: tuple[Stroke, ...] = ()
    previous: ObjectLogits | None = None
    for interaction in drawn:
        object_id, truth = interaction.object_id, scene.truths[interaction.object_id]
        redrawn = redraw(interaction.strokes[-1:], scene.size_hw, rng)
        strokes = (*strokes, *redrawn)
        answer = encoded.answer(strokes, previous, (object_id,), len(redrawn))
        previous, mask = answer.masks, answer.label_map == object_id
        yield Interaction(object_id, variant, interaction.number, strokes, mask, truth.scores(mask), answer.seconds)


def through_picture(
    strokes: tuple[Stroke, ...], size_hw: tuple[int, int], rng: np.random.Generator, factor: float
) -> tuple[Stroke, ...]:
    """Strokes painted into a scribble picture with another brush, and read from it again."""
    redrawn: list[Stroke] = []
    del rng
    for stroke in strokes:
        ids = np.where(_painted(stroke, factor * stroke.width_px, size_hw), np.int32(1), np.int32(-1))
        found = strokes_of_scribbles(ids)
        redrawn += [replace(part, object_id=stroke.object_id, sign=stroke.sign) for part in found]
    return tuple(redrawn)


def jittered(strokes: tuple[Stroke, ...], size_hw: tuple[int, int], rng: np.random.Generator) -> tuple[Stroke, ...]:
    """Strokes of a trembling hand: smooth random shifts of ``JITTER_SHARE`` of the diagonal."""
    return tuple(_jittered(stroke, JITTER_SHARE * float(np.hypot(*size_hw)), rng) for stroke in strokes)


def overshooting(strokes: tuple[Stroke, ...], size_hw: tuple[int, int], rng: np.random.Generator) -> tuple[Stroke, ...]:
    """Strokes that run on past their end by ``OVERSHOOT_SHARE`` of their length; dots stay."""
    del size_hw, rng
    return tuple(_overshooting(stroke) if len(stroke.points_xy) > 1 else stroke for stroke in strokes)


REDRAWN: Mapping[str, Redraw] = {
    "picture, 0.5x width": partial(through_picture, factor=0.5),
    "picture, 1x width": partial(through_picture, factor=1.0),
    "picture, 4x width": partial(through_picture, factor=4.0),
    "jitter": jittered,
    "5 % overshoot": overshooting,
}
"""Every other way to draw the same strokes, by name."""


def _jittered(stroke: Stroke, size_px: float, rng: np.random.Generator) -> Stroke:
    points = stroke.points_xy
    knots = max(2, len(points) // _JITTER_KNOTS_APART)
    shifts = rng.normal(0, size_px, (knots, 2))
    at = np.linspace(0, knots - 1, len(points))
    moved = [points[:, axis] + np.interp(at, np.arange(knots), shifts[:, axis]) for axis in (0, 1)]
    return replace(stroke, points_xy=np.stack(moved, axis=1))


def _overshooting(stroke: Stroke) -> Stroke:
    points = stroke.points_xy
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    direction = points[-1] - points[max(0, len(points) - 5)]
    norm = float(np.linalg.norm(direction))
    if norm == 0:
        return stroke
    return replace(stroke, points_xy=np.vstack([points, points[-1] + direction / norm * OVERSHOOT_SHARE * length]))


def _painted(stroke: Stroke, width_px: float, size_hw: tuple[int, int]) -> BoolArray:
    """The pixels (H, W) under a brush of some width that follows a stroke."""
    canvas = np.zeros(size_hw, dtype=np.uint8)
    points = np.floor(stroke.points_xy).astype(np.int32)
    width = max(1, round(width_px))
    cv2.polylines(canvas, [points[:, None]], False, 1, width)
    cv2.circle(canvas, (int(points[0, 0]), int(points[0, 1])), width // 2, 1, -1)
    return canvas.astype(np.bool_)
