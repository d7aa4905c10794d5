"""The colour profile of a picture in; what turns its colours into sRGB out."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms

_MODES = {"RGB": ("RGB", "RGBA"), "GRAY": ("L",), "CMYK": ("CMYK",)}
"""The modes of pictures that a profile of each space can belong to."""

_NO_DIFFERENCE = 2
"""Levels that no eye sees: a profile that changes no colour by more is sRGB."""


def to_srgb(icc_profile: bytes | None, mode: str) -> Callable[[Image.Image], Image.Image] | None:
    """What turns a picture of a mode into sRGB; alpha stays.

    Args:
        icc_profile: of the picture, or None.
        mode: of the picture: "RGB", "RGBA", "L", "CMYK" or "LAB", which has colours without a profile too.

    Returns:
        From a picture of the mode to one of the mode "RGB" or "RGBA"; None where the colours are sRGB already, or
        the profile is damaged or does not fit the mode.
    """
    target = "RGBA" if mode == "RGBA" else "RGB"
    try:
        if mode == "LAB":
            profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif icc_profile is None:
            return None
        else:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
            if mode not in _MODES.get(profile.profile.xcolor_space.strip(), ()):
                return None
        transform = ImageCms.buildTransform(
            profile,
            ImageCms.createProfile("sRGB"),
            mode,
            target,
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if mode in ("RGB", "RGBA") and _changes_nothing(transform, mode):
        return None

    def turn(picture: Image.Image) -> Image.Image:
        turned = ImageCms.applyTransform(picture, transform)
        assert turned is not None, "only a transform in place gives no picture"
        return turned

    return turn


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    after = ImageCms.applyTransform(Image.fromarray(grid).convert(mode), transform)
    assert after is not None, "only a transform in place gives no picture"
    difference = np.asarray(after.convert("RGB")).astype(np.int16) - grid
    return bool(np.abs(difference).max() <= _NO_DIFFERENCE)
