"""A state and a command in; silence where they fit, an error that says why where they do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from s2m.errors import JournalError, MaskError
from s2m.files.images import MAX_MEGAPIXELS
from s2m.files.label_files import MAX_OBJECT_ID
from s2m.session.cleaning import component_count
from s2m.session.commands import (
    AddObject,
    Brush,
    ChangeObjects,
    ChangeStroke,
    Clean,
    DeleteObjects,
    DeleteStroke,
    Draw,
    DrawnStroke,
    DropSpecks,
    Edit,
    Erase,
    FillHoles,
    ImportMasks,
    MergeObjects,
    PasteObjects,
    ShowObjects,
    Smooth,
    SplitObject,
)
from s2m.session.state import AnnotationState
from s2m.types import BACKGROUND_ID


def check(state: AnnotationState, command: Edit | ShowObjects) -> None:
    """Make sure that a command fits a state, before it is written down.

    Raises:
        JournalError: an object or stroke that does not exist, a locked object, an id that is taken.
        MaskError: a mask that does not fit the image.
    """
    _CHECKS.get(type(command), _nothing_to_check)(state, command)


def _nothing_to_check(state: AnnotationState, command: Edit | ShowObjects) -> None:
    del state, command


def _check_draw(state: AnnotationState, command: Draw) -> None:
    for stroke in command.strokes:
        _check_unlocked(state, stroke.object_id)
        if stroke.tool == "box" and len(stroke.points) != 2:
            raise JournalError(f"a box has two corners, got {len(stroke.points)} points; send two opposite corners")
        if stroke.tool == "lasso" and len(stroke.points) < 3:
            raise JournalError(f"a lasso has three points or more, got {len(stroke.points)}; draw around the object")
        if stroke.object_id == BACKGROUND_ID and stroke.sign == "negative":
            raise JournalError("a negative stroke of the background says nothing; draw a positive one of an object")
    _check_keys(state, command.strokes)


def _check_keys(state: AnnotationState, strokes: Sequence[DrawnStroke]) -> None:
    keys = [stroke.key for stroke in strokes]
    taken = {stroke.key for stroke in (*state.strokes, *state.past_strokes)}
    if len(set(keys)) != len(keys) or taken.intersection(keys):
        raise JournalError("a stroke of this key exists already; give every stroke a key of its own")


def _check_paint(state: AnnotationState, command: Brush | Erase) -> None:
    if isinstance(command, Brush):
        _check_unlocked(state, command.object_id)
    elif command.object_id != BACKGROUND_ID:
        _check_free(state, command.object_id)


def _check_of_object(state: AnnotationState, command: Clean) -> None:
    _check_free(state, command.object_id)


def _check_delete(state: AnnotationState, command: DeleteObjects) -> None:
    for object_id in command.object_ids:
        _check_free(state, object_id)


def _check_split(state: AnnotationState, command: SplitObject) -> None:
    _check_free(state, command.object_id)
    count = component_count(state.object_mask(command.object_id))
    if count < 2:
        raise JournalError(f"{state.name_of(command.object_id)} is in one piece; there is nothing to split")
    if count - 1 + len(state.objects) > MAX_OBJECT_ID:
        raise JournalError(
            f"{state.name_of(command.object_id)} is in {count} pieces, and an image holds {MAX_OBJECT_ID} objects at "
            "most; drop its specks first"
        )


def _check_merge(state: AnnotationState, command: MergeObjects) -> None:
    for object_id in (*command.object_ids, command.into_id):
        _check_free(state, object_id)


def _check_add(state: AnnotationState, command: AddObject) -> None:
    if command.object_id in state.object_ids:
        raise JournalError(f"object {command.object_id} exists already; add it as {state.next_object_id}")


def _check_known(state: AnnotationState, command: ChangeObjects | ShowObjects) -> None:
    for object_id in command.object_ids:
        state.object(object_id)


def _check_stroke(state: AnnotationState, command: ChangeStroke | DeleteStroke) -> None:
    stroke = next((one for one in state.strokes if one.key == command.key), None)
    if stroke is None:
        raise JournalError("there is no such stroke since the masks were kept; undo that to change older strokes")
    _check_unlocked(state, stroke.object_id)
    if isinstance(command, ChangeStroke):
        changed = changed_stroke(stroke, command)
        others = replace(state, chain=(), past_strokes=())
        _check_draw(others, Draw(strokes=(changed,)))


def _check_masks(state: AnnotationState, command: ImportMasks | PasteObjects) -> None:
    height, width = command.size_hw
    if isinstance(command, ImportMasks) and command.size_hw != state.size_hw:
        wanted_height, wanted_width = state.size_hw
        raise MaskError(
            f"the masks have {width} x {height} pixels, the image {wanted_width} x {wanted_height}; "
            "import masks of the image's size"
        )
    if height * width > MAX_MEGAPIXELS * 1_000_000:
        raise MaskError(f"the masks have {width} x {height} pixels, more than {MAX_MEGAPIXELS} megapixels")
    ids = [named.object_id for named in command.masks]
    if len(set(ids)) != len(ids):
        raise MaskError(f"each object has one mask, got the ids {ids}; merge those of the same id")
    for named in command.masks:
        named.mask.check(command.size_hw)
    if isinstance(command, ImportMasks):
        _check_keys(state, command.strokes)


_CHECKS: dict[type, Callable[..., None]] = {
    Draw: _check_draw,
    Brush: _check_paint,
    Erase: _check_paint,
    **dict.fromkeys([FillHoles, DropSpecks, Smooth], _check_of_object),
    DeleteObjects: _check_delete,
    SplitObject: _check_split,
    MergeObjects: _check_merge,
    AddObject: _check_add,
    ChangeObjects: _check_known,
    ShowObjects: _check_known,
    ChangeStroke: _check_stroke,
    DeleteStroke: _check_stroke,
    ImportMasks: _check_masks,
    PasteObjects: _check_masks,
}


def _check_unlocked(state: AnnotationState, object_id: int) -> None:
    if object_id in state.locked_ids:
        raise JournalError(f"{state.name_of(object_id)} is locked; unlock it to change it")


def _check_free(state: AnnotationState, object_id: int) -> None:
    state.object(object_id)
    _check_unlocked(state, object_id)


def changed_stroke(stroke: DrawnStroke, command: ChangeStroke) -> DrawnStroke:
    """The stroke as a command wants it."""
    changes = command.model_dump(include={"points", "sign", "object_id"}, exclude_none=True)
    return stroke.model_copy(update=changes)
