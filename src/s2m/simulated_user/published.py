"""A true mask (H, W) in; the starting mask and the strokes of one published training sample out.

The interaction simulator of Scribble-to-Mask (Cheng et al., "Modular Interactive Video Object
Segmentation", CVPR 2021, with the authors' description of its training), written from its description: a
third of the samples start from nothing, the others from the truth with random boxes dilated and eroded
until its IoU has fallen to a level drawn at random; scribbles come from what is missing and what is too much.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.files.centre_lines import thin, trace
from s2m.simulated_user import scribbles
from s2m.simulated_user.scribbles import Points
from s2m.simulated_user.settings import Settings, Share
from s2m.simulated_user.starting_masks import perturb_mask
from s2m.types import BoolArray, Sign, Stroke

ScribbleKind = Literal["boundary", "thinned", "curve"]

ALLOWED_ERROR_PX = 3.0
"""How far a point of a scribble may lie outside of the region it is about."""

LEAST_REGION_PX = 40
"""Connected errors of fewer pixels get no scribble."""

_OPENING_SHARE = 0.15
"""Size of the opening before a skeleton is taken, as a share of the root of the region's area (DAVIS robot)."""

_OBJECT_ID = 1


class SimulatorSettings(Settings):
    """The published shares; the table ``[simulator]`` of a recipe.

    Attributes:
        from_zero: samples that start from an empty mask.
        iou_range: of the starting masks of the others.
        centre_lines: samples with a mask whose scribbles are centre lines, as those of the DAVIS robot.
        second_kind: regions that get a scribble of a second kind.
        truth_curves: samples that also get curves drawn from the truth alone.
        other_instance: samples with another instance in the image that make use of it.
    """

    from_zero: Share = 0.33
    iou_range: tuple[Share, Share] = (0.4, 0.95)
    centre_lines: Share = 0.75
    second_kind: Share = 0.3
    truth_curves: Share = 0.3
    other_instance: Share = 0.75


@dataclass(frozen=True)
class Interaction:
    """What the network is told in one training sample.

    Attributes:
        previous: (H, W) bool, the mask it starts from.
        strokes: of object 1; points in pixels of the mask.
    """

    previous: BoolArray
    strokes: tuple[Stroke, ...]


def simulate(
    truth: BoolArray, other: BoolArray | None, settings: SimulatorSettings, rng: np.random.Generator
) -> Interaction:
    """Draw the interaction of one sample.

    Args:
        truth: (H, W) bool, the object.
        other: (H, W) bool, another instance of the same image, or None.
        settings: the shares.
        rng: the source of every choice.
    """
    is_from_zero = bool(rng.random() < settings.from_zero) or not truth.any()
    previous = np.zeros_like(truth)
    if not is_from_zero:
        previous = perturb_mask(truth, rng.uniform(*settings.iou_range), settings.iou_range, rng)
    strokes: list[Stroke] = []
    if other is not None and rng.random() < settings.other_instance:
        if rng.random() < 0.5:
            strokes += _strokes("negative", region_scribbles(other & ~truth, settings, rng))
        else:
            previous = previous | (other & ~truth)
    has_centre_lines = previous.any() and rng.random() < settings.centre_lines
    for region, sign in _errors(truth, previous):
        scribbles = centre_line_scribbles(region) if has_centre_lines else region_scribbles(region, settings, rng)
        strokes += _strokes(sign, scribbles)
    if rng.random() < settings.truth_curves:
        strokes += _strokes("positive", _curves(truth, rng))
        if rng.random() < 0.5:
            strokes += _strokes("negative", _curves(~truth, rng))
    order = rng.permutation(len(strokes))
    return Interaction(previous, tuple(strokes[index] for index in order))


def _errors(truth: BoolArray, previous: BoolArray) -> tuple[tuple[BoolArray, Sign], ...]:
    return ((truth & ~previous, "positive"), (previous & ~truth, "negative"))


def _strokes(sign: Sign, scribbles: list[Points]) -> list[Stroke]:
    return [Stroke(points, _OBJECT_ID, sign) for points in scribbles]


def centre_line_scribbles(region: BoolArray) -> list[Points]:
    """As the robot of the DAVIS challenge draws: the longest skeleton path of each piece of the opened region."""
    size = max(1, round(_OPENING_SHARE * float(np.sqrt(region.sum())) / 2))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, kernel).astype(np.bool_)
    return [scribbles.centre_line(piece) for piece in connected_pieces(opened)]


def region_scribbles(region: BoolArray, settings: SimulatorSettings, rng: np.random.Generator) -> list[Points]:
    """For each connected piece a scribble of one of three kinds, now and then of two."""
    scribbles: list[Points] = []
    for piece in connected_pieces(region):
        count = 2 if rng.random() < settings.second_kind else 1
        for index in rng.choice(len(_SCRIBBLERS), size=count, replace=False):
            scribbles += list(_SCRIBBLERS.values())[int(index)](piece, rng)
    return scribbles


def draw_scribble(kind: ScribbleKind, piece: BoolArray, rng: np.random.Generator) -> list[Points]:
    """The lines of one scribble of a kind in a connected piece (H, W) of at least ``LEAST_REGION_PX``."""
    return _SCRIBBLERS[kind](piece, rng)


def connected_pieces(region: BoolArray) -> list[BoolArray]:
    """The connected pieces (H, W) of a region that are worth a scribble."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    return [np.asarray(pieces == index) for index in range(1, count) if areas[index] >= LEAST_REGION_PX]


def _boundary(piece: BoolArray, rng: np.random.Generator) -> list[Points]:
    """A part of the piece's outline, drawn somewhat inside."""
    return [scribbles.contour(scribbles.inner_distance(piece), rng)]


def _thinned(piece: BoolArray, rng: np.random.Generator) -> list[Points]:
    """The whole skeleton of the piece, branches and all; a dot where the piece is so round that no line is left."""
    box = _box(piece)
    offset_xy = np.array([box[1].start, box[0].start]) + 0.5
    lines = trace(thin(np.pad(piece[box], 1)), shortest_branch_px=4.0)
    return [line - 1 + offset_xy for line in lines] or [scribbles.dot(scribbles.inner_distance(piece), rng)]


def _curve(piece: BoolArray, rng: np.random.Generator) -> list[Points]:
    """A Bezier curve through random places of the piece, cut where it leaves it."""
    return [scribbles.random_curve(piece, scribbles.inner_distance(piece), rng)]


_SCRIBBLERS: Mapping[ScribbleKind, Callable[[BoolArray, np.random.Generator], list[Points]]] = MappingProxyType(
    {"boundary": _boundary, "thinned": _thinned, "curve": _curve}
)


def _curves(region: BoolArray, rng: np.random.Generator) -> list[Points]:
    """One to three random curves, each in one of a region's pieces, the larger the likelier."""
    pieces = connected_pieces(region)
    if not pieces:
        return []
    areas: NDArray[np.float64] = np.array([piece.sum() for piece in pieces], dtype=np.float64)
    chosen = rng.choice(len(pieces), size=int(rng.integers(1, 4)), p=areas / areas.sum())
    return [line for index in chosen for line in _curve(pieces[int(index)], rng)]


def _box(region: BoolArray) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
