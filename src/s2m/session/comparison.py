"""Two label maps of an image in; how much each object changed, worst first, out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from s2m.errors import MaskError
from s2m.files.label_files import UNKNOWN_ID
from s2m.types import BACKGROUND_ID, LabelMap


@dataclass(frozen=True)
class ObjectChange:
    """How one object differs between two label maps.

    Attributes:
        object_id: which.
        iou: intersection over union of old and new, 0..1.
        old_area_px: pixels before.
        new_area_px: pixels after.
    """

    object_id: int
    iou: float
    old_area_px: int
    new_area_px: int


def object_changes(old: LabelMap, new: LabelMap) -> tuple[ObjectChange, ...]:
    """The changes of all objects that are in either map, the worst first.

    Raises:
        MaskError: the maps have different sizes.
    """
    if old.shape != new.shape:
        raise MaskError(f"label maps of {old.shape} and {new.shape} cannot be compared; they must be of one image")
    ids = [int(value) for value in np.union1d(old, new) if value not in (BACKGROUND_ID, UNKNOWN_ID)]
    changes = []
    for object_id in ids:
        before, after = old == object_id, new == object_id
        # An id is in one of the maps at least, so the union is never empty.
        iou = float((before & after).sum() / (before | after).sum())
        changes.append(ObjectChange(object_id, iou, int(before.sum()), int(after.sum())))
    return tuple(sorted(changes, key=lambda change: (change.iou, change.object_id)))
