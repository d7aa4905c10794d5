"""Objects of one image in; the command that puts them into another, or beside themselves in the same one, out."""

from __future__ import annotations

from collections.abc import Sequence

from s2m.session import AnnotationState, PasteObjects
from s2m.session.packed_masks import PackedMask


def copies(state: AnnotationState, object_ids: Sequence[int], into: AnnotationState) -> PasteObjects:
    """The command that pastes objects of one image into another.

    In the image where they are, objects that exclude one another are put beside themselves, so that no pixel is lost.

    Raises:
        JournalError: no such object.
    """
    command = state.copy_objects(object_ids)
    if into.image_name != state.image_name or into.overlap != "exclusive":
        return command
    dx, dy = _way_beside([named.mask.box_xyxy for named in command.masks], state.size_hw)
    moved = [named.model_copy(update={"mask": _moved(named.mask, dx, dy)}) for named in command.masks]
    return command.model_copy(update={"masks": tuple(moved)})


def _way_beside(boxes: Sequence[tuple[int, int, int, int]], size_hw: tuple[int, int]) -> tuple[int, int]:
    """How far to the right, left, bottom or top all boxes fit beside themselves; nowhere where they do not."""
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    width, height = right - left, bottom - top
    if right + width <= size_hw[1]:
        return width, 0
    if left - width >= 0:
        return -width, 0
    if bottom + height <= size_hw[0]:
        return 0, height
    return (0, -height) if top - height >= 0 else (0, 0)


def _moved(mask: PackedMask, dx: int, dy: int) -> PackedMask:
    left, top, right, bottom = mask.box_xyxy
    if right == left:
        return mask
    return mask.model_copy(update={"box_xyxy": (left + dx, top + dy, right + dx, bottom + dy)})
