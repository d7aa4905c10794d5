"""A mask (H, W) in, the rings around its parts and holes out, along pixel edges or through pixel centres.

Polygons mean nothing without the rasteriser that reads them.  Edges are exact where a pixel counts by its centre
(pycocotools, scikit-image, shapely); centres where the line itself is drawn too (OpenCV, Pillow).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.types import BoolArray

Point = tuple[int, int]
Ring = list[Point]

_EAST, _SOUTH, _WEST, _NORTH = range(4)


@dataclass(frozen=True)
class Part:
    """One 4-connected part of a mask: its outer ring, clockwise as seen, and its holes, the other way round."""

    outer: Ring
    holes: tuple[Ring, ...]


def edge_parts(mask: BoolArray) -> list[Part]:
    """The parts of a mask (H, W) with rings along the edges of its pixels; no ring meets itself.

    Parts that only touch at a corner are parts of their own; a hole may touch the outer ring or a hole at a corner.
    """
    return [Part(_corners(part.outer), tuple(map(_corners, part.holes))) for part in _unit_parts(mask)]


def edge_outlines(mask: BoolArray) -> list[Ring]:
    """One closed outline a part along pixel edges; slits drawn there and back join holes to it."""
    outlines = []
    for part in _unit_parts(mask):
        web = _Web()
        web.add_part(part)
        outlines.append(_corners(web.walk()))
    return outlines


def centre_outline(mask: BoolArray) -> Ring:
    """One closed outline of a whole mask through the centres of its pixels, (x, y) of pixels.

    Holes are joined by slits inside the mask, parts by the shortest bridges, which are drawn over what lies there.
    """
    web = _Web()
    for part in _unit_parts(mask):
        web.add_part(Part(_centres(part.outer), tuple(map(_centres, part.holes))))
    for start, end in _bridges(mask):
        web.join(start, end)
    return _corners(web.walk())


class _Web:
    """Rings that are joined to one another at some of their points by lines that are drawn there and back."""

    def __init__(self) -> None:
        self._rings: list[Ring] = []
        self._owner: dict[Point, int] = {}
        self._joints: dict[tuple[int, Point], list[tuple[int, Point]]] = {}

    def add_part(self, part: Part) -> None:
        """Add a part; from the first point of each hole a slit goes up inside the mask to the next ring."""
        self._add(part.outer)
        for hole in sorted(part.holes, key=_top):
            x, y = first = min(hole, key=lambda point: (point[1], point[0]))
            # Rings that begin higher are there already, so this ends at one of them.
            while (x, y) not in self._owner:
                y -= 1
            above = self._owner[x, y]
            self._join(above, (x, y), self._add(hole), first)

    def join(self, start: Point, end: Point) -> None:
        """Join two points of rings."""
        self._join(self._owner[start], start, self._owner[end], end)

    def walk(self) -> Ring:
        """Every ring in one line."""
        walked: Ring = []
        stack: list[tuple[int, Iterator[Point]]] = [(0, iter(self._rings[0]))] if self._rings else []
        passed: set[tuple[int, Point]] = set()
        entered = {0}
        while stack:
            number, points = stack[-1]
            point = next(points, None)
            if point is None:
                stack.pop()
                continue
            walked.append(point)
            if (number, point) in passed:
                continue
            passed.add((number, point))
            for other, end in self._joints.get((number, point), ()):
                if other not in entered:
                    entered.add(other)
                    ring = self._rings[other]
                    place = ring.index(end)
                    # Around the other ring to the point where it was entered, and back.
                    stack.append((other, iter([*ring[place:], *ring[:place], end])))
                    stack.insert(-1, (number, iter([point])))
        return walked

    def _add(self, ring: Ring) -> int:
        self._rings.append(ring)
        for point in ring:
            self._owner.setdefault(point, len(self._rings) - 1)
        return len(self._rings) - 1

    def _join(self, first: int, start: Point, second: int, end: Point) -> None:
        self._joints.setdefault((first, start), []).append((second, end))
        self._joints.setdefault((second, end), []).append((first, start))


def _bridges(mask: BoolArray) -> list[tuple[Point, Point]]:
    """Pairs of pixels (x, y) that join all 4-connected parts of a mask, the shortest first (Kruskal's algorithm).

    Two parts can be neighbours only where the pixels that are nearest to the one touch those nearest to the other.
    """
    count, components = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    if count < 3:
        return []
    framed = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(framed, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    labels = labels[1:-1, 1:-1]
    rows, columns = np.nonzero(mask)
    pixel_of_label = np.zeros(int(labels.max()) + 1, dtype=np.int64)
    pixel_of_label[labels[rows, columns]] = rows * mask.shape[1] + columns
    nearest = pixel_of_label[labels]
    flat = components.ravel()
    pairs = []
    for ours, theirs in _neighbours(nearest):
        differs = flat[ours] != flat[theirs]
        pairs.append(np.stack([ours[differs], theirs[differs]]))
    first, second = np.unique(np.concatenate(pairs, axis=1), axis=1)
    width = mask.shape[1]
    squares = (first % width - second % width) ** 2 + (first // width - second // width) ** 2
    group = list(range(count))
    bridges = []
    for place in np.argsort(squares, kind="stable").tolist():
        start, end = int(first[place]), int(second[place])
        group_of_start, group_of_end = _root(group, int(flat[start])), _root(group, int(flat[end]))
        if group_of_start != group_of_end:
            group[group_of_start] = group_of_end
            bridges.append(((start % width, start // width), (end % width, end // width)))
    return bridges


def _neighbours(values: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The values of all pixels and those of their neighbours to the right, below, and on both diagonals."""
    for ours, theirs in (
        (values[:, :-1], values[:, 1:]),
        (values[:-1], values[1:]),
        (values[:-1, :-1], values[1:, 1:]),
        (values[:-1, 1:], values[1:, :-1]),
    ):
        yield ours.ravel(), theirs.ravel()


def _root(group: list[int], member: int) -> int:
    """The one that stands for a group; the way there gets shorter."""
    while group[member] != member:
        group[member] = group[group[member]]
        member = group[member]
    return member


def _unit_parts(mask: BoolArray) -> list[Part]:
    """Parts with rings of unit steps; see ``edge_parts``."""
    if not mask.any():
        return []
    _, components = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    outers: dict[int, Ring] = {}
    holes: dict[int, list[Ring]] = {}
    for ring in _unit_rings(mask):
        for simple in _simple_rings(ring):
            x, y = _pixel_beside(simple[0], simple[1])
            component = int(components[y, x])
            if _signed_area(simple) > 0:
                outers[component] = simple
            else:
                holes.setdefault(component, []).append(simple)
    return [Part(outer, tuple(holes.get(component, ()))) for component, outer in sorted(outers.items())]


def _unit_rings(mask: BoolArray) -> list[Ring]:
    """All rings, step by step, the mask on the right hand (y points down); at a corner they keep to their pixel."""
    height, width = mask.shape
    framed = np.pad(mask, 1)
    stride = width + 1
    keys = []
    for direction, (dy, dx), (start_x, start_y) in (
        (_EAST, (-1, 0), (0, 0)),
        (_SOUTH, (0, 1), (1, 0)),
        (_WEST, (1, 0), (1, 1)),
        (_NORTH, (0, -1), (0, 1)),
    ):
        rows, columns = np.nonzero(mask & ~framed[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width])
        keys.append(((rows + start_y) * stride + columns + start_x) * 4 + direction)
    edges = np.sort(np.concatenate(keys))
    following = _following(edges, stride).tolist()
    vertices = edges // 4
    xs, ys = (vertices % stride).tolist(), (vertices // stride).tolist()
    seen = bytearray(len(edges))
    rings = []
    for first in range(len(edges)):
        if seen[first]:
            continue
        ring, edge = [], first
        while not seen[edge]:
            seen[edge] = 1
            ring.append((xs[edge], ys[edge]))
            edge = following[edge]
        rings.append(ring)
    return rings


def _following(edges: NDArray[np.int64], stride: int) -> NDArray[np.int64]:
    """The place among ``edges`` of the edge after each: to the right if there is one, else straight on, else left."""
    directions = edges % 4
    ends = edges // 4 + np.array([1, stride, -1, -stride])[directions]
    following = np.zeros(len(edges), dtype=np.int64)
    for turn in (3, 0, 1):
        wanted = ends * 4 + (directions + turn) % 4
        places = np.minimum(np.searchsorted(edges, wanted), len(edges) - 1)
        found = edges[places] == wanted
        following[found] = places[found]
    return following


def _simple_rings(ring: Ring) -> list[Ring]:
    """A ring cut where it meets itself."""
    if len(set(ring)) == len(ring):
        return [ring]
    rings: list[Ring] = []
    path: Ring = []
    places: dict[Point, int] = {}
    for point in ring:
        if point in places:
            start = places[point]
            rings.append(path[start:])
            for gone in path[start + 1 :]:
                del places[gone]
            del path[start + 1 :]
        else:
            places[point] = len(path)
            path.append(point)
    return [*rings, path]


def _pixel_beside(start: Point, end: Point) -> Point:
    """The pixel on the right hand of a unit step."""
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    return {(1, 0): (x, y), (0, 1): (x - 1, y), (-1, 0): (x - 1, y - 1), (0, -1): (x, y - 1)}[dx, dy]


def _centres(ring: Ring) -> Ring:
    """The pixels of the mask along a ring of unit steps."""
    pixels = [_pixel_beside(start, end) for start, end in zip(ring, [*ring[1:], ring[0]], strict=True)]
    unlike = [pixel for before, pixel in zip([pixels[-1], *pixels], pixels, strict=False) if pixel != before]
    return unlike or pixels[:1]


def _signed_area(ring: Ring) -> int:
    """Twice the area of a ring, negative for a hole."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True))


def _top(ring: Ring) -> int:
    return min(y for _, y in ring)


def _corners(ring: Ring) -> Ring:
    """A ring without repetitions and without the points at which it goes straight on."""
    ring = [point for before, point in zip([*ring[-1:], *ring], ring, strict=False) if point != before] or ring[:1]
    corners = [
        here
        for before, here, after in zip([*ring[-1:], *ring], ring, [*ring[1:], *ring[:1]], strict=False)
        if not _goes_straight(before, here, after)
    ]
    return corners or ring[:1]


def _goes_straight(before: Point, here: Point, after: Point) -> bool:
    dx, dy, next_dx, next_dy = here[0] - before[0], here[1] - before[1], after[0] - here[0], after[1] - here[1]
    return dx * next_dy == dy * next_dx and dx * next_dx + dy * next_dy > 0
