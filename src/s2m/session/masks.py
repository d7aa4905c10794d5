"""Exact masks, and half-precision logits of soft ones, in; a label map (H, W) out of both.

A layer holds what an image's masks are: the network's logits, exact masks that hold where the network has not changed
anything since (an import, a filled hole), and hard pixels that hold whatever the network says.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.aggregation import label_map_from_logits, logits_of, sigmoid
from s2m.engine.geometry import cells_between, resize_maps, resize_window
from s2m.session.packed_masks import ExactMask, HardPixels, PackedMask, Side
from s2m.types import BACKGROUND_ID, BoolArray, FloatArray, LabelMap, ObjectLogits

HalfArray = NDArray[np.float16]
Overlap = Literal["exclusive", "overlapping"]
"""Whether a pixel belongs to one object at most, or to any number of them."""

_CERTAIN_LOGIT = 4.0
_SURELY_ABSENT_LOGIT = -4.0
_MAX_PIXELS_AT_ONCE = 2_000_000
_TILE_PX = 256


@dataclass(frozen=True)
class Layer:
    """The masks of an image, without locks.

    Attributes:
        object_ids: the object of each channel of ``logits``, in the order they came.
        logits: (N, h, w) float16, each object as if it were alone; the whole image at network resolution.
        exact: exact masks; they hold where ``changed`` is false.
        changed: (h, w) bool, where the network's logits took the place of the exact masks.
        hard: hard pixels, later ones over earlier ones, over everything above.
    """

    object_ids: tuple[int, ...]
    logits: HalfArray
    exact: tuple[ExactMask, ...]
    changed: BoolArray
    hard: tuple[HardPixels, ...]

    @property
    def size_hw(self) -> tuple[int, int]:
        """(h, w) of the logits."""
        return self.logits.shape[1], self.logits.shape[2]


def empty_layer(image_size_hw: tuple[int, int], longest: int = 512) -> Layer:
    """No masks, at a resolution of at most ``longest`` until the network gives its own."""
    scale = min(1.0, longest / max(image_size_hw))
    size_hw = (max(1, round(image_size_hw[0] * scale)), max(1, round(image_size_hw[1] * scale)))
    return Layer((), np.zeros((0, *size_hw), dtype=np.float16), (), np.ones(size_hw, dtype=bool), ())


def resized_layer(layer: Layer, size_hw: tuple[int, int]) -> Layer:
    """The same masks with logits of another resolution."""
    if layer.size_hw == size_hw:
        return layer
    logits = resized_logits(layer.logits, size_hw)
    changed = cv2.resize(layer.changed.astype(np.uint8), size_hw[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return Layer(layer.object_ids, logits, layer.exact, changed, layer.hard)


def resized_logits(logits: HalfArray, size_hw: tuple[int, int]) -> HalfArray:
    """Logits (N, h, w) brought to another resolution."""
    if logits.shape[1:] == size_hw:
        return logits
    return resize_maps(logits.astype(np.float32), size_hw).astype(np.float16)


def without_objects(layer: Layer, object_ids: Collection[int]) -> Layer:
    """The layer as if some objects had never been drawn."""
    rows = [row for row, object_id in enumerate(layer.object_ids) if object_id not in object_ids]
    return Layer(
        tuple(layer.object_ids[row] for row in rows),
        layer.logits[rows],
        tuple(mask for mask in layer.exact if mask.object_id not in object_ids),
        layer.changed,
        tuple(pixels for pixels in layer.hard if pixels.object_id not in object_ids),
    )


def only_object(layer: Layer, object_id: int) -> Layer:
    """The layer as if one object were alone: its own masks and hard pixels, and those of the background."""
    known = {*layer.object_ids, *(mask.object_id for mask in layer.exact), *(pixels.object_id for pixels in layer.hard)}
    return without_objects(layer, known - {object_id, BACKGROUND_ID})


def object_logits(layer: Layer) -> ObjectLogits:
    """Each object as if it were alone, (N, h, w), without hard pixels."""
    return ObjectLogits(layer.object_ids, layer.logits.astype(np.float32))


def with_hard_pixels(masks: ObjectLogits, hard: Sequence[HardPixels], image_size_hw: tuple[int, int]) -> ObjectLogits:
    """Masks (N, h, w) with hard pixels laid over them, by the share of each cell that they cover."""
    if not hard:
        return masks
    probs = sigmoid(masks.logits)
    size_hw = (probs.shape[1], probs.shape[2])
    for pixels in hard:
        share = _share_of_cells(pixels.mask, image_size_hw, size_hw)
        for row, object_id in enumerate(masks.object_ids):
            if pixels.side == "in" and object_id == pixels.object_id:
                probs[row] = probs[row] * (1 - share) + share
            elif pixels.side == "in" or pixels.object_id in (object_id, BACKGROUND_ID):
                probs[row] *= 1 - share
    return ObjectLogits(masks.object_ids, logits_of(probs))


def _share_of_cells(mask: PackedMask, image_size_hw: tuple[int, int], size_hw: tuple[int, int]) -> FloatArray:
    """The share of each cell (h, w) that a mask of the image covers."""
    rows, columns = np.nonzero(mask.crop())
    left, top, _, _ = mask.box_xyxy
    cell_rows = ((rows + top + 0.5) * (size_hw[0] / image_size_hw[0])).astype(np.int64)
    cell_columns = ((columns + left + 0.5) * (size_hw[1] / image_size_hw[1])).astype(np.int64)
    counts = np.bincount(cell_rows * size_hw[1] + cell_columns, minlength=size_hw[0] * size_hw[1])
    pixels_in_cell = max(1.0, image_size_hw[0] * image_size_hw[1] / (size_hw[0] * size_hw[1]))
    return np.minimum(counts.reshape(size_hw) / pixels_in_cell, 1).astype(np.float32)


def label_map(layer: Layer, size_hw: tuple[int, int], locked: Sequence[ExactMask]) -> LabelMap:
    """The object of each pixel, (H, W) int32, objects excluding one another.

    Args:
        layer: the masks.
        size_hw: (H, W) of the image.
        locked: objects whose pixels stay as they are, over everything.
    """
    free = without_objects(layer, [mask.object_id for mask in locked])
    labels = _soft_label_map(free, size_hw)
    if not free.changed.all():
        changed = cv2.resize(free.changed.astype(np.uint8), size_hw[::-1], interpolation=cv2.INTER_NEAREST) > 0
        labels[~changed] = BACKGROUND_ID
        for mask in free.exact:
            labels[mask.mask.place][mask.mask.crop() & ~changed[mask.mask.place]] = mask.object_id
    for pixels in free.hard:
        part, where = labels[pixels.mask.place], pixels.mask.crop()
        if pixels.side == "in":
            part[where] = pixels.object_id
        else:
            part[where & ((part == pixels.object_id) | (pixels.object_id == BACKGROUND_ID))] = BACKGROUND_ID
    for mask in locked:
        labels[mask.mask.place][mask.mask.crop()] = mask.object_id
    return labels


def object_mask(layer: Layer, object_id: int, size_hw: tuple[int, int], locked: Sequence[ExactMask]) -> BoolArray:
    """The pixels of one object, (H, W) bool, whatever the other objects are."""
    for mask in locked:
        if mask.object_id == object_id:
            return mask.mask.unpack(size_hw)
    return np.asarray(label_map(only_object(layer, object_id), size_hw, ()) == object_id)


def _soft_label_map(layer: Layer, size_hw: tuple[int, int]) -> LabelMap:
    """Logits resized, then aggregated; large images tile by tile, and only where there is something to decide."""
    logits = layer.logits.astype(np.float32)
    if size_hw[0] * size_hw[1] <= _MAX_PIXELS_AT_ONCE:
        return label_map_from_logits(resize_maps(logits, size_hw), layer.object_ids)
    labels = np.zeros(size_hw, dtype=np.int32)
    for top in range(0, size_hw[0], _TILE_PX):
        for left in range(0, size_hw[1], _TILE_PX):
            rows = slice(top, min(top + _TILE_PX, size_hw[0]))
            columns = slice(left, min(left + _TILE_PX, size_hw[1]))
            labels[rows, columns] = _tile_of_label_map(logits, layer.object_ids, rows, columns, size_hw)
    return labels


def _tile_of_label_map(
    logits: FloatArray, object_ids: Sequence[int], rows: slice, columns: slice, size_hw: tuple[int, int]
) -> LabelMap | int:
    """The object of each pixel of a tile, or the one that has all of it.

    Between cells logits only lie between those of the cells.  So an object below ``_SURELY_ABSENT_LOGIT`` in every
    cell cannot win a pixel (254 of them together could not), and one above its opposite cannot lose one to such.
    """
    upper, lower, _ = cells_between(rows, size_hw[0], logits.shape[1])
    before, behind, _ = cells_between(columns, size_hw[1], logits.shape[2])
    window = logits[:, upper[0] : lower[-1] + 1, before[0] : behind[-1] + 1]
    possible = np.flatnonzero(window.max(axis=(1, 2)) > _SURELY_ABSENT_LOGIT).tolist()
    if not possible:
        return BACKGROUND_ID
    if len(possible) == 1 and window[possible[0]].min() > -_SURELY_ABSENT_LOGIT:
        return int(object_ids[possible[0]])
    tile = resize_window(logits[possible], size_hw, rows, columns)
    if len(possible) == 1:
        # Alone, an object's odds stand against their inverse: it wins where its logit is positive.
        return np.where(tile[0] > 0, np.int32(object_ids[possible[0]]), np.int32(BACKGROUND_ID))
    return label_map_from_logits(tile, [object_ids[row] for row in possible])


def rebased(layer: Layer, masks: Sequence[ExactMask], size_hw: tuple[int, int], overlap: Overlap) -> Layer:
    """A layer whose masks are exactly ``masks``: the network starts from them, and they hold until it changes them.

    Hard pixels stay; where they contradict the masks, harder ones are added, so that the masks hold.
    """
    wanted = {mask.object_id: mask for mask in masks if mask.mask.data}
    logits = [_agreeing_logits(layer, mask, size_hw) for mask in wanted.values()]
    shape = (len(wanted), *layer.size_hw)
    based = Layer(
        tuple(wanted),
        np.asarray(logits, dtype=np.float16).reshape(shape),
        tuple(wanted.values()),
        np.zeros(layer.size_hw, dtype=bool),
        layer.hard,
    )
    if not layer.hard:
        return based
    return replace(based, hard=(*layer.hard, *_contradictions(based, wanted, size_hw, overlap)))


def _contradictions(
    layer: Layer, wanted: dict[int, ExactMask], size_hw: tuple[int, int], overlap: Overlap
) -> list[HardPixels]:
    """Hard pixels that bring a layer to the masks wanted."""
    labels = label_map(layer, size_hw, ()) if overlap == "exclusive" else None
    added: list[HardPixels] = []
    for object_id in dict.fromkeys([*wanted, *(pixels.object_id for pixels in layer.hard)]):
        if object_id == BACKGROUND_ID:
            continue
        empty = object_id not in wanted
        goal = np.zeros(size_hw, dtype=bool) if empty else wanted[object_id].mask.unpack(size_hw)
        got = object_mask(layer, object_id, size_hw, ()) if labels is None else labels == object_id
        wrong: tuple[tuple[Side, BoolArray], ...] = (("out", got & ~goal), ("in", goal & ~got))
        for side, pixels in wrong:
            if pixels.any():
                added.append(HardPixels(object_id=object_id, side=side, mask=PackedMask.of(pixels)))
    # Pixels taken out first: an object's "out" may not open what another's "in" has closed.
    return sorted(added, key=lambda pixels: pixels.side == "in")


def _agreeing_logits(layer: Layer, mask: ExactMask, image_size_hw: tuple[int, int]) -> HalfArray:
    """Logits (h, w) that agree with an exact mask: the present ones where they do already."""
    share = _share_of_cells(mask.mask, image_size_hw, layer.size_hw)
    logits = np.clip(logits_of(share), -_CERTAIN_LOGIT, _CERTAIN_LOGIT).astype(np.float16)
    if mask.object_id in layer.object_ids:
        present = layer.logits[layer.object_ids.index(mask.object_id)]
        logits = np.where((present > 0) == (logits > 0), present, logits)
    return np.asarray(logits, dtype=np.float16)
