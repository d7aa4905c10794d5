"""A mask in, how deep in it each pixel lies out: exact distances, the same on any number of threads.

OpenCV's exact transform differs in the last bits with the number of threads and the place in memory.  That is enough to
choose another of two equally deep pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.types import BoolArray


def exact_distances(mask: BoolArray) -> NDArray[np.float32]:
    """Euclidean distance from the middle of each pixel to that of the nearest pixel outside a mask.

    The square of such a distance is a whole number; OpenCV's is off by less than a half up to distances of 1,800
    pixels, so rounding it leaves nothing of how it was computed.

    Args:
        mask: (H, W) bool.  What is beyond the picture does not count as outside; pad the mask where it should.

    Returns:
        (H, W) float32 in pixels, 0 outside the mask.
    """
    distances = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    squares = np.rint(np.square(distances, dtype=np.float64))
    return np.asarray(np.sqrt(squares), dtype=np.float32)
