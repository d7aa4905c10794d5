"""A scribbled mask (H, W) in, polylines (P, 2) for a pen of the canonical thickness out.

Every connected piece is thinned to a line one pixel wide, and the line is cut at its branchings into polylines; side
branches that hardly reach beyond the border of the piece are dropped.  So a mark says where its brush went, whatever
the brush.  A piece thicker than any brush is a filled region and says more: in it the pen first goes round from the
border inwards, ring by ring, and what the rings leave is thinned (docs/decisions, number 10).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.distances import exact_distances
from s2m.types import BoolArray, ByteArray

Line = NDArray[np.float64]
"""(P, 2) points (x, y), whole numbers at pixel centres."""

_Pixel = tuple[int, int]

_RINGS_FROM = 12.0
"""Pieces thicker than so many pens, 15 % of the image's long side, are filled with rings."""

_TOLERANCE_PX = 0.75
"""How far a polyline may lie from the pixels of the centre line."""

_BUMP_PX = 2.0
"""Side branches that reach no further than so much beyond the border are bumps of it."""

_NEIGHBOURS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""(row, column) steps to the eight neighbours, clockwise from north; bit k of a neighbourhood is neighbour k."""


def lines_of_mask(mask: BoolArray, pen_px: float) -> list[Line]:
    """Polylines to draw ``pen_px`` thick, for each connected piece of a mask (H, W) by itself.

    They follow the middle of brush marks and go over the whole of filled regions.
    """
    lines: list[Line] = []
    for offset_xy, piece in _pieces(mask):
        lines += [line + offset_xy for line in _lines_of_piece(piece, pen_px)]
    return lines


def thin(mask: BoolArray) -> BoolArray:
    """The centre line of a mask (H, W), as connected as the mask is.

    Border pixels are removed, in turns from the south-east and the north-west, as long as that cuts nothing
    (Zhang and Suen, "A fast parallel algorithm for thinning digital patterns", CACM 27, 1984).
    """
    weights = np.zeros((3, 3), dtype=np.float32)
    for bit, (row, column) in enumerate(_NEIGHBOURS):
        weights[row + 1, column + 1] = 1 << bit
    line = np.pad(mask, 1).astype(np.uint8)
    unchanged_passes = 0
    while unchanged_passes < 2:
        for table in _REMOVABLE:
            around = cv2.filter2D(line, cv2.CV_32F, weights, borderType=cv2.BORDER_CONSTANT).astype(np.uint8)
            removed = table[around] & (line > 0)
            line[removed] = 0
            unchanged_passes = 0 if removed.any() else unchanged_passes + 1
    return np.asarray(line[1:-1, 1:-1] > 0, dtype=np.bool_)


def trace(line: BoolArray, shortest_branch_px: float) -> list[Line]:
    """A line one pixel wide (H, W) as polylines from branching to branching, or round.

    Args:
        line: as ``thin`` gives it.
        shortest_branch_px: branches that end freely and are no longer than this are dropped.
    """
    while True:
        links = _links(line)
        walks = _walks(links)
        spurs = [walk for walk in walks if _is_spur(walk, links, shortest_branch_px)]
        if len(spurs) == len(walks):
            walks = [max(walks, key=len)] if walks else []
            break
        if not spurs:
            break
        line = line.copy()
        for pixel in {pixel for walk in spurs for pixel in walk if len(links[pixel]) <= 2}:
            line[pixel] = False
    dots = [[pixel] for pixel, near in links.items() if not near]
    return [_polyline(walk) for walk in [*walks, *dots]]


def _pieces(mask: BoolArray) -> list[tuple[NDArray[np.int64], BoolArray]]:
    """Place (x, y) and pixels of each connected piece, cut out with a free border of one pixel."""
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    pieces = []
    for label in range(1, count):
        left, top, width, height = (int(entry) for entry in boxes[label, :4])
        inside = labels[top : top + height, left : left + width] == label
        pieces.append((np.array([left - 1, top - 1]), np.pad(inside, 1)))
    return pieces


def _lines_of_piece(piece: BoolArray, pen_px: float) -> list[Line]:
    depth = _depth(piece)
    thickness = 2 * float(depth.max())
    if thickness <= _RINGS_FROM * pen_px:
        return trace(thin(piece), thickness / 2 + _BUMP_PX)
    rings = _rings(depth, pen_px)
    left_over = piece & (_drawn(rings, piece.shape, pen_px) == 0)
    lines = list(rings)
    for offset_xy, rest in _pieces(left_over):
        if 2 * _depth(rest).max() > pen_px / 2:
            lines += [line + offset_xy for line in trace(thin(rest), pen_px / 2 + _BUMP_PX)]
    return lines


def _rings(depth: NDArray[np.float32], pen_px: float) -> list[Line]:
    """Closed lines at half a pen from the border, one and a half, and so on."""
    rings: list[Line] = []
    for level in np.arange(0.5, float(depth.max()) / pen_px, 1.0) * pen_px:
        outlines, _ = cv2.findContours((depth >= level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for outline in outlines:
            points = [(int(y), int(x)) for x, y in outline[:, 0]]
            rings.append(_polyline([*points, points[0]]))
    return rings


def _drawn(lines: list[Line], size_hw: tuple[int, ...], pen_px: float) -> ByteArray:
    canvas = np.zeros(size_hw, dtype=np.uint8)
    for line in lines:
        cv2.polylines(canvas, [line.astype(np.int32)[:, None]], False, 1, max(1, round(pen_px)))
    return canvas


def _depth(mask: BoolArray) -> NDArray[np.float32]:
    """How far the centre of each pixel lies from the border of a mask, in pixels; at most 0 outside."""
    return exact_distances(mask) - np.float32(0.5)


def _removable_tables() -> tuple[BoolArray, BoolArray]:
    """For each of the two passes, whether a pixel with a neighbourhood 0..255 may go (Zhang and Suen's conditions)."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    count = bits.sum(axis=1)
    crossings = ((bits == 0) & (np.roll(bits, -1, axis=1) == 1)).sum(axis=1)
    cuts_nothing = (count >= 2) & (count <= 6) & (crossings == 1)
    north, east, south, west = (bits[:, place] for place in (0, 2, 4, 6))
    first = cuts_nothing & (north * east * south == 0) & (east * south * west == 0)
    second = cuts_nothing & (north * east * west == 0) & (north * south * west == 0)
    return first, second


_REMOVABLE = _removable_tables()


def _links(line: BoolArray) -> dict[_Pixel, list[_Pixel]]:
    """The neighbours of each pixel; a diagonal step is left out where two straight ones lead the same way."""
    pixels = {(int(row), int(column)) for row, column in np.argwhere(line)}
    links: dict[_Pixel, list[_Pixel]] = {}
    for row, column in sorted(pixels):
        links[row, column] = [
            (row + down, column + right)
            for down, right in _NEIGHBOURS
            if (row + down, column + right) in pixels
            and not (down and right and ((row + down, column) in pixels or (row, column + right) in pixels))
        ]
    return links


def _walks(links: dict[_Pixel, list[_Pixel]]) -> list[list[_Pixel]]:
    """Every link once, joined to walks that run from ends and branchings to ends and branchings, or round."""
    walked: set[tuple[_Pixel, _Pixel]] = set()
    walks: list[list[_Pixel]] = []
    for start in sorted(links, key=lambda pixel: (len(links[pixel]) == 2, pixel)):
        # Lazily: a walk that comes back to its start takes another step off the list.
        walks.extend(_walk(start, step, links, walked) for step in links[start] if (start, step) not in walked)
    return walks


def _walk(
    start: _Pixel, step: _Pixel, links: dict[_Pixel, list[_Pixel]], walked: set[tuple[_Pixel, _Pixel]]
) -> list[_Pixel]:
    walk = [start]
    while True:
        walked |= {(walk[-1], step), (step, walk[-1])}
        walk.append(step)
        if len(links[step]) != 2 or step == start:
            return walk
        step = next(pixel for pixel in links[step] if pixel != walk[-2])


def _is_spur(walk: list[_Pixel], links: dict[_Pixel, list[_Pixel]], shortest_branch_px: float) -> bool:
    """Whether a walk is a short branch from a branching to a free end."""
    ends = sorted(len(links[pixel]) for pixel in (walk[0], walk[-1]))
    return ends[0] == 1 and ends[1] > 2 and len(walk) - 1 <= shortest_branch_px


def _polyline(walk: list[_Pixel]) -> Line:
    """The points (x, y) of a walk of (row, column), without those that a straight line passes anyway."""
    points = np.array([(column, row) for row, column in walk], dtype=np.int32)
    if len(set(walk)) == 1:
        return points[:1].astype(np.float64)
    if walk[0] != walk[-1]:
        return np.asarray(cv2.approxPolyDP(points, _TOLERANCE_PX, False)[:, 0], dtype=np.float64)
    corners = np.asarray(cv2.approxPolyDP(points[:-1], _TOLERANCE_PX, True)[:, 0], dtype=np.float64)
    return np.concatenate([corners, corners[:1]])
