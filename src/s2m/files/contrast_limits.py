"""Numbers of more than 8 bits (H, W) or (H, W, 3) and contrast limits in; what is seen of them, uint8, out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from s2m.errors import ImageError
from s2m.types import ByteArray

Numbers: TypeAlias = NDArray[np.integer[Any] | np.floating[Any]]
"""Whole or floating numbers, (H, W) or (H, W, 3)."""

_OUTLIERS_PERCENT = 0.5
_VALUES_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class ContrastLimits:
    """The values that are shown as black and as white (as window and level: their difference and their middle).

    Raises:
        ImageError: a bound is not a finite number, or the low one is not below the high one.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ImageError(
                f"contrast limits go from a number to a larger one, got {self.low} to {self.high}; choose them again"
            )


def usual_limits(values: Numbers) -> ContrastLimits:
    """The contrast limits with which the network sees an image.

    Whole numbers are divided by the range of the fewest bits, at least 8, that hold the largest value, so a 12-bit
    microscope image in a 16-bit file is not black.  Floats in 0..1 are taken so, other floats are stretched
    from their smallest to their largest value.
    """
    extremes = [(float(part.min()), float(part.max())) for part in map(finite, bands(values))]
    lowest, highest = min(low for low, _ in extremes), max(high for _, high in extremes)
    if np.issubdtype(values.dtype, np.integer):
        return ContrastLimits(min(0.0, lowest), float(2 ** max(8, int(highest).bit_length()) - 1))
    if lowest >= 0 and highest <= 1:
        return ContrastLimits(0.0, 1.0)
    return _at_least_a_little(lowest, highest)


def tight_limits(values: Numbers) -> ContrastLimits:
    """Contrast limits around the values that occur, but for half a percent at either end."""
    low, high = np.percentile(finite(values), [_OUTLIERS_PERCENT, 100 - _OUTLIERS_PERCENT])
    return _at_least_a_little(float(low), float(high))


def to_8_bits(values: Numbers, limits: ContrastLimits) -> ByteArray:
    """Values as greys or colours: those below the limits are 0, those above them 255."""
    greys = np.empty(values.shape, dtype=np.uint8)
    for part, seen in zip(bands(values), bands(greys), strict=True):
        spread = (finite(part).astype(np.float64) - limits.low) * (255 / (limits.high - limits.low))
        seen[...] = np.round(np.clip(spread, 0, 255))
    return greys


def bands(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Views of some rows (R, W, ...) at a time, so that work on large pictures takes little memory of its own."""
    rows = max(1, _VALUES_AT_ONCE // max(1, values[:1].size))
    return (values[top : top + rows] for top in range(0, len(values), rows))


def finite(values: Numbers) -> Numbers:
    """The values, with 0 for those that are no finite numbers."""
    if np.issubdtype(values.dtype, np.integer):
        return values
    return np.asarray(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0))


def _at_least_a_little(low: float, high: float) -> ContrastLimits:
    """Contrast limits that differ even where all values are the same."""
    return ContrastLimits(low, max(high, low + max(1e-12, abs(low) * 1e-9)))
