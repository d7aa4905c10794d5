"""Truth and present answer in; the next stroke of a simulated user out.

The simulated user takes the largest error of the answer and draws in it: a dot, the centre line, a straight line, a
smooth random curve, a piece of the outline, or a zig-zag that fills.  The centre line is the longest path of the
error's skeleton, made smooth, after the robot of the DAVIS interactive challenge (Caelles et al., "The 2018 DAVIS
Challenge on Video Object Segmentation").  Every choice is made by the generator that a function is given.  Regions
are small boolean arrays (H, W).  Strokes are points (P, 2) in their pixels, pixel centres at +0.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order
from skimage.morphology import skeletonize

from s2m.types import BoolArray, Sign

Points = NDArray[np.float64]
StrokeKind = Literal["dot", "centre_line", "line", "curve", "contour", "zigzag"]

STROKE_KINDS: tuple[StrokeKind, ...] = ("dot", "centre_line", "line", "curve", "contour", "zigzag")


@dataclass(frozen=True)
class StrokeStyle:
    """How a simulated user draws.

    Attributes:
        kinds: how often each kind of stroke is drawn (weights, not necessarily summing to 1).
        jitter_px: size of the slow tremble in pixels.
        overshoot: the share of a stroke's length that may run past the region's edge.
        shortest: the least share of a full line or curve that is drawn.
        along_thin: whether regions up to four pixels wide get a line along them where no dot is drawn; else a dot.
    """

    kinds: Mapping[StrokeKind, float] = field(default_factory=lambda: {"dot": 1.0})
    jitter_px: float = 0.0
    overshoot: float = 0.0
    shortest: float = 1.0
    along_thin: bool = False


@dataclass(frozen=True)
class ErrorRegion:
    """One connected region where an answer is wrong, and what a stroke there must say."""

    region: BoolArray
    sign: Sign


def errors_by_area(truth: BoolArray, answer: BoolArray, valid: BoolArray, most: int = 8) -> list[ErrorRegion]:
    """The largest connected wrong regions, largest first.

    Args:
        truth: (H, W) bool.
        answer: (H, W) bool.
        valid: (H, W) bool, false where the truth is unknown.
        most: how many regions to give at most.
    """
    found: list[tuple[int, Sign, NDArray[np.int32], int]] = []
    wrong: tuple[tuple[BoolArray, Sign], ...] = (
        (truth & ~answer & valid, "positive"),
        (answer & ~truth & valid, "negative"),
    )
    for mask, sign in wrong:
        count, components, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
        areas = stats[1:count, cv2.CC_STAT_AREA]
        labels = np.asarray(components, dtype=np.int32)
        found.extend((int(areas[index]), sign, labels, int(index) + 1) for index in np.argsort(-areas)[:most])
    found.sort(key=lambda entry: -entry[0])
    return [ErrorRegion(components == index, sign) for _, sign, components, index in found[:most]]


def inner_distance(region: BoolArray) -> NDArray[np.float32]:
    """Distance of every pixel of a region to the nearest pixel outside, the picture's edge counting as outside."""
    padded = np.pad(region.astype(np.uint8), 1)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1], dtype=np.float32)


def draw_stroke(region: BoolArray, style: StrokeStyle, rng: np.random.Generator) -> Points:
    """One stroke in a region of at least one pixel, of a kind drawn at random by the style's weights.

    Returns:
        (P, 2) float64 points in pixels of the region's array.
    """
    kinds = list(style.kinds)
    weights = np.array([style.kinds[kind] for kind in kinds], dtype=np.float64)
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    points = draw_kind(region, kind, style, rng)
    return _tremble(points, style, rng) if len(points) > 1 else points


def draw_kind(region: BoolArray, kind: StrokeKind, style: StrokeStyle, rng: np.random.Generator) -> Points:
    """One stroke of a given kind, before the tremble; small regions get a dot."""
    distance = inner_distance(region)
    is_thin = distance.max() < 2.0
    if kind == "dot" or (is_thin and not style.along_thin):
        return dot(distance, rng)
    if kind == "centre_line" or is_thin:
        points = centre_line(region)
    elif kind == "line":
        points = straight_line(region, distance, rng)
    elif kind == "curve":
        points = random_curve(region, distance, rng)
    elif kind == "contour":
        points = contour(distance, rng)
    else:
        points = zigzag(distance, rng)
    return _piece(points, style, rng) if len(points) > 1 else dot(distance, rng)


def draw_around(mask: BoolArray, allowed: BoolArray, style: StrokeStyle, rng: np.random.Generator) -> Points | None:
    """``around`` with the tremble of a style."""
    points = around(mask, allowed, rng)
    return None if points is None else _tremble(points, style, rng)


def dot(distance: NDArray[np.float32], rng: np.random.Generator) -> Points:
    """A dot well inside: uniform among the pixels at least half as deep as the deepest."""
    rows, columns = np.nonzero(distance >= max(0.5 * float(distance.max()), 1e-6))
    index = int(rng.integers(len(rows)))
    return np.array([[columns[index] + 0.5, rows[index] + 0.5]])


def centre_line(region: BoolArray) -> Points:
    """The longest path of the region's skeleton, smoothed by a Bezier-like running average."""
    left, top, width, height = cv2.boundingRect(region.view(np.uint8))
    rows, columns = np.nonzero(skeletonize(region[top : top + height, left : left + width]))
    rows, columns = rows + top, columns + left
    if len(rows) < 2:
        return np.stack([columns + 0.5, rows + 0.5], axis=1).astype(np.float64)
    index = np.full(region.shape, -1, dtype=np.int32)
    index[rows, columns] = np.arange(len(rows))
    starts, ends = [], []
    padded = np.pad(index, 1, constant_values=-1)
    for step_y, step_x in ((0, 1), (1, 0), (1, 1), (1, -1)):
        neighbour = padded[rows + 1 + step_y, columns + 1 + step_x]
        known = neighbour >= 0
        starts.append(np.flatnonzero(known))
        ends.append(neighbour[known])
    edges = np.concatenate(starts), np.concatenate(ends)
    graph = coo_array((np.ones(len(edges[0])), edges), shape=(len(rows), len(rows))).tocsr()
    far = int(breadth_first_order(graph, 0, directed=False)[0][-1])
    order, predecessors = breadth_first_order(graph, far, directed=False)
    path = [int(order[-1])]
    while path[-1] != far:
        path.append(int(predecessors[path[-1]]))
    points = np.stack([columns[path] + 0.5, rows[path] + 0.5], axis=1).astype(np.float64)
    return _smooth(points, 5)


def random_curve(region: BoolArray, distance: NDArray[np.float32], rng: np.random.Generator) -> Points:
    """A Bezier curve through three or four random inner points, cut where it first leaves the region."""
    rows, columns = np.nonzero(distance > 0.25 * distance.max())
    chosen = rng.integers(len(rows), size=int(rng.integers(3, 5)))
    control = np.stack([columns[chosen], rows[chosen]], axis=1) + rng.random((len(chosen), 2))
    return _longest_inside(bezier(control, 48), region)


def straight_line(region: BoolArray, distance: NDArray[np.float32], rng: np.random.Generator) -> Points:
    """The line between the two of six random inner points that lie farthest apart, cut where it leaves the region."""
    rows, columns = np.nonzero(distance > 0.25 * distance.max())
    chosen = rng.integers(len(rows), size=6)
    ends = np.stack([columns[chosen], rows[chosen]], axis=1) + rng.random((6, 2))
    gaps = np.linalg.norm(ends[:, None] - ends[None], axis=2)
    first, second = np.unravel_index(int(gaps.argmax()), gaps.shape)
    return _longest_inside(bezier(ends[[first, second]], 48), region)


def _longest_inside(points: Points, region: BoolArray) -> Points:
    """The longest run of points that lies in the region."""
    inside = region[points[:, 1].astype(int), points[:, 0].astype(int)]
    runs = np.split(np.arange(len(points)), np.flatnonzero(np.diff(inside.astype(np.int8))) + 1)
    longest = max((run for run in runs if inside[run[0]]), key=len, default=np.arange(1))
    return points[longest]


def contour(distance: NDArray[np.float32], rng: np.random.Generator) -> Points:
    """A piece of the outline, drawn some way inside it."""
    depth = float(rng.uniform(0.15, 0.5) * distance.max())
    inner = (distance > depth).astype(np.uint8)
    outlines, _ = cv2.findContours(inner, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)[:, 0].astype(np.float64) + 0.5
    outline = np.roll(outline, int(rng.integers(len(outline))), axis=0)
    length = max(2, int(len(outline) * rng.uniform(0.25, 1.0)))
    return _smooth(outline[:length], 3)


def around(mask: BoolArray, allowed: BoolArray, rng: np.random.Generator) -> Points | None:
    """A piece of the line that runs round a mask at some distance, as people fence off what does not belong.

    Args:
        mask: (H, W) bool, the object, of at least one pixel.
        allowed: (H, W) bool, where the stroke may lie; it is cut where it first leaves it.
        rng: the source of every choice.

    Returns:
        (P, 2) float64 points, or None where there is no space around the mask.
    """
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    gap = 2.0 + float(rng.uniform(0.02, 0.3)) * float(np.sqrt(mask.sum()))
    outlines, _ = cv2.findContours((away <= gap).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)[:, 0].astype(np.float64) + 0.5
    outline = np.roll(outline, int(rng.integers(len(outline))), axis=0)
    open_image = allowed.copy()
    open_image[[0, -1], :] = open_image[:, [0, -1]] = False
    piece = outline[: max(2, int(len(outline) * rng.uniform(0.1, 0.6)))]
    if not open_image[piece[:, 1].astype(int), piece[:, 0].astype(int)].any():
        return None
    points = _smooth(_longest_inside(piece, open_image), 5)
    return points if len(points) > 1 else None


def zigzag(distance: NDArray[np.float32], rng: np.random.Generator) -> Points:
    """A zig-zag across the region, row by row or column by column."""
    inner = distance > 0.3 * distance.max()
    across = bool(rng.integers(2))
    if across:
        inner = inner.T
    lines = np.flatnonzero(inner.any(axis=1))
    step = max(2, int(len(lines) / rng.integers(3, 9)))
    points = []
    for turn, line in enumerate(lines[::step]):
        columns = np.flatnonzero(inner[line])
        ends = (columns[0], columns[-1])
        if inner[line, columns[0] : columns[-1] + 1].all():
            points.append((ends[turn % 2], line))
        else:
            points.append((int(columns[len(columns) // 2]), line))
    drawn = np.array(points, dtype=np.float64) + 0.5
    return drawn[:, ::-1] if across else drawn


def bezier(control: Points, count: int) -> Points:
    """``count`` points on the Bezier curve of ``control`` (K, 2), by de Casteljau's construction."""
    t = np.linspace(0, 1, count)[:, None, None]
    level = np.broadcast_to(control[None], (count, *control.shape))
    while level.shape[1] > 1:
        level = (1 - t) * level[:, :-1] + t * level[:, 1:]
    return np.asarray(level[:, 0], dtype=np.float64)


def _smooth(points: Points, width: int) -> Points:
    if len(points) <= width:
        return points
    padded = np.concatenate([np.repeat(points[:1], width // 2, 0), points, np.repeat(points[-1:], width // 2, 0)])
    total = np.cumsum(np.concatenate([np.zeros((1, 2)), padded]), axis=0)
    return np.asarray((total[width:] - total[:-width]) / width, dtype=np.float64)


def _piece(points: Points, style: StrokeStyle, rng: np.random.Generator) -> Points:
    """A random piece of a line, at least the share ``style.shortest`` of its points."""
    share = float(rng.uniform(style.shortest, 1.0)) if style.shortest < 1 else 1.0
    length = max(2, round(len(points) * share))
    start = int(rng.integers(len(points) - length + 1))
    return points[start : start + length]


def _tremble(points: Points, style: StrokeStyle, rng: np.random.Generator) -> Points:
    """Slow tremble, and now and then an end that overshoots."""
    if style.overshoot > 0:
        length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
        direction = points[-1] - points[max(0, len(points) - 4)]
        norm = float(np.linalg.norm(direction))
        if norm > 0:
            tip = points[-1] + direction / norm * length * style.overshoot * rng.random()
            points = np.concatenate([points, tip[None]])
    if style.jitter_px > 0:
        knots = max(2, len(points) // 8)
        noise = rng.normal(0, style.jitter_px, (knots, 2))
        at = np.linspace(0, knots - 1, len(points))
        points = points + np.stack([np.interp(at, np.arange(knots), noise[:, axis]) for axis in (0, 1)], axis=1)
    return points
