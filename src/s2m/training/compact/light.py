"""A photograph (H, W, 3) uint8 in; the same taken in poor light by a telephone out."""

from __future__ import annotations

import cv2
import numpy as np

from s2m.training.warps import as_bytes
from s2m.types import ByteArray, FloatArray


def worsen_light(image_rgb: ByteArray, rng: np.random.Generator) -> ByteArray:
    """Dark, shadowed or against the light, then noisy, often blurred, and compressed."""
    light = np.asarray(image_rgb / 255, dtype=np.float32)
    light = (_darken, _shade, _shine_from_behind)[int(rng.integers(3))](light, rng)
    light += rng.normal(0, rng.uniform(0.005, 0.035), light.shape).astype(np.float32)
    if rng.random() < 0.5:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.4, 1.5))))
    changed = as_bytes((np.clip(light, 0, 1) * 255).astype(np.uint8))
    _, packed = cv2.imencode(".jpg", changed, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 92))])
    unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    assert unpacked is not None
    return as_bytes(unpacked)


def _darken(light: FloatArray, rng: np.random.Generator) -> FloatArray:
    dark = np.power(light, float(rng.uniform(1.3, 2.5))) * float(rng.uniform(0.35, 0.9))
    return np.asarray(dark, dtype=np.float32)


def _shade(light: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A shadow with a soft edge over one side of the image."""
    lit = 1 - float(rng.uniform(0.4, 0.8)) * _ramp(light.shape, float(rng.uniform(0.01, 0.2)), rng)
    return light * lit[..., None]


def _shine_from_behind(light: FloatArray, rng: np.random.Generator) -> FloatArray:
    """One side too bright, the rest dark and flat."""
    flat = np.power(light, float(rng.uniform(1.2, 2.0))) * float(rng.uniform(0.4, 0.7))
    glare = _ramp(light.shape, float(rng.uniform(0.1, 0.5)), rng)[..., None]
    return np.asarray(flat + glare * float(rng.uniform(0.3, 0.8)) * (0.4 + light), dtype=np.float32)


def _ramp(shape: tuple[int, ...], softness: float, rng: np.random.Generator) -> FloatArray:
    """0 on one side of a random line, 1 on the other, (H, W) float32."""
    height, width = shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    across = (columns / width - rng.uniform(0.25, 0.75)) * np.cos(angle)
    across += (rows / height - rng.uniform(0.25, 0.75)) * np.sin(angle)
    return np.asarray(1 / (1 + np.exp(-np.clip(across / softness * 4, -30, 30))), dtype=np.float32)
