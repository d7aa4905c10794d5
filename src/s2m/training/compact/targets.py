"""A label (H, W) in; what one session of the simulated user is about out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.data.labelled_images import IGNORE, LabelledImage, object_ids
from s2m.data.touching import divides_image, draw_touching
from s2m.simulated_user.targets import SIBLING, Target, large_pieces
from s2m.training.warps import as_bytes
from s2m.types import BoolArray, ByteArray

WHOLE_KINDS = ("salient", "instance")
"""Kinds of labels whose objects are whole things."""


def number_pieces(label: ByteArray) -> ByteArray:
    """Give every large piece of a label of one object a number of its own, from 1 on.

    Salient sets have one label for the main thing, also where it is several things apart from each other, of
    which a person who strokes one means that one.  Small pieces go with the nearest large one.

    Args:
        label: (H, W) uint8 of 0, 1 and 255 (unknown).
    """
    pieces, large = large_pieces(label == 1)
    if len(large) < 2:
        return label
    elsewhere = (~np.isin(pieces, large)).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(elsewhere, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    return np.where(label == 1, as_bytes(nearest), label)


def draw_target(
    label: ByteArray, labelled: LabelledImage, ground: float, rng: np.random.Generator, wholes: float = 0.0
) -> Target:
    """What to segment in an image with a label (H, W) uint8.

    An object for salient and instance sets (now and then two of them, and in the share ``ground`` all that is around
    one or every object), a part, a group of parts or the whole for parts, whose other parts are siblings; for partial
    sets what lies far from the object is unknown.  Where parts divide the whole image, one of them.  In the share
    ``wholes`` of the targets all that touches one another.
    """
    ids = object_ids(label)
    if not ids:
        return Target(np.where(label == IGNORE, np.uint8(IGNORE), np.uint8(0)))
    is_divided = labelled.kind == "parts" and divides_image(label)
    if wholes > 0 and rng.random() < wholes:
        members = draw_touching(label, ids, is_divided=is_divided, rng=rng)
        if len(members) > 1:
            return whole_of(label, labelled.kind, members)
    if is_divided:
        return whole_of(label, labelled.kind, rng.choice(ids, size=1))
    is_several = labelled.kind in WHOLE_KINDS and rng.random() < ground
    if is_several:
        left_out = rng.choice(ids, size=1) if rng.random() < 0.5 else ids
        target = (~np.isin(label, left_out)).astype(np.uint8)
    else:
        chosen = _choose(ids, labelled.kind, rng)
        is_several = labelled.kind != "parts" and len(chosen) > 1
        target = np.isin(label, chosen).astype(np.uint8)
    if labelled.kind == "parts":
        target[np.isin(label, ids) & (target == 0)] = SIBLING
    if labelled.kind == "partial":
        target[~_near(target == 1)] = IGNORE
    target[label == IGNORE] = IGNORE
    return Target(target, is_several)


def whole_of(label: ByteArray, kind: str, members: NDArray[np.int64]) -> Target:
    """The target that is all of some objects of a label (H, W) uint8, of an image of a kind."""
    is_member = np.isin(label, members)
    target = is_member.astype(np.uint8)
    if kind == "partial":
        target[~_near(is_member)] = IGNORE
    target[label == IGNORE] = IGNORE
    several = np.where(is_member, label, np.uint8(0)) if len(members) > 1 else None
    return Target(target, members=several)


def _choose(ids: tuple[int, ...], kind: str, rng: np.random.Generator) -> NDArray[np.int64]:
    if kind == "parts":
        draw = rng.random()
        if draw < 0.65:
            return np.array(ids)
        count = 1 if draw < 0.85 else int(rng.integers(1, len(ids) + 1))
    else:
        count = 2 if len(ids) > 1 and rng.random() < 0.08 else 1
    return rng.choice(ids, size=count, replace=False)


def _near(mask: BoolArray) -> BoolArray:
    """The box of a mask with a margin of half its size."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    near = np.zeros_like(mask)
    margin_y, margin_x = (np.ptp(rows) + 1) // 2, (np.ptp(columns) + 1) // 2
    near[max(0, rows[0] - margin_y) : rows[-1] + margin_y, max(0, columns[0] - margin_x) : columns[-1] + margin_x] = (
        True
    )
    return near
