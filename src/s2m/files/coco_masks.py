"""COCO's run lengths or polygons in, masks (H, W) out, to the pixel.

Polygons are filled as pycocotools fills them.  Its native code does not check its input, so what comes from a file is
checked here first.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from s2m.types import BoolArray

_FARTHEST_PX = 1e6
"""Coordinates beyond this are no drawing of an image."""

_LONGEST_OUTLINES_PX = 2_000_000
"""All polygons of an object together; drawing them takes time and memory in proportion."""

_LONGEST_RUN_CHARACTERS = 7
"""Characters of a compressed run length that fits any image."""


def compressed(segmentation: Any, size_hw: tuple[int, int]) -> bytes:
    """The compressed run lengths of an annotation's ``segmentation``, some hundred bytes.

    Args:
        segmentation: of a COCO or LVIS file: polygons [x0, y0, x1, y1, ...], or run lengths, plain or compressed, one
            or a list of them.
        size_hw: (H, W) of the image.

    Raises:
        ValueError: they are malformed, not of the image's size, or more than an image of this size can need.
    """
    try:
        if not isinstance(segmentation, list):
            return _of_run_lengths(segmentation, size_hw)
        if segmentation and all(isinstance(part, dict) for part in segmentation):
            return _merged([_of_run_lengths(part, size_hw) for part in segmentation], size_hw)
        return _of_polygons(segmentation, size_hw)
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"it is no polygon and no run lengths ({type(error).__name__}: {error})") from error


def decompressed(counts: bytes, size_hw: tuple[int, int]) -> BoolArray:
    """The mask (H, W) of what ``compressed`` gave."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Of pycocotools' own use of NumPy.
        return np.asarray(coco_mask.decode({"size": list(size_hw), "counts": counts}), dtype=bool)


def _of_polygons(polygons: Sequence[Sequence[float]], size_hw: tuple[int, int]) -> bytes:
    drawn = [points for points in map(_points_of, polygons) if len(points) > 2]
    if not drawn:
        raise ValueError("it has no polygon of three points")
    length = sum(float(np.abs(np.diff(points, axis=0, append=points[:1])).max(axis=1).sum()) for points in drawn)
    if length > _LONGEST_OUTLINES_PX:
        raise ValueError(f"it has outlines of {length:,.0f} pixels, at most {_LONGEST_OUTLINES_PX:,} are drawn")
    encoded = [coco_mask.frPyObjects([points.ravel().tolist()], *size_hw)[0]["counts"] for points in drawn]
    return _merged(encoded, size_hw)


def _merged(encoded: list[bytes], size_hw: tuple[int, int]) -> bytes:
    """The union of masks; joined by twos, because each joining costs what both parts are long."""
    while len(encoded) > 1:
        pairs = [encoded[place : place + 2] for place in range(0, len(encoded), 2)]
        encoded = [
            coco_mask.merge([{"size": list(size_hw), "counts": counts} for counts in pair])["counts"] for pair in pairs
        ]
    return bytes(encoded[0])


def _points_of(polygon: Sequence[float]) -> NDArray[np.float64]:
    points = np.asarray(polygon, dtype=np.float64).reshape(-1, 2)
    if not (np.abs(points) <= _FARTHEST_PX).all():
        raise ValueError("a polygon has a coordinate that is not a finite number near the image")
    return points


def _of_run_lengths(segmentation: dict[str, Any], size_hw: tuple[int, int]) -> bytes:
    if "size" in segmentation and tuple(segmentation["size"]) != size_hw:
        raise ValueError(f"its size is {str(segmentation['size'])[:60]}, the image's {list(size_hw)}")
    counts, area = segmentation["counts"], size_hw[0] * size_hw[1]
    if isinstance(counts, list):
        if not all(isinstance(each, int | float) and 0 <= each <= area and each == int(each) for each in counts):
            raise ValueError(f"its runs cover more than whole numbers of pixels, from 0 to {area}")
        lengths = [int(each) for each in counts]
    else:
        text = counts if isinstance(counts, bytes) else str(counts).encode("ascii", "replace")
        lengths = _lengths_of_text(text, area)
    if sum(lengths) != area:
        raise ValueError(f"its runs cover {sum(lengths)} pixels, the image {area}")
    return bytes(coco_mask.frPyObjects({"size": list(size_hw), "counts": lengths}, *size_hw)["counts"])


def _lengths_of_text(text: bytes, area: int) -> list[int]:
    """The lengths of COCO's compressed text.

    Five bits a character, the sixth says that more follow; from the fourth length on, the difference to the one
    before the last.
    """
    if not text or len(text) > _LONGEST_RUN_CHARACTERS * (area + 2):
        raise ValueError(f"its runs cover nothing, or more than the image of {area} pixels")
    codes = np.frombuffer(text, dtype=np.uint8).astype(np.int64) - 48
    ends = np.flatnonzero((codes & 32) == 0)
    if codes.min() < 0 or codes.max() > 63 or not len(ends) or ends[-1] != len(codes) - 1:
        raise ValueError("its runs cover no whole mask: one is cut off or has a strange character")
    starts = np.concatenate([[0], ends[:-1] + 1])
    if int((ends - starts).max()) >= _LONGEST_RUN_CHARACTERS:
        raise ValueError("a run length is longer than any image")
    places = 5 * (np.arange(len(codes)) - np.repeat(starts, ends - starts + 1))
    lengths = np.add.reduceat((codes & 31) << places, starts)
    lengths -= np.where(codes[ends] & 16, np.int64(1) << (places[ends] + 5), 0)
    for first in (1, 2):
        lengths[first::2] = np.cumsum(lengths[first::2])
    strange = (lengths < 0) | (lengths > area)
    if strange.any():
        raise ValueError(f"its runs cover {int(lengths[strange.argmax()])} pixels at once, the image {area}")
    return [int(each) for each in lengths.tolist()]
