"""A state and a part of the image in; the masks there as they are saved, as outlines along the edges of pixels, out."""

from __future__ import annotations

from typing_extensions import TypedDict

from s2m.errors import ImageError
from s2m.session import AnnotationState
from s2m.web.outlines import trace_pixel_edges

MAX_SIDE_PX = 4096


class ExactMaskEntry(TypedDict):
    """The pixels of an object in a part of the image: ``rings`` along the edges of pixels, x, y, x, y..."""

    id: int
    rings: list[list[int]]


def exact_outlines(state: AnnotationState, box_xyxy: tuple[int, int, int, int]) -> list[ExactMaskEntry]:
    """The masks of all objects that have pixels in a part of the image.

    Args:
        state: of the image.
        box_xyxy: left, top, right, bottom in image pixels, right and bottom exclusive.

    Raises:
        ImageError: the part is empty, too large, or not in the image.
    """
    left, top, right, bottom = box_xyxy
    height, width = state.size_hw
    if not (left < right <= width and top < bottom <= height):
        raise ImageError(f"an image of {width} x {height} has no part {box_xyxy}; reload the page")
    if max(right - left, bottom - top) > MAX_SIDE_PX:
        raise ImageError(f"the part {box_xyxy} is larger than {MAX_SIDE_PX} pixels; ask for less")
    masks = state.masks_in((slice(top, bottom), slice(left, right)))
    return [
        ExactMaskEntry(id=object_id, rings=[ring.ravel().tolist() for ring in trace_pixel_edges(mask, (left, top))])
        for object_id, mask in masks.items()
    ]
