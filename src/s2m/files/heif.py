"""HEIC and HEIF, the photographs of telephones, through an extra of the package that Pillow takes as a reader."""

from __future__ import annotations

import importlib.util

SUFFIXES = (".heic", ".heif", ".hif")

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")

ADVICE = "install what reads it with: pip install 's2m[heic]'"
"""What to do where the extra is missing."""


def is_heif(data: bytes) -> bool:
    """Whether the bytes of a file begin as those of a HEIF."""
    return data[4:8] == b"ftyp" and data[8:12] in _BRANDS


def is_installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("pillow_heif") is not None


def register() -> None:
    """Have Pillow read HEIF; it turns such pictures upright and brings them to 8 bits by itself."""
    from pillow_heif import register_heif_opener  # An extra.

    register_heif_opener()
