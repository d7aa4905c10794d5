"""The values that every step passes on: strokes, and the masks of objects as logits.

Letters for shapes, used everywhere: B images, N objects, C channels, H W image pixels, h w network
pixels, P points.  Points are (x, y) in pixels of the original image; the top left corner of the image
is (0, 0), so the centre of its first pixel is (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from s2m.errors import MaskError, StrokeError

Sign = Literal["positive", "negative"]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
ByteArray = NDArray[np.uint8]
LabelMap = NDArray[np.int32]

BACKGROUND_ID = 0
"""The object id of strokes that belong to no object: negative for every object."""

ABSENT_LOGIT = -10.0
"""Logit of a pixel that is certainly not the object's; its opposite is that of one which certainly is."""


class Frozen(BaseModel):
    """A value that is read from JSON and written to it, never changes, and has no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Stroke:
    """One line drawn with the pen.

    Attributes:
        points_xy: (P, 2) float64, P >= 1, image pixels (see the module's note); one point is a dot.
        object_id: the object the stroke is about (1, 2, ...), or ``BACKGROUND_ID``.
        sign: "positive" belongs to the object, "negative" does not.
        width_px: the width it was drawn with, for display; the network sees every stroke at its own
            canonical width, whatever the brush.
    """

    points_xy: NDArray[np.float64]
    object_id: int = 1
    sign: Sign = "positive"
    width_px: float = 6.0

    def __post_init__(self) -> None:
        points = np.array(self.points_xy, dtype=np.float64, ndmin=2)
        if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
            raise StrokeError(f"a stroke needs points of shape (P, 2) with P >= 1, got {points.shape}")
        if not np.isfinite(points).all():
            raise StrokeError("a stroke has a point that is not a finite number; remove NaN and infinite coordinates")
        if self.object_id < 0:
            raise StrokeError(f"object ids are 0 (background) or positive, got {self.object_id}")
        if self.sign not in ("positive", "negative"):
            raise StrokeError(f'the sign of a stroke is "positive" or "negative", got {self.sign!r}')
        if not (np.isfinite(self.width_px) and self.width_px > 0):
            raise StrokeError(f"the width of a stroke is a positive number of pixels, got {self.width_px}")
        points.setflags(write=False)
        object.__setattr__(self, "points_xy", points)


@dataclass(frozen=True)
class Box:
    """A box drawn around an object.  The network knows strokes alone, so a box is two of them.

    Attributes:
        left, top, right, bottom: image pixels (see the module's note), left < right and top < bottom.
        object_id: the object that lies in the box (1, 2, ...).
    """

    left: float
    top: float
    right: float
    bottom: float
    object_id: int = 1

    def __post_init__(self) -> None:
        if not (self.left < self.right and self.top < self.bottom):
            raise StrokeError(
                f"a box needs left < right and top < bottom, got ({self.left}, {self.top}, {self.right}, {self.bottom})"
            )

    def strokes(self) -> tuple[Stroke, Stroke]:
        """A negative stroke along the outline, and a positive dot in the middle."""
        left, top, right, bottom = self.left, self.top, self.right, self.bottom
        outline = np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])
        middle = np.array([[(left + right) / 2, (top + bottom) / 2]])
        return Stroke(outline, self.object_id, "negative"), Stroke(middle, self.object_id)


@dataclass(frozen=True)
class ObjectLogits:
    """The masks of some objects of one image, as logits of each object as if it were alone.

    Attributes:
        object_ids: permanent ids, one for each channel, none of them ``BACKGROUND_ID``.
        logits: (N, h, w) float32, above 0 where the object is more likely than not; the whole image at any resolution.
    """

    object_ids: tuple[int, ...]
    logits: FloatArray

    def __post_init__(self) -> None:
        if self.logits.ndim != 3 or len(self.logits) != len(self.object_ids):
            raise MaskError(
                f"masks of {len(self.object_ids)} objects need the shape (N, h, w) with N = {len(self.object_ids)}, "
                f"got {self.logits.shape}"
            )
        if BACKGROUND_ID in self.object_ids or len(set(self.object_ids)) != len(self.object_ids):
            raise MaskError(f"object ids must be positive and different, got {self.object_ids}")

    @classmethod
    def of_masks(cls, object_ids: Sequence[int], masks: Sequence[BoolArray] | BoolArray) -> ObjectLogits:
        """Masks (N, h, w) of bool, N >= 1, as logits that are certain."""
        logits = np.where(np.asarray(masks, dtype=np.bool_), -ABSENT_LOGIT, ABSENT_LOGIT)
        return cls(tuple(object_ids), logits.astype(np.float32))

    def of(self, object_id: int) -> FloatArray | None:
        """The logits (h, w) of one object, or None where the object is not among them."""
        return self.logits[self.object_ids.index(object_id)] if object_id in self.object_ids else None
