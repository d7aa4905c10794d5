"""What an image's annotation is at one moment: objects, strokes, masks; its label map (H, W) on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np

from s2m.errors import JournalError
from s2m.files.label_files import MAX_OBJECT_ID
from s2m.files.overlays import object_colour
from s2m.session.commands import Draw, DrawnStroke, ImageStatus, MaskCommand, NamedMask, PasteObjects
from s2m.session.masks import Layer, Overlap, empty_layer, label_map, object_logits, object_mask
from s2m.session.packed_masks import ExactMask, PackedMask
from s2m.types import BACKGROUND_ID, BoolArray, ByteArray, Frozen, LabelMap, ObjectLogits


def colour_of(object_id: int) -> str:
    """The colour that an object gets where nobody chose one, #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*object_colour(object_id))


class AnnotatedObject(Frozen):
    """One object of the image; ``locked`` means that nothing changes its pixels."""

    object_id: int
    name: str
    class_name: str
    colour: str
    locked: bool = False


@dataclass(frozen=True)
class AnnotationState:
    """The annotation of an image at one moment.

    Attributes:
        image_name: the image's name in its project.
        size_hw: (H, W) of the image.
        overlap: whether objects exclude one another.
        objects: in the order shown.
        start: the masks that were kept last.
        layer: the masks now.
        chain: what was done to the masks since then.
        past_strokes: strokes before then, for display.
        locks: the masks of locked objects.
        status: what the annotator thinks of the image.
        note: and why.
    """

    image_name: str
    size_hw: tuple[int, int]
    overlap: Overlap
    objects: tuple[AnnotatedObject, ...]
    start: Layer
    layer: Layer
    chain: tuple[MaskCommand, ...]
    past_strokes: tuple[DrawnStroke, ...]
    locks: tuple[ExactMask, ...]
    status: ImageStatus
    note: str

    @cached_property
    def strokes(self) -> tuple[DrawnStroke, ...]:
        """Strokes since the masks were kept, in the order they were drawn."""
        return tuple(stroke for command in self.chain if isinstance(command, Draw) for stroke in command.strokes)

    @property
    def object_ids(self) -> tuple[int, ...]:
        """The ids of all objects, in the order shown."""
        return tuple(one.object_id for one in self.objects)

    @property
    def locked_ids(self) -> frozenset[int]:
        """The ids of the objects that nothing changes."""
        return frozenset(one.object_id for one in self.objects if one.locked)

    @property
    def next_object_id(self) -> int:
        """An id for a new object: one more than the largest, or else the smallest free one.

        Raises:
            JournalError: all are taken.
        """
        highest = max(self.object_ids, default=0)
        if highest < MAX_OBJECT_ID:
            return highest + 1
        free = [value for value in range(1, MAX_OBJECT_ID + 1) if value not in self.object_ids]
        if not free:
            raise JournalError(f"an image holds {MAX_OBJECT_ID} objects at most; merge or delete some")
        return free[0]

    def object(self, object_id: int) -> AnnotatedObject:
        """One object.

        Raises:
            JournalError: there is none of this id.
        """
        for one in self.objects:
            if one.object_id == object_id:
                return one
        raise JournalError(f"there is no object {object_id}; there are {self.object_ids or 'none yet'}")

    def name_of(self, object_id: int) -> str:
        """What to call an object in a sentence."""
        if object_id == BACKGROUND_ID:
            return "the background"
        return next((one.name for one in self.objects if one.object_id == object_id), f"object {object_id}")

    def label_map(self) -> LabelMap:
        """The object of each pixel, (H, W) int32.  Where objects overlap, the one shown later lies over the earlier."""
        return self.indices.astype(np.int32)

    def object_mask(self, object_id: int) -> BoolArray:
        """The pixels of one object, (H, W) bool."""
        if self.overlap == "exclusive":
            return np.asarray(self.indices == object_id)
        return object_mask(self.layer, object_id, self.size_hw, self.locks)

    def masks_in(self, place: tuple[slice, slice]) -> dict[int, BoolArray]:
        """The masks (h, w) of a part of the image as they are saved, by object; only of objects with pixels there.

        Args:
            place: rows and columns of the image.
        """
        masks = {one: self._part_of_mask(one, place) for one in self.object_ids}
        return {object_id: mask for object_id, mask in masks.items() if mask.any()}

    def _part_of_mask(self, object_id: int, place: tuple[slice, slice]) -> BoolArray:
        if self.overlap == "exclusive":
            return np.asarray(self.indices[place] == object_id)
        return self.object_mask(object_id)[place]

    def area_px(self, object_id: int) -> int:
        """How many pixels an object has."""
        if self.overlap == "exclusive":
            return int(self._areas[object_id])
        return int(self.object_mask(object_id).sum())

    @property
    def has_mask(self) -> bool:
        """Whether any object has any pixel."""
        return bool(self._areas[1:].any())

    def object_logits(self) -> ObjectLogits:
        """Each object as if it were alone, (N, h, w) at the resolution of the network's answers."""
        return object_logits(self.layer)

    def exact_masks(self, replaced: Mapping[int, PackedMask | None] = MappingProxyType({})) -> tuple[ExactMask, ...]:
        """The masks of all objects, to the pixel; those in ``replaced`` are as given there, or left out where None."""
        masks = (
            (one, replaced[one] if one in replaced else PackedMask.of(self.object_mask(one))) for one in self.object_ids
        )
        return tuple(ExactMask(object_id=object_id, mask=mask) for object_id, mask in masks if mask is not None)

    def copy_objects(self, object_ids: Sequence[int]) -> PasteObjects:
        """The command that puts some objects of this image into another.

        Raises:
            JournalError: no such object.
        """
        masks = []
        for object_id in object_ids:
            one = self.object(object_id)
            masks.append(
                NamedMask(
                    object_id=object_id,
                    name=one.name,
                    class_name=one.class_name,
                    colour=one.colour,
                    mask=PackedMask.of(self.object_mask(object_id)),
                )
            )
        return PasteObjects(source=self.image_name, size_hw=self.size_hw, masks=tuple(masks))

    @cached_property
    def indices(self) -> ByteArray:
        """The label map as it is saved, (H, W) uint8, which is not to be changed."""
        if self.overlap == "exclusive":
            return label_map(self.layer, self.size_hw, self.locks)
        labels = np.zeros(self.size_hw, dtype=np.uint8)
        for object_id in self.object_ids:
            labels[object_mask(self.layer, object_id, self.size_hw, self.locks)] = object_id
        return labels

    @cached_property
    def _areas(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        # Row by row, as counting takes eight bytes a pixel.
        counts = np.zeros(256, dtype=np.int64)
        for row in self.indices:
            counts += np.bincount(row, minlength=256)
        return counts

    def forget_derived(self) -> None:
        """Give back the memory of what can be computed again."""
        for name in ("indices", "_areas"):
            self.__dict__.pop(name, None)


def initial_state(image_name: str, size_hw: tuple[int, int], overlap: Overlap) -> AnnotationState:
    """An image that nobody has touched."""
    layer = empty_layer(size_hw)
    return AnnotationState(image_name, size_hw, overlap, (), layer, layer, (), (), (), "in_progress", "")
