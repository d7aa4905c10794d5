"""A true mask (H, W) in; the starting mask and the strokes of one published training sample out.

The interaction simulator of Scribble-to-Mask (Cheng et al., "Modular Interactive Video Object
Segmentation", CVPR 2021, with the authors' description of its training), written from its description: a
third of the samples start from nothing, the others from the truth with random boxes dilated and eroded
until its IoU has fallen to a level drawn at random; scribbles come from what is missing and what is too much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.files.centre_lines import thin, trace
from s2m.simulated_user import scribbles
from s2m.simulated_user.scribbles import Points
from s2m.types import BoolArray, ByteArray, Sign, Stroke

ScribbleKind = Literal["boundary", "thinned", "curve"]

ALLOWED_ERROR_PX = 3.0
"""How far a point of a scribble may lie outside of the region it is about."""

LEAST_REGION_PX = 40
"""Connected errors of fewer pixels get no scribble."""

MOST_CHANGES = 500
"""Boxes changed at most to bring a mask to its IoU."""

IOU_TOLERANCE = 0.05
"""How far the IoU may fall below its target."""

_OPENING_SHARE = 0.15
"""Size of the opening before a skeleton is taken, as a share of the root of the region's area (DAVIS robot)."""

_OBJECT_ID = 1


@dataclass(frozen=True)
class SimulatorSettings:
    """The published shares.

    Attributes:
        from_zero: samples that start from an empty mask.
        iou_range: of the starting masks of the others.
        robot: samples with a mask whose scribbles come from the DAVIS-style robot.
        second_kind: regions that get a scribble of a second kind.
        truth_curves: samples that also get curves drawn from the truth alone.
        other_instance: samples with another instance in the image that make use of it.
    """

    from_zero: float = 0.33
    iou_range: tuple[float, float] = (0.4, 0.95)
    robot: float = 0.75
    second_kind: float = 0.3
    truth_curves: float = 0.3
    other_instance: float = 0.75


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
    is_robot = previous.any() and rng.random() < settings.robot
    for region, sign in _errors(truth, previous):
        scribbles = robot_scribbles(region) if is_robot else region_scribbles(region, settings, rng)
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


def perturb_mask(
    truth: BoolArray, target_iou: float, iou_range: tuple[float, float], rng: np.random.Generator
) -> BoolArray:
    """A mask whose IoU with the truth has fallen to a target, by dilation and erosion in random boxes.

    Of a change that goes too far, or the wrong way, a part is tried, down to one pixel; so the result ends at most
    ``IOU_TOLERANCE`` below the target and less than a pixel's worth above it.  Objects of a few pixels, and now and
    then large ones in a corner, end elsewhere in the range.  One that fills its array has no outline to move and stays
    as it is.

    Args:
        truth: (H, W) bool, at least one pixel.
        target_iou: in the range.
        iou_range: the least and the most that is allowed.
        rng: the source of every choice.
    """
    mask = truth.astype(np.uint8)
    true = mask.copy()
    iou, least = 1.0, max(iou_range[0], target_iou - IOU_TOLERANCE)
    for change in range(MOST_CHANGES):
        if iou <= target_iou:
            break
        # Where boxes around the object do not get there, as along the array's edges, the whole array is the box.
        window = mask[_random_box(truth, rng)] if change < MOST_CHANGES // 2 else mask
        for part in _ever_fewer(np.argwhere(_morphed(window, rng) != window), rng):
            _flip(window, part)
            changed_iou = _iou(mask, true)
            has_outline = cv2.countNonZero(mask) < mask.size
            if has_outline and (least if len(part) > 1 else iou_range[0]) <= changed_iou < iou:
                iou = changed_iou
                break
            _flip(window, part)
    return mask.astype(np.bool_)


def _ever_fewer(places: NDArray[np.intp], rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """The places (P, 2), a random half of them, a half of that and so on, each in one piece, to a single one."""
    while len(places):
        yield places
        half = len(places) // 2
        places = places[:half] if rng.random() < 0.5 else places[len(places) - half :]


def _flip(window: ByteArray, places: NDArray[np.intp]) -> None:
    """Turn pixels, (P, 2) rows and columns, from 0 to 1 and back."""
    window[places[:, 0], places[:, 1]] ^= 1


def _random_box(truth: BoolArray, rng: np.random.Generator) -> tuple[slice, slice]:
    """A box around a random pixel of the object, a quarter to all of its extent wide."""
    rows, columns = np.flatnonzero(truth.any(axis=1)), np.flatnonzero(truth.any(axis=0))
    sides = []
    for ends, limit in ((rows, truth.shape[0]), (columns, truth.shape[1])):
        extent = int(ends[-1] - ends[0]) + 1
        centre = int(rng.integers(ends[0], ends[-1] + 1))
        half = max(2, round(extent * float(rng.uniform(0.125, 0.5))))
        sides.append(slice(max(0, centre - half), min(limit, centre + half)))
    return sides[0], sides[1]


def _morphed(window: ByteArray, rng: np.random.Generator) -> ByteArray:
    """A window dilated or eroded by a random ellipse of at most a third of it."""
    largest = max(3, min(window.shape) // 3)
    size = (int(rng.integers(2, largest + 1)), int(rng.integers(2, largest + 1)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)
    change = cv2.dilate if rng.random() < 0.5 else cv2.erode
    return np.asarray(change(window, kernel), dtype=np.uint8)


def _iou(first: ByteArray, second: ByteArray) -> float:
    return cv2.countNonZero(first & second) / max(1, cv2.countNonZero(first | second))


def robot_scribbles(region: BoolArray) -> list[Points]:
    """The scribbles of a robot after that of the DAVIS challenge: opened, then each piece's longest skeleton path."""
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
