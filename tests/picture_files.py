"""The bytes of a picture file in; what is read of it out."""

from __future__ import annotations

from pathlib import Path

from s2m.files.contrast_limits import Numbers
from s2m.files.images import read_image_and_numbers


def numbers_of(data: bytes, path: Path) -> Numbers | None:
    """The values of an image of more than 8 bits a channel; ``path`` is written."""
    path.write_bytes(data)
    return read_image_and_numbers(path)[1]
