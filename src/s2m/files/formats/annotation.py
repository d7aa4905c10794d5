"""What every format writes and reads: one image with its objects, their masks (H, W) and their strokes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError

from s2m.engine.geometry import box_around
from s2m.errors import DataError
from s2m.types import BACKGROUND_ID, BoolArray, FloatArray, Frozen, LabelMap, Sign

NO_CLASS = "object"
"""The class of objects that were given none."""

_FARTHEST_PX = 1e6


class KeptStroke(Frozen):
    """A stroke as files keep it beside masks.

    Attributes:
        points: (x, y) in image pixels, pixel centres at +0.5; two corners for a box, the outline for a lasso.
        object_id: what it is about, 0 the background.
        sign: whether it belongs to the object.
        tool: how the points are meant.
        width_px: as drawn, for display.
    """

    points: Annotated[
        tuple[
            tuple[
                Annotated[FiniteFloat, Field(ge=-_FARTHEST_PX, le=_FARTHEST_PX)],
                Annotated[FiniteFloat, Field(ge=-_FARTHEST_PX, le=_FARTHEST_PX)],
            ],
            ...,
        ],
        Field(min_length=1, max_length=200_000),
    ]
    object_id: Annotated[int, Field(ge=0, le=254)] = 1
    sign: Sign = "positive"
    tool: Literal["stroke", "dot", "box", "lasso"] = "stroke"
    width_px: Annotated[float, Field(gt=0, le=10_000)] = 6.0


_STROKES: TypeAdapter[tuple[KeptStroke, ...]] = TypeAdapter(Annotated[tuple[KeptStroke, ...], Field(max_length=10_000)])


ORIENTATION = "as displayed: the EXIF orientation is applied"
"""Of sizes, masks and strokes in every format; files say so where they can."""


def strokes_as_json(strokes: Iterable[KeptStroke]) -> list[dict[str, Any]]:
    """Strokes as lists and dictionaries, for the formats that can hold them."""
    return [stroke.model_dump(mode="json") for stroke in strokes]


def strokes_of_json(content: object, where: str) -> tuple[KeptStroke, ...]:
    """The strokes that ``strokes_as_json`` gave, or a JSON text of them; none for None.

    Raises:
        DataError: they are malformed; ``where`` says whose they are.
    """
    if content is None or content == "":
        return ()
    try:
        return _STROKES.validate_json(content if isinstance(content, str) else json.dumps(content))
    except (ValidationError, ValueError, TypeError) as error:
        reason = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise DataError(f"{where} has strokes that cannot be read: {reason}; take them out of the file") from error


@dataclass(frozen=True)
class PlacedMask:
    """A mask of an image that only stores its box; ``crop`` (h, w) bool stands at (left, top)."""

    left: int
    top: int
    crop: BoolArray

    @staticmethod
    def of(mask: BoolArray) -> PlacedMask:
        """The mask (H, W) of a whole image, cut to its pixels."""
        return PlacedMask(0, 0, mask).cut()

    def cut(self) -> PlacedMask:
        """The same pixels in the smallest box; (0, 0) pixels where there are none."""
        if not self.crop.any():
            return PlacedMask(0, 0, np.zeros((0, 0), dtype=bool))
        left, top, right, bottom = box_around(self.crop)
        # A copy, so that the mask of the whole image can go.
        return PlacedMask(self.left + left, self.top + top, self.crop[top:bottom, left:right].copy())

    @cached_property
    def area_px(self) -> int:
        """How many pixels it has."""
        return int(self.crop.sum())

    @property
    def size_hw(self) -> tuple[int, int]:
        """(h, w) of the box."""
        return self.crop.shape[0], self.crop.shape[1]

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the box in the image."""
        height, width = self.size_hw
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def whole(self, size_hw: tuple[int, int]) -> BoolArray:
        """The mask (H, W) of the whole image."""
        mask = np.zeros(size_hw, dtype=bool)
        mask[self.place] = self.crop
        return mask


@dataclass(frozen=True)
class ObjectAnnotation:
    """An object of an image.

    Attributes:
        object_id: its number in the image, 1 to 254.
        name: what the annotator called it.
        class_name: its class, "" for none.
        mask: its pixels.
        strokes: drawn for it.
    """

    object_id: int
    name: str
    class_name: str
    mask: PlacedMask
    strokes: tuple[KeptStroke, ...] = ()

    @property
    def category(self) -> str:
        """The class, or ``NO_CLASS``."""
        return self.class_name or NO_CLASS


@dataclass(frozen=True)
class ImageAnnotation:
    """An annotated image.

    Attributes:
        name: its file name.
        size_hw: (H, W) of its upright pixels.
        objects: they may overlap; a later one lies over an earlier one.
        stem: name for files about it, without an ending; no two images of an export share it.
        background_strokes: strokes that belong to no object.
        path: the image's file, or None.
        logits_of: gives the logits (h, w) of an object id at the network's resolution; None where none are known.
    """

    name: str
    size_hw: tuple[int, int]
    objects: tuple[ObjectAnnotation, ...]
    stem: str = ""
    background_strokes: tuple[KeptStroke, ...] = ()
    path: Path | None = None
    logits_of: Callable[[int], FloatArray | None] | None = None

    def label_map(self) -> LabelMap:
        """The object of each pixel, (H, W) int32."""
        labels = np.zeros(self.size_hw, dtype=np.int32)
        for one in self.objects:
            labels[one.mask.place][one.mask.crop] = one.object_id
        return labels

    @property
    def strokes(self) -> tuple[KeptStroke, ...]:
        """All strokes, those of the background first."""
        return (*self.background_strokes, *(stroke for one in self.objects for stroke in one.strokes))

    def with_strokes(self, strokes: Iterable[KeptStroke]) -> ImageAnnotation:
        """The same image with strokes given to their objects, which those of unknown objects are not."""
        given = tuple(strokes)
        objects = tuple(
            ObjectAnnotation(
                one.object_id,
                one.name,
                one.class_name,
                one.mask,
                tuple(stroke for stroke in given if stroke.object_id == one.object_id),
            )
            for one in self.objects
        )
        background = tuple(stroke for stroke in given if stroke.object_id == BACKGROUND_ID)
        return ImageAnnotation(self.name, self.size_hw, objects, self.stem, background, self.path, self.logits_of)
