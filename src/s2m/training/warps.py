"""An affine map (2, 3) and an image or label in; the square crop that it shows out."""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from s2m.types import ByteArray


def warp_label(label: ByteArray, warp: NDArray[np.float64], size: int, beyond: int) -> ByteArray:
    """A label (H, W) in a crop of ``size`` pixels a side; ``beyond`` is the label beyond the image's edge."""
    return as_bytes(cv2.warpAffine(label, warp, (size, size), flags=cv2.INTER_NEAREST, borderValue=beyond))


def interpolation(warp: NDArray[np.float64]) -> int:
    """OpenCV's way to interpolate a photograph: areas where it becomes much smaller."""
    return cv2.INTER_AREA if abs(np.linalg.det(warp[:, :2])) < 0.5 else cv2.INTER_LINEAR


def as_bytes(array: MatLike) -> ByteArray:
    """What OpenCV gives, as the type that it is."""
    return np.asarray(array, dtype=np.uint8)
