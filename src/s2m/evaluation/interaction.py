"""One stroke or click and the answer to it, the row of a table that is kept of it, and an object's curve of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from s2m.evaluation.scene import Scene, Scores, Truth
from s2m.types import BoolArray, FloatArray, Stroke


@dataclass(frozen=True)
class Interaction:
    """One stroke or click on one object, and what came after.

    Attributes:
        object_id: the object.
        variant: which of the protocol's ways of drawing.
        number: 1, 2, ...; 0 is the starting mask.
        strokes: all strokes of the object so far.
        mask: (H, W) bool, the answer.
        scores: against the truth.
        seconds: computing time of the answer, on the first one with encoding the image.
        far_changed: share of the image's pixels, far from the new stroke, that the answer changed.  Where nothing is
            drawn on the object itself any more, all that changed.
        far_spoiled: share of the image's pixels, far from the new stroke, that were right and now are wrong.
        logits: (h, w) float32, how sure the answer is, or None where nobody asks.
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
    logits: FloatArray | None = None
    goal: Truth | None = None


@dataclass(frozen=True)
class InteractionRow:
    """One interaction as it is kept in ``interactions.csv``.

    ``ink_px`` is the length of all strokes so far and ``diagonal_px`` the image's, in image pixels;
    ``area_share`` is the share of the image of the object, or of what is wanted instead, and ``answer_share`` the
    answer's; the rest as in ``Interaction``.
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
    """The rows of one object under one variant, by interaction.

    Attributes:
        image: name of the image.
        object_id: the object.
        variant: the way of drawing.
        rows: after 1, 2, ... interactions; where they stopped early (nothing left to correct), the last holds.
        start: the row of the starting mask, where it was not empty.
    """

    image: str
    object_id: int
    variant: str
    rows: tuple[InteractionRow, ...]
    start: InteractionRow | None

    @property
    def ious(self) -> tuple[float, ...]:
        """IoU after 1, 2, ... interactions."""
        return tuple(row.iou for row in self.rows)

    @property
    def changes(self) -> tuple[float, ...]:
        """The change of IoU that each interaction brought; the first is compared with the start, or with nothing."""
        start = 0.0 if self.start is None else self.start.iou
        return tuple(float(change) for change in np.diff([start, *self.ious]))

    def after(self, number: int) -> InteractionRow:
        """The row after ``number`` interactions, or the last one before."""
        return self.rows[min(number, len(self.rows)) - 1]


def row_of(scene: Scene, interaction: Interaction) -> InteractionRow:
    """What is kept of a interaction."""
    wanted = scene.truths[interaction.object_id].mask
    if interaction.goal is not None and interaction.goal.mask.any():
        wanted = interaction.goal.mask
    return InteractionRow(
        image=scene.name,
        object_id=interaction.object_id,
        area_share=round(float(wanted.mean()), 6),
        variant=interaction.variant,
        number=interaction.number,
        strokes=len(interaction.strokes),
        ink_px=round(sum(ink_length_px(stroke) for stroke in interaction.strokes), 2),
        diagonal_px=round(float(np.hypot(*scene.size_hw)), 2),
        iou=round(interaction.scores.iou, 6),
        boundary_iou=round(interaction.scores.boundary_iou, 6),
        trimap_iou=round(interaction.scores.trimap_iou, 6),
        seconds=round(interaction.seconds, 4),
        far_changed=round(interaction.far_changed, 6),
        far_spoiled=round(interaction.far_spoiled, 6),
        answer_share=round(float(interaction.mask.mean()), 8),
    )


def ink_length_px(stroke: Stroke) -> float:
    """Length of a stroke's line in image pixels; a dot counts its width."""
    if len(stroke.points_xy) == 1:
        return stroke.width_px
    return float(np.linalg.norm(np.diff(stroke.points_xy, axis=0), axis=1).sum())


def curves_by_variant(rows: Iterable[InteractionRow]) -> dict[str, list[Curve]]:
    """The curves of a table, by variant in order of appearance."""
    found: dict[tuple[str, str, int], list[InteractionRow]] = defaultdict(list)
    for row in rows:
        found[row.variant, row.image, row.object_id].append(row)
    variants: dict[str, list[Curve]] = defaultdict(list)
    for (variant, image, object_id), entries in found.items():
        start = next((row for row in entries if row.number == 0), None)
        drawn = sorted((row for row in entries if row.number > 0), key=lambda row: row.number)
        variants[variant].append(Curve(image, object_id, variant, tuple(drawn), start))
    return dict(variants)
