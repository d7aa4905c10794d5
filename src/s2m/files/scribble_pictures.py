"""A picture of scribbles in, strokes out: centre lines that the canonical rasteriser draws over the scribbles again.

What a picture means:

- In indexed and grey pictures 0 is nothing (and 255 beside others), and an index is an object, as in DAVIS.  Black and
  white alone are one object, drawn in the rarer of the two.  Greys with smooth edges are read as colours.
- In colour pictures what is transparent is nothing, or else the most frequent colour.  Pure green with red, red with
  blue, and white with another pure colour or black are foreground (object 1) and background.  Colours of the PASCAL VOC
  and DAVIS palette are objects by their index; any others are objects 1, 2, ... in the order in which they appear, read
  like text.
- With the style "foreground-background", for files such as the scribbles drawn for GrabCut, index 1 (or the foreground
  colour) is object 1 and index 2 (or the background colour) is the background.

``centre_lines`` says how scribbles become lines.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.errors import MaskError, StrokeError
from s2m.files.centre_lines import lines_of_mask
from s2m.files.contrast_limits import to_8_bits, usual_limits
from s2m.files.mask_pictures import IGNORE_ID, StoredPicture, is_smoothed, read_stored, voc_palette, whole_greys
from s2m.files.reading import read_bytes
from s2m.types import BACKGROUND_ID, BoolArray, ByteArray, LabelMap, Sign, Stroke

ScribbleStyle = Literal["objects", "foreground-background"]

CANONICAL_PEN = 0.0125
"""Thickness of a stroke as the network sees it, as a share of the image's long side (about 6.5 of 512 pixels)."""

_THINNEST_PEN_PX = 3.0
"""Nobody draws thinner on purpose, however small the image."""

_LONGEST_SIDE = 1024
"""Larger pictures are traced at a whole fraction of their size."""

_DRAWN_SHARE = 0.02
"""Colours of a smaller share of all scribbled pixels are specks or blends at the edges of the others."""

_BLEND_SHARE = 0.25
"""Colours between the canvas and another one with fewer pixels than this share of the other's are blends."""

_BLEND_DISTANCE = 12.0
"""How far from the straight line between two colours a blend of them may lie, in levels."""

_MOST_COLOURS = 24

_NOTHING = -1

_GREEN, _RED, _BLUE, _WHITE, _BLACK = (0, 255, 0), (255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
_SIGN_COLOURS = ((_GREEN, (_RED, _BLUE, _BLACK)), (_RED, (_BLUE, _BLACK)), (_WHITE, (_RED, _BLUE, _BLACK)))
"""Pure colours that mean foreground, each with those that mean background beside it."""


def read_scribble_picture(
    path: Path, image_size_hw: tuple[int, int], style: ScribbleStyle = "objects"
) -> tuple[Stroke, ...]:
    """Read the scribbles of an image; the module's note says what indices and colours mean.

    Args:
        path: a picture of the image's size, without the image itself.
        image_size_hw: (H, W) of the upright image.
        style: whether indices are objects, or foreground and background.

    Raises:
        StrokeError: missing, unreadable, no picture, of another size, empty, or not of few clear colours.
    """
    ids = _read_ids(path, style)
    if ids.shape != image_size_hw:
        got, wanted = (f"{width} x {height}" for height, width in (ids.shape, image_size_hw))
        raise StrokeError(f"{path} has {got} pixels, its image {wanted}; give scribbles of the image's size")
    strokes = strokes_of_scribbles(ids)
    if not strokes:
        raise StrokeError(f"{path} holds no scribbles; draw at least one stroke on an object")
    return strokes


def strokes_of_scribbles(ids: LabelMap) -> tuple[Stroke, ...]:
    """The strokes of scribbles (H, W) int32: -1 nothing, 0 background, else the object that they belong to."""
    factor = -(-max(ids.shape) // _LONGEST_SIDE)
    pen_px = max(_THINNEST_PEN_PX, CANONICAL_PEN * max(ids.shape) / factor)
    strokes: list[Stroke] = []
    for object_id in np.unique(ids[ids != _NOTHING]).tolist():
        mask = _shrink(ids == object_id, factor)
        sign: Sign = "negative" if object_id == BACKGROUND_ID else "positive"
        width_px = _typical_width(mask) * factor
        strokes += [Stroke((line + 0.5) * factor, object_id, sign, width_px) for line in lines_of_mask(mask, pen_px)]
    return tuple(strokes)


def _typical_width(mask: BoolArray) -> float:
    """The thickness of most of a scribbled mask, in pixels: twice the median depth of its ridges."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    ridges = depth[(depth > 0) & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)))]
    return max(1.0, float(2 * np.median(ridges)) - 1)


def _shrink(mask: BoolArray, factor: int) -> BoolArray:
    """A mask at 1 / factor of its size; a cell is set where any of its pixels is."""
    padded = np.pad(mask, ((0, -mask.shape[0] % factor), (0, -mask.shape[1] % factor)))
    cells = padded.reshape(padded.shape[0] // factor, factor, padded.shape[1] // factor, factor)
    return np.asarray(cells.any(axis=(1, 3)), dtype=np.bool_)


def _read_ids(path: Path, style: ScribbleStyle) -> LabelMap:
    """What is drawn, (H, W) int32: -1 nothing, 0 background, else an object."""
    name = str(path)
    try:
        stored = read_stored(read_bytes(path, StrokeError), name)
        indices = stored.values if stored.are_indices else _ids_of_greys(stored, name)
    except MaskError as error:
        raise StrokeError(str(error)) from error
    if indices is None:
        return _ids_of_colours(_as_rgba(stored), style, path)
    ids = indices.astype(np.int32)
    ids[ids == IGNORE_ID] = 0
    if style == "foreground-background":
        return _signs_of_indices(ids, path)
    ids[ids == 0] = _NOTHING
    return ids


def _ids_of_greys(stored: StoredPicture, name: str) -> NDArray[np.uint8] | None:
    """Objects of greys (H, W) that stand for them; None where greys are colours, drawn by a pen with smooth edges."""
    if stored.are_colours:
        return None
    greys = whole_greys(stored.values, name)
    if is_smoothed(greys):
        return None
    if ((greys > 0) & (greys < IGNORE_ID)).any():
        return np.asarray(greys, dtype=np.uint8)
    # Of black and white the rarer one is drawn.
    is_white = greys == IGNORE_ID
    return np.asarray(is_white if 2 * np.count_nonzero(is_white) <= is_white.size else ~is_white, dtype=np.uint8)


def _as_rgba(stored: StoredPicture) -> ByteArray:
    values = stored.values
    if values.ndim == 2:
        greys = values if values.dtype == np.uint8 else to_8_bits(values, usual_limits(values))
        values = np.repeat(greys[:, :, None], 3, axis=2)
    alpha = np.full(values.shape[:2], 255, np.uint8) if stored.alpha is None else stored.alpha
    return np.dstack([values, alpha])


def _signs_of_indices(indices: LabelMap, path: Path) -> LabelMap:
    strange = np.setdiff1d(indices, (0, 1, 2))
    if len(strange):
        raise StrokeError(f"{path} has the index {strange[0]}; wanted 1 for the foreground and 2 for the background")
    return np.array([_NOTHING, 1, BACKGROUND_ID], dtype=np.int32)[indices]


def _ids_of_colours(colours: ByteArray, style: ScribbleStyle, path: Path) -> LabelMap:
    """Objects of an RGBA picture (H, W, 4)."""
    places, palette = _main_colours(colours, path)
    return np.array([_NOTHING, *_meaning(palette, style, path)], dtype=np.int32)[places]


def _main_colours(colours: ByteArray, path: Path) -> tuple[NDArray[np.intp], list[tuple[int, ...]]]:
    """The colours drawn with, in reading order, and for each pixel (H, W) which one: 0 none, k the k-th.

    Pixels where a paint program has blended colours count to the nearest one.
    """
    codes = colours[:, :, :3].astype(np.int64) @ np.array([65536, 256, 1])
    alpha = colours[:, :, 3]
    # Where most is opaque, what is half transparent is the smooth edge of a pen.
    has_edges = 2 * np.count_nonzero(alpha == 255) >= np.count_nonzero(alpha >= 128)
    codes[alpha < (255 if has_edges else 128)] = _NOTHING
    values, first, inverse, counts = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
    canvas = 0 if values[0] == _NOTHING else int(counts.argmax())
    shades = np.stack([values >> 16 & 255, values >> 8 & 255, values & 255], axis=1)
    main = _drawn_colours(shades, counts, canvas)
    drawn = counts.sum() - counts[canvas]
    if len(main) > _MOST_COLOURS or 2 * counts[main].sum() < drawn:
        raise StrokeError(f"{path} has too many colours; draw scribbles in clear colours on an empty canvas")
    main.sort(key=lambda place: int(first[place]))
    distances = np.abs(shades[:, None] - shades[[canvas, *main]][None]).sum(axis=2).astype(np.float64)
    if values[canvas] == _NOTHING:
        distances[:, 0] = np.inf
    distances[canvas, 0] = -1
    return distances.argmin(axis=1)[inverse].reshape(codes.shape), [tuple(shades[place].tolist()) for place in main]


def _drawn_colours(shades: NDArray[np.int64], counts: NDArray[np.intp], canvas: int) -> list[int]:
    """The rows of ``shades`` (K, 3) that somebody chose, the most frequent first."""
    least = _DRAWN_SHARE * (counts.sum() - counts[canvas])
    chosen: list[int] = []
    for place in np.argsort(-counts, kind="stable").tolist():
        if place == canvas or counts[place] < least:
            continue
        is_blend = any(
            counts[place] < _BLEND_SHARE * counts[other] and _is_between(shades[place], shades[canvas], shades[other])
            for other in chosen
        )
        if not is_blend:
            chosen.append(place)
    return chosen


def _is_between(shade: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> bool:
    """Whether a colour (3,) lies near the straight line from one colour to another."""
    way = (end - start).astype(np.float64)
    share = np.clip((shade - start) @ way / max(float(way @ way), 1.0), 0.0, 1.0)
    return float(np.linalg.norm(start + share * way - shade)) <= _BLEND_DISTANCE


def _meaning(palette: list[tuple[int, ...]], style: ScribbleStyle, path: Path) -> list[int]:
    """The object of each colour."""
    for foreground, backgrounds in _SIGN_COLOURS:
        others = [colour for colour in palette if colour != foreground]
        if foreground in palette and len(others) == 1 and others[0] in backgrounds:
            return [1 if colour == foreground else BACKGROUND_ID for colour in palette]
    if style == "foreground-background":
        raise StrokeError(
            f"{path} has the colours {palette}; wanted a foreground and a background colour: green and red, red and "
            "blue, or white and black"
        )
    indices = {tuple(colour): index for index, colour in enumerate(voc_palette().tolist())}
    if palette != [_BLACK] and all(colour in indices for colour in palette):
        return [indices[colour] for colour in palette]
    return list(range(1, len(palette) + 1))
