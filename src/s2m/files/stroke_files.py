"""Strokes in, a versioned JSON file out, and back.

A file looks like this; points are (x, y) in pixels of the upright image, pixel centres at +0.5::

    {"format": "s2m-strokes", "version": 1, "image": {"width": 640, "height": 480},
     "strokes": [{"object": 1, "sign": "positive", "width": 6.0, "points": [[40.5, 50.0], [80.0, 61.5]]}]}

Object 0 is the background: its strokes are negative for every object.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from s2m.errors import StrokeError
from s2m.files.atomic import write_atomically
from s2m.files.label_files import MAX_OBJECT_ID
from s2m.files.reading import read_bytes
from s2m.files.text import MAX_TEXT_BYTES, in_utf8
from s2m.types import Frozen, Sign, Stroke

FORMAT: Literal["s2m-strokes"] = "s2m-strokes"
VERSION: Literal[1] = 1

_Coordinate = Annotated[FiniteFloat, Field(ge=-1e6, le=1e6)]


class _Size(Frozen):
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class _StrokeEntry(Frozen):
    object: int = Field(ge=0, le=MAX_OBJECT_ID)
    sign: Sign
    width: FiniteFloat = Field(gt=0)
    points: list[tuple[_Coordinate, _Coordinate]] = Field(min_length=1)


class _StrokeFile(Frozen):
    format: Literal["s2m-strokes"]
    version: Literal[1]
    image: _Size
    strokes: list[_StrokeEntry]


class _Head(BaseModel):
    """What every version has; the rest depends on the version."""

    format: str
    version: int


def strokes_json(strokes: Sequence[Stroke], image_size_hw: tuple[int, int]) -> bytes:
    """The file's content; see the module's note."""
    entries = [
        _StrokeEntry(
            object=stroke.object_id,
            sign=stroke.sign,
            width=stroke.width_px,
            points=[(round(float(x), 3), round(float(y), 3)) for x, y in stroke.points_xy],
        )
        for stroke in strokes
    ]
    size = _Size(width=image_size_hw[1], height=image_size_hw[0])
    return (_StrokeFile(format=FORMAT, version=VERSION, image=size, strokes=entries).model_dump_json() + "\n").encode()


def write_strokes(path: Path, strokes: Sequence[Stroke], image_size_hw: tuple[int, int]) -> None:
    """Write strokes drawn on an upright image of (H, W) pixels.

    Raises:
        OutputError: the file cannot be written.
    """
    write_atomically(path, strokes_json(strokes, image_size_hw))


def read_strokes(path: Path, image_size_hw: tuple[int, int]) -> tuple[Stroke, ...]:
    """Read the strokes of an upright image of (H, W) pixels.

    Raises:
        StrokeError: missing, unreadable, no JSON of this format and version, without strokes, with numbers that
            are not finite, drawn on an image of another size, or with a stroke wholly outside the image.
    """
    return strokes_of_json(read_bytes(path, StrokeError, MAX_TEXT_BYTES), image_size_hw, str(path))


def strokes_of_json(data: bytes, image_size_hw: tuple[int, int], name: str) -> tuple[Stroke, ...]:
    """The strokes in a file's content; ``name`` stands in error messages.  See ``read_strokes``."""
    try:
        data = in_utf8(data, name, StrokeError)
    except StrokeError as error:
        raise StrokeError(f"{name} is not a strokes file: {error}") from error
    _check_head(data, name)
    try:
        file = _StrokeFile.model_validate_json(data)
    except ValidationError as error:
        raise StrokeError(f"{name}: {_first_problem(error)}") from error
    got, wanted = (file.image.height, file.image.width), image_size_hw
    if got != wanted:
        raise StrokeError(
            f"{name} was drawn on an image of {got[1]} x {got[0]} pixels, this one has {wanted[1]} x {wanted[0]}; "
            "give the strokes of this image"
        )
    strokes = tuple(
        Stroke(np.array(entry.points, dtype=np.float64), entry.object, entry.sign, entry.width)
        for entry in file.strokes
    )
    check_strokes(strokes, image_size_hw, name)
    return strokes


def check_strokes(strokes: Sequence[Stroke], image_size_hw: tuple[int, int], name: str) -> None:
    """Make sure that there are strokes and that each one touches the image; a pen may overshoot its border.

    Raises:
        StrokeError: otherwise; ``name`` is the source of the strokes in the message.
    """
    if not strokes:
        raise StrokeError(f"{name} holds no strokes; draw at least one stroke on an object")
    height, width = image_size_hw
    for place, stroke in enumerate(strokes, start=1):
        reach = stroke.width_px / 2
        low, high = stroke.points_xy.min(axis=0) - reach, stroke.points_xy.max(axis=0) + reach
        if low[0] > width or low[1] > height or high[0] < 0 or high[1] < 0:
            x, y = stroke.points_xy[0]
            raise StrokeError(
                f"{name}: stroke {place} lies outside the image of {width} x {height} pixels (it starts at "
                f"({x:g}, {y:g})); points are (x, y) in image pixels"
            )


def _check_head(data: bytes, name: str) -> None:
    try:
        head = _Head.model_validate_json(data)
    except ValidationError as error:
        raise StrokeError(
            f'{name} is not a strokes file (wanted JSON with "format": "{FORMAT}" and "version": {VERSION}): '
            f"{_first_problem(error)}"
        ) from error
    if head.format != FORMAT:
        raise StrokeError(f'{name} is of format "{head.format}"; wanted "{FORMAT}"')
    if head.version != VERSION:
        raise StrokeError(
            f"{name} is of version {head.version}, this program reads version {VERSION}; install a newer s2m"
        )


def _first_problem(error: ValidationError) -> str:
    """The first thing wrong, such as ``strokes.0.points.3.0: Input should be a finite number``."""
    problem = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]
