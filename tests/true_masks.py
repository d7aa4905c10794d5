"""Random objects to simulate users on."""

from __future__ import annotations

import cv2
import numpy as np

from s2m.types import BoolArray

SIZE = 96


def blob(seed: int) -> BoolArray:
    """A random object of one or two bent pieces."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(size=(SIZE, SIZE)).astype(np.float32), (0, 0), float(rng.uniform(5, 12)))
    mask = np.asarray(noise > np.quantile(noise, float(rng.uniform(0.5, 0.85))))
    return np.asarray(np.isin(np.arange(SIZE), range(4, SIZE - 4))[:, None] & mask)
