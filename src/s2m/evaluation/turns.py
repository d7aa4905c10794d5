"""What happens in a protocol, turn by turn, and the line of the table that is kept of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from s2m.evaluation.metrics import Scores, Truth
from s2m.evaluation.scenes import Scene
from s2m.types import BoolArray, FloatArray, Stroke


@dataclass(frozen=True)
class Turn:
    """One answer about one object.

    Attributes:
        object_id: the object.
        variant: which of the protocol's ways of drawing.
        number: 1, 2, ...; 0 is the mask that the work starts from.
        strokes: all strokes so far.
        mask: (H, W) bool, the answer.
        scores: against the truth.
        seconds: computing time of this turn, on the first one with looking at the image.
        far_changed: share of the image's pixels, far from the new stroke, that this turn changed.
        far_spoiled: share of the image's pixels, far from the new stroke, that were right and now are wrong.
        soft_mask: (h, w) float32 in 0..1, how sure the answer is, or None where nobody asks.
        goal: what is wanted where that is not the object's truth.
    """

    object_id: int
    variant: str
    number: int
    strokes: tuple[Stroke, ...]
    mask: BoolArray
    scores: Scores
    seconds: float
    far_changed: float = 0.0
    far_spoiled: float = 0.0
    soft_mask: FloatArray | None = None
    goal: Truth | None = None


@dataclass(frozen=True)
class Line:
    """One turn as it is kept in the table.

    ``ink_px`` is the length of all strokes so far and ``diagonal_px`` the image's, in image pixels;
    ``area_share`` is the object's share of the image, ``answer_share`` the answer's; the rest as in ``Turn``.
    """

    image: str
    object_id: int
    area_share: float
    variant: str
    number: int
    strokes: int
    ink_px: float
    diagonal_px: float
    iou: float
    boundary_iou: float
    trimap_iou: float
    seconds: float
    far_changed: float
    far_spoiled: float
    answer_share: float


@dataclass(frozen=True)
class Curve:
    """The lines of one object under one variant, by turn.

    Attributes:
        image: name of the image.
        object_id: the object.
        variant: the way of drawing.
        lines: after 1, 2, ... turns; where the work stopped early (nothing left to correct), the last holds.
        start: the mask that the work started from, where it was not empty.
    """

    image: str
    object_id: int
    variant: str
    lines: tuple[Line, ...]
    start: Line | None

    @property
    def ious(self) -> tuple[float, ...]:
        """IoU after 1, 2, ... turns."""
        return tuple(line.iou for line in self.lines)

    def after(self, number: int) -> Line:
        """The line after ``number`` turns, or the last one before."""
        return self.lines[min(number, len(self.lines)) - 1]


def line_of(scene: Scene, turn: Turn) -> Line:
    """What is kept of a turn."""
    return Line(
        image=scene.name,
        object_id=turn.object_id,
        area_share=round(float(scene.truths[turn.object_id].mask.mean()), 6),
        variant=turn.variant,
        number=turn.number,
        strokes=len(turn.strokes),
        ink_px=round(sum(ink_length_px(stroke) for stroke in turn.strokes), 2),
        diagonal_px=round(float(np.hypot(*scene.size_hw)), 2),
        iou=round(turn.scores.iou, 6),
        boundary_iou=round(turn.scores.boundary_iou, 6),
        trimap_iou=round(turn.scores.trimap_iou, 6),
        seconds=round(turn.seconds, 4),
        far_changed=round(turn.far_changed, 6),
        far_spoiled=round(turn.far_spoiled, 6),
        answer_share=round(float(turn.mask.mean()), 8),
    )


def ink_length_px(stroke: Stroke) -> float:
    """Length of a stroke's line in image pixels; a dot counts its width."""
    if len(stroke.points_xy) == 1:
        return stroke.width_px
    return float(np.linalg.norm(np.diff(stroke.points_xy, axis=0), axis=1).sum())


def curves_by_variant(lines: Iterable[Line]) -> dict[str, list[Curve]]:
    """The curves of a table, by variant in order of appearance."""
    found: dict[tuple[str, str, int], list[Line]] = defaultdict(list)
    for line in lines:
        found[line.variant, line.image, line.object_id].append(line)
    variants: dict[str, list[Curve]] = defaultdict(list)
    for (variant, image, object_id), entries in found.items():
        start = next((line for line in entries if line.number == 0), None)
        drawn = sorted((line for line in entries if line.number > 0), key=lambda line: line.number)
        variants[variant].append(Curve(image, object_id, variant, tuple(drawn), start))
    return dict(variants)
