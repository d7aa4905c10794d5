"""A text file of boxes in, as detectors write it for YOLO; boxes in image pixels out.

A line is a box: the number of its class, then x and y of its centre, its width and its height, as shares of the
image's sides.  A confidence may follow.  The first box is object 1, the second object 2, and so on.
"""

from __future__ import annotations

from pathlib import Path

from s2m.errors import StrokeError
from s2m.files.mask_pictures import MAX_OBJECT_ID
from s2m.files.text import read_text
from s2m.types import Box

_WORDS = (5, 6)


def read_boxes(path: Path, image_size_hw: tuple[int, int]) -> tuple[Box, ...]:
    """Read the boxes of an upright image of (H, W) pixels; parts outside the image are cut off.

    Raises:
        StrokeError: missing, unreadable, without boxes, or a line that is no box; it names the line.
    """
    boxes: list[Box] = []
    for number, line in enumerate(read_text(path, StrokeError).splitlines(), start=1):
        if not line.strip():
            continue
        if len(boxes) == MAX_OBJECT_ID:
            raise StrokeError(f"{path} has more than {MAX_OBJECT_ID} boxes; leave the least certain out")
        try:
            boxes.append(_box_of(line, image_size_hw, len(boxes) + 1))
        except StrokeError as error:
            raise StrokeError(f"{path}, line {number}: {error}") from error
    if not boxes:
        raise StrokeError(f"{path} holds no boxes; leave the file away, or give a box a line")
    return tuple(boxes)


def _box_of(line: str, image_size_hw: tuple[int, int], object_id: int) -> Box:
    words = line.split()
    try:
        x, y, width, height = (float(word) for word in words[1:5])
    except ValueError as error:
        raise StrokeError(f'wanted "class x y width height" as numbers, got "{line.strip()[:80]}"') from error
    if len(words) not in _WORDS:
        raise StrokeError(f"wanted a class, four numbers and perhaps a confidence, got {len(words)} words")
    if not (-1 <= x <= 2 and -1 <= y <= 2 and 0 < width <= 2 and 0 < height <= 2):
        raise StrokeError(f"x {x:g}, y {y:g}, width {width:g} and height {height:g} are no shares of the image's sides")
    rows, columns = image_size_hw
    left, right = (min(max(x + side * width / 2, 0), 1) * columns for side in (-1, 1))
    top, bottom = (min(max(y + side * height / 2, 0), 1) * rows for side in (-1, 1))
    if left >= right or top >= bottom:
        raise StrokeError("the box lies outside the image")
    return Box(left, top, right, bottom, object_id)
