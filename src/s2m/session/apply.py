"""A state and a command in, the next state out; the network is asked only where strokes change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from s2m.engine.answers import previewed_masks
from s2m.session.answers import ImagePredictor, Predict, PredictionRequest, answered
from s2m.session.checks import changed_stroke, check
from s2m.session.cleaning import cleaned, connected_components
from s2m.session.commands import (
    AddObject,
    Brush,
    ChangeObjects,
    ChangeStroke,
    Clean,
    Clear,
    Configure,
    DeleteObjects,
    DeleteStroke,
    Draw,
    DrawnStroke,
    Edit,
    Erase,
    ImportMasks,
    Keep,
    MarkImage,
    MaskCommand,
    MergeObjects,
    PasteObjects,
    SplitObject,
)
from s2m.session.masks import Layer, empty_layer, rebased, with_exact, without_objects
from s2m.session.packed_masks import ExactMask, HardPixels, PackedMask
from s2m.session.shapes import painted_pixels
from s2m.session.state import AnnotatedObject, AnnotationState, colour_of
from s2m.types import BACKGROUND_ID, ByteArray


def apply(state: AnnotationState, command: Edit, predictor: ImagePredictor) -> AnnotationState:
    """The state after a command.  Nothing else comes in, so the same commands give the same state again.

    Raises:
        JournalError: the command does not fit the state; see ``check``.
        MaskError: masks to import do not fit the image, or the network's answer is no answer.
    """
    check(state, command)
    return apply_checked(state, command, predictor)


def apply_checked(state: AnnotationState, command: Edit, predictor: ImagePredictor) -> AnnotationState:
    """The state after a command that has passed ``check`` in this state.

    Raises:
        MaskError: the network's answer is no answer.
    """
    if isinstance(command, Draw | Brush | Erase | Clean):
        return _with_mask_command(state, command, predictor)
    if isinstance(command, ChangeStroke | DeleteStroke):
        return _with_edited_stroke(state, command, predictor)
    if isinstance(command, ImportMasks | PasteObjects):
        return _with_masks(state, command)
    if isinstance(command, Keep):
        return _with_kept_masks(_with_sharp_edges(state, predictor))
    if isinstance(command, Clear):
        return _cleared(state)
    if isinstance(command, MergeObjects):
        return _merged(state, command)
    if isinstance(command, SplitObject):
        return _split(state, command)
    if isinstance(command, DeleteObjects):
        return _without_objects(state, set(command.object_ids))
    if isinstance(command, AddObject):
        return _with_object(state, command.object_id, command.name, command.class_name, command.colour)
    if isinstance(command, ChangeObjects):
        for object_id in dict.fromkeys(command.object_ids):
            state = _with_changed_object(state, object_id, command)
        return state
    if isinstance(command, MarkImage):
        return replace(state, status=command.status, note=command.note)
    return _configured(state, command)


def previewed(state: AnnotationState, command: Draw, predictor: Predict) -> AnnotationState:
    """The state that strokes still being drawn would give, as far as the object under the pen goes.

    Raises:
        JournalError: the command does not fit the state.
    """
    check(state, command)
    known = _with_objects_of(state, command)
    request = _request(replace(known, chain=(*known.chain, command)), command)
    return replace(known, layer=answered(known.layer, request, predictor, previewed_masks))


def _with_mask_command(state: AnnotationState, command: MaskCommand, predictor: ImagePredictor) -> AnnotationState:
    """The state after a command that is done again whenever an older stroke changes."""
    known = _with_objects_of(state, command)
    chained = replace(known, chain=(*known.chain, command))
    if isinstance(command, Draw):
        layer = answered(known.layer, _request(chained, command), predictor)
    elif isinstance(command, Brush | Erase):
        layer = _painted(known, command)
    elif command.object_id not in known.object_ids or command.object_id in known.locked_ids:
        layer = known.layer
    else:
        layer = _cleaned(known, command)
    return replace(chained, layer=layer)


def _request(state: AnnotationState, command: Draw) -> PredictionRequest:
    return PredictionRequest(
        strokes=(*state.past_strokes, *state.strokes),
        new=command.strokes,
        kept_ids=state.locked_ids | (set(command.hidden_ids) - {one.object_id for one in command.strokes}),
        starting_ids=frozenset(state.start.object_ids),
        size_hw=state.size_hw,
        overlap=state.overlap,
    )


def _painted(state: AnnotationState, command: Brush | Erase) -> Layer:
    mask = painted_pixels(command, state.size_hw)
    if not mask.data:
        return state.layer
    pixels = HardPixels(object_id=command.object_id, side="in" if isinstance(command, Brush) else "out", mask=mask)
    return replace(state.layer, hard=(*state.layer.hard, pixels))


def _cleaned(state: AnnotationState, command: Clean) -> Layer:
    mask = state.object_mask(command.object_id)
    free = ~mask if state.overlap == "overlapping" else state.indices == BACKGROUND_ID
    clean = PackedMask.of(cleaned(mask, free, command))
    return rebased(state.layer, state.exact_masks({command.object_id: clean}), state.size_hw, state.overlap)


def _with_edited_stroke(
    state: AnnotationState, command: ChangeStroke | DeleteStroke, predictor: ImagePredictor
) -> AnnotationState:
    """An older stroke changes: everything since the masks were kept is done again, in its order."""
    chain = tuple(edited for one in state.chain if (edited := _edited(one, command)) is not None)
    return _redone(state, chain, predictor)


def _redone(state: AnnotationState, chain: Sequence[MaskCommand], predictor: ImagePredictor) -> AnnotationState:
    redone = replace(state, layer=state.start, chain=())
    for command in chain:
        redone = _with_mask_command(redone, command, predictor)
    return redone


def _edited(chained: MaskCommand, command: ChangeStroke | DeleteStroke) -> MaskCommand | None:
    if not isinstance(chained, Draw) or all(stroke.key != command.key for stroke in chained.strokes):
        return chained
    if isinstance(command, ChangeStroke):
        changed = (changed_stroke(one, command) if one.key == command.key else one for one in chained.strokes)
        return chained.model_copy(update={"strokes": tuple(changed)})
    left = tuple(stroke for stroke in chained.strokes if stroke.key != command.key)
    return chained.model_copy(update={"strokes": left}) if left else None


def _with_sharp_edges(state: AnnotationState, predictor: ImagePredictor) -> AnnotationState:
    """The state with sharper edges of the objects that strokes were drawn on; painted pixels stay as they are."""
    with_strokes = {stroke.object_id for stroke in state.strokes}
    drawn = [one for one in state.object_ids if one in with_strokes]
    if not drawn:
        return state
    if state.overlap == "exclusive":
        before = [(state.indices, drawn)]
    else:
        before = [(_alone(state, one), [one]) for one in drawn]
    masks: dict[int, PackedMask] = {}
    for labels, object_ids in before:
        sharp = predictor.sharpen(labels, object_ids)
        for pixels in state.layer.hard:
            place, where = pixels.mask.place, pixels.mask.crop()
            sharp[place][where] = labels[place][where]
        changed = sharp != labels
        moved = {*np.unique(labels[changed]).tolist(), *np.unique(sharp[changed]).tolist()}
        masks |= {one: PackedMask.of(sharp == one) for one in object_ids if one in moved}
    return replace(state, layer=with_exact(state.layer, masks)) if masks else state


def _alone(state: AnnotationState, object_id: int) -> ByteArray:
    return np.where(state.object_mask(object_id), np.uint8(object_id), np.uint8(BACKGROUND_ID))


def _with_kept_masks(state: AnnotationState) -> AnnotationState:
    return replace(state, start=state.layer, chain=(), past_strokes=(*state.past_strokes, *state.strokes))


def _rebased(state: AnnotationState, masks: Sequence[ExactMask]) -> AnnotationState:
    """The state with exactly these masks, kept."""
    layer = rebased(state.layer, masks, state.size_hw, state.overlap)
    return _with_kept_masks(replace(state, layer=layer))


def _cleared(state: AnnotationState) -> AnnotationState:
    if not state.locked_ids:
        layer = empty_layer(state.size_hw)
        return replace(state, layer=layer, start=layer, chain=(), past_strokes=())
    kept = state.exact_masks({one: None for one in state.object_ids if one not in state.locked_ids})
    past = tuple(stroke for stroke in state.past_strokes if stroke.object_id in state.locked_ids)
    bare = replace(state, layer=empty_layer(state.size_hw), chain=(), past_strokes=past)
    return _rebased(bare, kept)


def _merged(state: AnnotationState, command: MergeObjects) -> AnnotationState:
    gone = set(command.object_ids) - {command.into_id}
    union = state.object_mask(command.into_id)
    for object_id in gone:
        union = union | state.object_mask(object_id)
    masks = state.exact_masks({**dict.fromkeys(gone), command.into_id: PackedMask.of(union)})
    left = _without_objects(_with_kept_masks(state), gone)
    strokes = (*state.past_strokes, *state.strokes)
    given = (_of_merged(stroke, gone | {command.into_id}, command.into_id) for stroke in strokes)
    return replace(_rebased(left, masks), past_strokes=tuple(stroke for stroke in given if stroke is not None))


def _of_merged(stroke: DrawnStroke, object_ids: set[int], into_id: int) -> DrawnStroke | None:
    """A stroke of a merged object: what one part was not, another may have been, so negative ones go."""
    if stroke.object_id not in object_ids:
        return stroke
    return stroke.model_copy(update={"object_id": into_id}) if stroke.sign == "positive" else None


def _split(state: AnnotationState, command: SplitObject) -> AnnotationState:
    parts = connected_components(state.object_mask(command.object_id))
    whole = state.object(command.object_id)
    masks = list(state.exact_masks({command.object_id: parts[0]}))
    for part in parts[1:]:
        object_id = state.next_object_id
        state = _with_object(state, object_id, "", whole.class_name, "")
        masks.append(ExactMask(object_id=object_id, mask=part))
    return _without_past(_rebased(state, masks), {command.object_id})


def _without_past(state: AnnotationState, object_ids: Collection[int]) -> AnnotationState:
    """The state without the strokes before the kept masks, of objects that have become something else."""
    return replace(state, past_strokes=tuple(one for one in state.past_strokes if one.object_id not in object_ids))


def _with_masks(state: AnnotationState, command: ImportMasks | PasteObjects) -> AnnotationState:
    """Masks from elsewhere, over the present masks of unlocked objects, kept."""
    new: dict[int, PackedMask] = {}
    for named in command.masks:
        object_id = named.object_id if isinstance(command, ImportMasks) else state.next_object_id
        if object_id in state.locked_ids:
            continue
        if object_id not in state.object_ids:
            state = _with_object(state, object_id, named.name, named.class_name, named.colour)
        new[object_id] = named.mask.resampled(command.size_hw, state.size_hw)
    covered = np.zeros(state.size_hw, dtype=bool)
    if state.overlap == "exclusive":
        for mask in new.values():
            covered[mask.place] |= mask.crop()
    kept = [
        ExactMask(object_id=object_id, mask=PackedMask.of(state.object_mask(object_id) & ~covered))
        for object_id in state.object_ids
        if object_id not in new
    ]
    masks = [*kept, *(ExactMask(object_id=one, mask=mask) for one, mask in new.items())]
    rebased_state = _without_past(_rebased(state, masks), new)
    strokes = command.strokes if isinstance(command, ImportMasks) else ()
    kept_strokes = tuple(stroke for stroke in strokes if stroke.object_id in (BACKGROUND_ID, *new))
    return replace(rebased_state, past_strokes=(*rebased_state.past_strokes, *kept_strokes))


def _without_objects(state: AnnotationState, object_ids: set[int]) -> AnnotationState:
    chain = tuple(edited for one in state.chain if (edited := _without_strokes(one, object_ids)) is not None)
    return replace(
        _without_past(state, object_ids),
        objects=tuple(one for one in state.objects if one.object_id not in object_ids),
        start=without_objects(state.start, object_ids),
        layer=without_objects(state.layer, object_ids),
        chain=chain,
        locks=tuple(mask for mask in state.locks if mask.object_id not in object_ids),
    )


def _without_strokes(command: MaskCommand, object_ids: set[int]) -> MaskCommand | None:
    if isinstance(command, Draw):
        left = tuple(stroke for stroke in command.strokes if stroke.object_id not in object_ids)
        return command.model_copy(update={"strokes": left}) if left else None
    return None if command.object_id in object_ids else command


def _with_objects_of(state: AnnotationState, command: MaskCommand) -> AnnotationState:
    """The state with an object for each id that a command draws."""
    ids: Sequence[int] = ()
    if isinstance(command, Draw):
        ids = [stroke.object_id for stroke in command.strokes]
    elif isinstance(command, Brush):
        ids = [command.object_id]
    for object_id in dict.fromkeys(ids):
        if object_id not in (BACKGROUND_ID, *state.object_ids):
            state = _with_object(state, object_id, "", "", "")
    return state


def _with_object(state: AnnotationState, object_id: int, name: str, class_name: str, colour: str) -> AnnotationState:
    one = AnnotatedObject(
        object_id=object_id,
        name=name or f"object {object_id}",
        class_name=class_name,
        colour=colour or colour_of(object_id),
    )
    return replace(state, objects=(*state.objects, one))


def _with_changed_object(state: AnnotationState, object_id: int, command: ChangeObjects) -> AnnotationState:
    before = state.object(object_id)
    changes = command.model_dump(exclude={"kind", "object_ids"}, exclude_none=True)
    after = AnnotatedObject.model_validate({**before.model_dump(), **changes})
    if not after.name or not after.colour:
        after = after.model_copy(
            update={
                "name": after.name or f"object {after.object_id}",
                "colour": after.colour or colour_of(after.object_id),
            }
        )
    changed = replace(state, objects=tuple(after if one == before else one for one in state.objects))
    if after.locked and not before.locked:
        mask = PackedMask.of(state.object_mask(after.object_id))
        return replace(changed, locks=(*state.locks, ExactMask(object_id=after.object_id, mask=mask)))
    return _unlocked(changed, after.object_id) if before.locked and not after.locked else changed


def _unlocked(state: AnnotationState, object_id: int) -> AnnotationState:
    """The lock goes; where other masks have changed underneath, the present ones are kept, so nothing jumps."""
    open_state = replace(state, locks=tuple(mask for mask in state.locks if mask.object_id != object_id))
    if _same_masks(state, open_state):
        return open_state
    return _rebased(open_state, state.exact_masks())


def _same_masks(first: AnnotationState, second: AnnotationState) -> bool:
    return all(np.array_equal(first.object_mask(one), second.object_mask(one)) for one in first.object_ids)


def _configured(state: AnnotationState, command: Configure) -> AnnotationState:
    """Other settings from now on; masks that may no longer overlap become those of the label map."""
    after = replace(state, overlap=command.overlap)
    if after.overlap == state.overlap:
        return after
    labels = state.label_map()
    masks = [ExactMask(object_id=object_id, mask=PackedMask.of(labels == object_id)) for object_id in state.object_ids]
    return _rebased(after, masks)
