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


def compressed(segmentation: Any, size_hw: tuple[int, int]) -> bytes:
    """The compressed run lengths of an annotation's ``segmentation``, some hundred bytes.

    Args:
        segmentation: of a COCO or LVIS file: polygons [x0, y0, x1, y1, ...], or run lengths, plain or compressed.
        size_hw: (H, W) of the image.

    Raises:
        ValueError: they are malformed, or not of the image's size.
    """
    try:
        if isinstance(segmentation, list):
            return _of_polygons(segmentation, size_hw)
        return _of_run_lengths(segmentation, size_hw)
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"it is no polygon and no run lengths ({type(error).__name__}: {error})") from error


def decompressed(counts: bytes, size_hw: tuple[int, int]) -> BoolArray:
    """The mask (H, W) of what ``compressed`` gave."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Of pycocotools' own use of NumPy.
        return np.asarray(coco_mask.decode({"size": list(size_hw), "counts": counts}), dtype=bool)


def _of_polygons(polygons: Sequence[Sequence[float]], size_hw: tuple[int, int]) -> bytes:
    points = [_points_of(polygon) for polygon in polygons]
    drawn = [each.ravel().tolist() for each in points if len(each) > 2]
    if not drawn:
        raise ValueError("it has no polygon of three points")
    return bytes(coco_mask.merge(coco_mask.frPyObjects(drawn, *size_hw))["counts"])


def _points_of(polygon: Sequence[float]) -> NDArray[np.float64]:
    points = np.asarray(polygon, dtype=np.float64).reshape(-1, 2)
    if not (np.abs(points) <= _FARTHEST_PX).all():
        raise ValueError("a polygon has a coordinate that is not a finite number near the image")
    return points


def _of_run_lengths(segmentation: dict[str, Any], size_hw: tuple[int, int]) -> bytes:
    counts, area = segmentation["counts"], size_hw[0] * size_hw[1]
    lengths = counts if isinstance(counts, list) else _lengths_of_text(str(counts))
    if not all(isinstance(length, int) and 0 <= length <= area for length in lengths) or sum(lengths) != area:
        raise ValueError(f"its runs cover {sum(lengths)} pixels, the image {area}")
    if "size" in segmentation and tuple(segmentation["size"]) != size_hw:
        raise ValueError(f"its size is {segmentation['size']}, the image's {list(size_hw)}")
    return bytes(coco_mask.frPyObjects({"size": list(size_hw), "counts": lengths}, *size_hw)["counts"])


def _lengths_of_text(text: str) -> list[int]:
    """The lengths of COCO's compressed text.

    Five bits a character, the sixth says that more follow; from the fourth length on, the difference to the one
    before the last.
    """
    lengths: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        value |= (bits & 31) << shift
        shift += 5
        if shift > 60:
            raise ValueError("a run length is longer than any image")
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
        value = shift = 0
    return lengths
