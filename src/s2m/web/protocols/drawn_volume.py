"""A volume with strokes in some of its slices in, the mask of one object in those slices out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.segmenter import Embedding
from s2m.errors import ImageError, StrokeError
from s2m.files.contrast_limits import ContrastLimits, tight_limits, to_8_bits
from s2m.files.scribble_pictures import strokes_of_scribbles
from s2m.types import BoolArray, ByteArray, Sign, Stroke
from s2m.web.protocols.answering import OBJECT_ID, AskedImages, box_strokes

_MOST_INTERACTIONS = 1000
_SAMPLES = 1_000_000
"""About so many values say where the contrast limits of a volume are."""

Region = tuple[tuple[int, int], ...]
"""First and last index (exclusive) along each of the three axes."""


@dataclass(frozen=True)
class Plane:
    """A slice.

    Attributes:
        axis: 0, 1 or 2, across the slice.
        index: along it.
    """

    axis: int
    index: int


@dataclass
class _Interaction:
    """Strokes in a slice; ``before`` is the packed mask of the slice that the answer to them replaced."""

    plane: Plane
    strokes: Sequence[Stroke]
    is_answered: bool = False
    before: ByteArray | None = None


class DrawnVolume:
    """One volume and the object that is drawn in it, slice by slice; one thread at a time works with it.

    Args:
        values: (C, X, Y, Z) numbers, one or three channels.
        images: encode the slices.

    Attributes:
        mask: (X, Y, Z) uint8, 1 on the object.

    Raises:
        ImageError: another shape.
    """

    def __init__(self, values: NDArray[Any], images: AskedImages) -> None:
        if values.ndim != 4 or values.shape[0] not in (1, 3):
            raise ImageError(f"a volume has the shape (channels, x, y, z) with 1 or 3 channels, got {values.shape}")
        self._values = values.astype(np.uint8) if values.dtype == np.bool_ else values
        self._images = images
        self._limits = _limits_of(self._values)
        self._interactions: list[_Interaction] = []
        self.mask: ByteArray = np.zeros(values.shape[1:], dtype=np.uint8)

    @property
    def shape(self) -> tuple[int, ...]:
        """(X, Y, Z)."""
        return self.mask.shape

    @property
    def channels(self) -> int:
        """1 or 3."""
        return int(self._values.shape[0])

    @property
    def nbytes(self) -> int:
        """What the volume and its mask take."""
        return int(self._values.nbytes + self.mask.nbytes)

    def add_point(self, coordinates: Sequence[int], is_positive: bool) -> None:
        """A click on a voxel; it counts in the slice across the axis that was drawn on last, or the first axis.

        Raises:
            StrokeError: outside of the volume.
        """
        if any(not 0 <= place < length for place, length in zip(coordinates, self.shape, strict=True)):
            raise StrokeError(f"the voxel {tuple(coordinates)} lies outside of the volume {self.shape}")
        flat = [axis for axis, length in enumerate(self.shape) if length == 1]
        plane = self._plane(flat or range(3), coordinates)
        row, column = (place for axis, place in enumerate(coordinates) if axis != plane.axis)
        dot = np.array([[column + 0.5, row + 0.5]])
        self._add(plane, [Stroke(dot, OBJECT_ID, _sign(is_positive))])

    def add_box(self, corners: Sequence[tuple[int, int]], is_positive: bool) -> None:
        """A box (first, last + 1 along each axis) that is one slice thick.

        Raises:
            StrokeError: outside of the volume, thick, flat or negative.
        """
        if any(not 0 <= low < high <= length for (low, high), length in zip(corners, self.shape, strict=True)):
            raise StrokeError(f"the box {tuple(corners)} does not lie in the volume {self.shape}")
        flat = [axis for axis, (low, high) in enumerate(corners) if high - low == 1]
        plane = self._plane(flat, [low for low, _ in corners])
        (top, bottom), (left, right) = (ends for axis, ends in enumerate(corners) if axis != plane.axis)
        self._add(plane, box_strokes((left, top, right, bottom), is_positive))

    def add_scribble(self, drawn: NDArray[Any], at: Sequence[tuple[int, int]] | None, is_positive: bool) -> None:
        """A scribble in one slice.

        Args:
            drawn: (x, y, z), not 0 where something is drawn.
            at: where in the volume it lies; all of it if None.
            is_positive: whether it is the object.

        Raises:
            StrokeError: nothing is drawn, it is of another size or goes through several slices.
        """
        plane, mask = self._slice_of(drawn, at)
        self._add(plane, _lines(mask, is_positive))

    def add_lasso(self, drawn: NDArray[Any], at: Sequence[tuple[int, int]] | None, is_positive: bool) -> None:
        """A closed line in one slice, with or without its inside; the rest as in ``add_scribble``.

        A positive one says that the object lies within, as a box does; a negative one that all of it is none.
        """
        plane, mask = self._slice_of(drawn, at)
        outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        filled = cv2.drawContours(np.zeros(mask.shape, np.uint8), outlines, -1, 1, cv2.FILLED)
        if not is_positive:
            self._add(plane, _lines(filled > 0, False))
            return
        strokes: list[Stroke] = []
        for outline in outlines:
            line = outline[:, 0].astype(np.float64) + 0.5
            inside = cv2.drawContours(np.zeros(mask.shape, np.uint8), [outline], -1, 1, cv2.FILLED)
            depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
            row, column = np.unravel_index(int(depth.argmax()), depth.shape)
            strokes.append(Stroke(np.vstack([line, line[:1]]), OBJECT_ID, "negative"))
            strokes.append(Stroke(np.array([[column + 0.5, row + 0.5]]), OBJECT_ID))
        self._add(plane, strokes)

    def predict(self) -> Region | None:
        """Answer what was drawn since the last answer; the region that holds all changes, None for nothing."""
        regions: list[Region] = []
        newest = {one.plane: one for one in self._interactions if not one.is_answered}
        for plane, last in newest.items():
            strokes = [stroke for one in self._interactions if one.plane == plane for stroke in one.strokes]
            embedding = self._embedding(plane)
            region = self._region(plane)
            before = self._at(region)
            last.before = np.packbits(before)
            before[...] = (self._images.logits(embedding, strokes) > 0).reshape(before.shape)
            regions.append(region)
        for one in self._interactions:
            one.is_answered = True
        return (
            tuple(
                (min(low), max(high)) for low, high in (zip(*ends, strict=True) for ends in zip(*regions, strict=True))
            )
            or None
        )

    def undo(self) -> tuple[bool, Region | None]:
        """Take the last interaction back: whether there was one, and the region that changed."""
        if not self._interactions:
            return False, None
        last = self._interactions.pop()
        if last.before is None:
            return True, None
        region = self._region(last.plane)
        place = self._at(region)
        place[...] = np.unpackbits(last.before, count=place.size).reshape(place.shape)
        return True, region

    def reset(self) -> None:
        """Begin another object."""
        self._interactions.clear()
        self.mask[...] = 0

    def content(self, region: Region) -> ByteArray:
        """The mask in a region."""
        return np.ascontiguousarray(self._at(region))

    def _at(self, region: Region) -> ByteArray:
        return self.mask[tuple(slice(low, high) for low, high in region)]

    def _region(self, plane: Plane) -> Region:
        whole = [(0, length) for length in self.shape]
        whole[plane.axis] = (plane.index, plane.index + 1)
        return tuple(whole)

    def _add(self, plane: Plane, strokes: Sequence[Stroke]) -> None:
        if len(self._interactions) >= _MOST_INTERACTIONS:
            raise StrokeError(f"{_MOST_INTERACTIONS} interactions are the most for one object; reset them")
        self._interactions.append(_Interaction(plane, strokes))

    def _plane(self, axes: Iterable[int], place: Sequence[int]) -> Plane:
        """The slice through a voxel across one of some axes: the one drawn on last, or the first."""
        possible = list(axes)
        if not possible:
            raise StrokeError("this goes through several slices; draw in one slice")
        last = self._interactions[-1].plane.axis if self._interactions else possible[0]
        axis = last if last in possible else possible[0]
        return Plane(axis, place[axis])

    def _slice_of(self, drawn: NDArray[Any], at: Sequence[tuple[int, int]] | None) -> tuple[Plane, BoolArray]:
        """The slice that somebody drew in, and what is drawn there, as large as the slice."""
        ends = [(0, length) for length in self.shape] if at is None else list(at)
        if any(not 0 <= low < high <= length for (low, high), length in zip(ends, self.shape, strict=True)):
            raise StrokeError(f"the region {tuple(ends)} does not lie in the volume {self.shape}")
        if drawn.shape != tuple(high - low for low, high in ends):
            raise StrokeError(f"what is drawn has the shape {drawn.shape}, its region {tuple(ends)} another")
        marks = drawn != 0
        if not marks.any():
            raise StrokeError("nothing is drawn; draw a line in a slice")
        places = [np.flatnonzero(marks.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        flat = [axis for axis in range(3) if marks.shape[axis] == 1]
        flat = flat or [axis for axis in range(3) if len(places[axis]) == 1]
        plane = self._plane(flat, [low + int(found[0]) for (low, _), found in zip(ends, places, strict=True)])
        whole = np.zeros([length for axis, length in enumerate(self.shape) if axis != plane.axis], dtype=bool)
        rows, columns = (slice(low, high) for axis, (low, high) in enumerate(ends) if axis != plane.axis)
        whole[rows, columns] = marks.any(axis=plane.axis)
        return plane, whole

    def _embedding(self, plane: Plane) -> Embedding:
        """That of the slice as an RGB image."""
        values = np.moveaxis(np.take(self._values, plane.index, axis=plane.axis + 1), 0, -1)
        greys = to_8_bits(values, self._limits)
        pixels = np.ascontiguousarray(np.repeat(greys, 3, axis=2) if greys.shape[2] == 1 else greys)
        return self._images.of(pixels.tobytes() + str(pixels.shape).encode(), lambda: pixels)


def _limits_of(values: NDArray[Any]) -> ContrastLimits:
    if values.dtype == np.uint8:
        return ContrastLimits(0.0, 255.0)
    flat = values.reshape(-1)
    return tight_limits(flat[:: max(1, flat.size // _SAMPLES)].astype(np.float64))


def _sign(is_positive: bool) -> Sign:
    return "positive" if is_positive else "negative"


def _lines(mask: BoolArray, is_positive: bool) -> Sequence[Stroke]:
    strokes = strokes_of_scribbles(np.where(mask, OBJECT_ID, -1).astype(np.int32))
    return [replace(stroke, sign=_sign(is_positive)) for stroke in strokes]
