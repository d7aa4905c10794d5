"""The shipped photograph with its strokes: to try things on, and to trace on the first visit."""

from __future__ import annotations

from pathlib import Path

from s2m.files.stroke_files import read_strokes
from s2m.types import Stroke

DEMO_FOLDER = Path(__file__).parents[1] / "assets" / "demo"
DEMO_IMAGE = DEMO_FOLDER / "astronaut.jpg"
DEMO_STROKES = DEMO_FOLDER / "astronaut.json"
DEMO_OBJECTS = ("astronaut", "space shuttle")
"""What objects 1 and 2 of the strokes are."""


def demo_stroke(path: Path, size_hw: tuple[int, int]) -> Stroke | None:
    """A stroke to trace on an image, if it is the shipped photograph, wherever it lies; None on every other.

    Args:
        path: of the image, which can be read.
        size_hw: (H, W) of its pixels.
    """
    if path.stat().st_size != DEMO_IMAGE.stat().st_size or path.read_bytes() != DEMO_IMAGE.read_bytes():
        return None
    return read_strokes(DEMO_STROKES, size_hw)[0]
