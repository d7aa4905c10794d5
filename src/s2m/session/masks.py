"""Exact masks, and half-precision logits of soft ones, in; a label map (H, W) out of both.

A layer holds what an image's masks are: the network's logits, exact masks that hold where the network has not changed
anything since (an import, a filled hole), and hard pixels that hold whatever the network says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.aggregation import label_map_from_logits, logits_of, sigmoid
from s2m.engine.geometry import cells_between, resize_maps, resize_window
from s2m.engine.segmenter import answer_size_hw
from s2m.session.packed_masks import ExactMask, HardPixels, PackedMask, Side
from s2m.types import ABSENT_LOGIT, BACKGROUND_ID, BoolArray, ByteArray, FloatArray, LabelMap, ObjectLogits

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
        size_hw: (h, w) of the logits, which cover the whole image.
        object_ids: the objects that have logits, in the order they came.
        logits: of each of them as if it were alone, (h, w) float16.  Layers share those that do not change.
        exact: exact masks; they hold until the network changes the object.
        changed: by object, (h, w) bool, where the network's logits took the place of its exact mask.
        hard: hard pixels, later ones over earlier ones, over everything above.
    """

    size_hw: tuple[int, int]
    object_ids: tuple[int, ...] = ()
    logits: tuple[HalfArray, ...] = ()
    exact: tuple[ExactMask, ...] = ()
    changed: Mapping[int, BoolArray] = field(default_factory=dict)
    hard: tuple[HardPixels, ...] = ()

    def of(self, object_id: int) -> HalfArray | None:
        """The logits (h, w) of one object, or None where it has none."""
        return self.logits[self.object_ids.index(object_id)] if object_id in self.object_ids else None


def empty_layer(image_size_hw: tuple[int, int]) -> Layer:
    """No masks, at the resolution of the network's answers."""
    return Layer(answer_size_hw(image_size_hw))


def with_answers(layer: Layer, answers: Mapping[int, HalfArray]) -> Layer:
    """The layer with new logits of some objects; their exact masks hold where the answer is as before."""
    masks = {**dict(zip(layer.object_ids, layer.logits, strict=True)), **answers}
    changed = dict(layer.changed)
    for object_id in answers.keys() & {mask.object_id for mask in layer.exact}:
        before = layer.of(object_id)
        differs = answers[object_id] > 0 if before is None else (before > 0) != (answers[object_id] > 0)
        around = cv2.dilate(differs.astype(np.uint8), np.ones((3, 3), dtype=np.uint8)) > 0
        changed[object_id] = around | changed[object_id] if object_id in changed else around
    return replace(layer, object_ids=tuple(masks), logits=tuple(masks.values()), changed=changed)


def with_exact(layer: Layer, masks: Mapping[int, PackedMask]) -> Layer:
    """The layer with exact masks of some objects, whose logits stay: they hold until the network changes them."""
    kept = tuple(mask for mask in layer.exact if mask.object_id not in masks)
    new = tuple(ExactMask(object_id=object_id, mask=mask) for object_id, mask in masks.items())
    changed = {object_id: cells for object_id, cells in layer.changed.items() if object_id not in masks}
    return replace(layer, exact=(*kept, *new), changed=changed)


def without_objects(layer: Layer, object_ids: Collection[int]) -> Layer:
    """The layer as if some objects had never been drawn."""
    rows = [row for row, object_id in enumerate(layer.object_ids) if object_id not in object_ids]
    return Layer(
        layer.size_hw,
        tuple(layer.object_ids[row] for row in rows),
        tuple(layer.logits[row] for row in rows),
        tuple(mask for mask in layer.exact if mask.object_id not in object_ids),
        {object_id: cells for object_id, cells in layer.changed.items() if object_id not in object_ids},
        tuple(pixels for pixels in layer.hard if pixels.object_id not in object_ids),
    )


def only_object(layer: Layer, object_id: int) -> Layer:
    """The layer as if one object were alone: its own masks and hard pixels, and those of the background."""
    known = {*layer.object_ids, *(mask.object_id for mask in layer.exact), *(pixels.object_id for pixels in layer.hard)}
    return without_objects(layer, known - {object_id, BACKGROUND_ID})


def object_logits(layer: Layer) -> ObjectLogits:
    """Each object as if it were alone, (N, h, w), without hard pixels."""
    return ObjectLogits(layer.object_ids, _stacked(layer))


def _stacked(layer: Layer) -> FloatArray:
    return np.asarray(layer.logits, dtype=np.float32).reshape(len(layer.logits), *layer.size_hw)


def logits_with_hard_pixels(layer: Layer, object_id: int, image_size_hw: tuple[int, int]) -> FloatArray | None:
    """The logits (h, w) of one object with hard pixels laid over them, by the share of each cell that they cover.

    None where nothing is known of the object.
    """
    logits = layer.of(object_id)
    own = [pixels for pixels in layer.hard if pixels.side == "in" or pixels.object_id in (object_id, BACKGROUND_ID)]
    if logits is None and all(pixels.object_id != object_id for pixels in own):
        return None
    known = np.full(layer.size_hw, ABSENT_LOGIT, np.float32) if logits is None else logits.astype(np.float32)
    if not own:
        return known
    probs = sigmoid(known)
    for pixels in own:
        place, share = _share_of_cells(pixels.mask, image_size_hw, layer.size_hw)
        probs[place] *= 1 - share
        if pixels.side == "in" and pixels.object_id == object_id:
            probs[place] += share
    return logits_of(probs)


def _share_of_cells(
    mask: PackedMask, image_size_hw: tuple[int, int], size_hw: tuple[int, int]
) -> tuple[tuple[slice, slice], FloatArray]:
    """The rows and columns of the cells (h, w) that a mask of the image meets, and the share of each that it covers."""
    rows, columns = np.nonzero(mask.crop())
    left, top, _, _ = mask.box_xyxy
    cell_rows = ((rows + top + 0.5) * (size_hw[0] / image_size_hw[0])).astype(np.int64)
    cell_columns = ((columns + left + 0.5) * (size_hw[1] / image_size_hw[1])).astype(np.int64)
    if not len(rows):
        return (slice(0, 0), slice(0, 0)), np.zeros((0, 0), dtype=np.float32)
    # The rows of a mask ascend, its columns do not.
    place = (slice(cell_rows[0], cell_rows[-1] + 1), slice(cell_columns.min(), cell_columns.max() + 1))
    height, width = place[0].stop - place[0].start, place[1].stop - place[1].start
    in_box = (cell_rows - place[0].start) * width + cell_columns - place[1].start
    counts = np.bincount(in_box, minlength=height * width).reshape(height, width)
    pixels_in_cell = max(1.0, image_size_hw[0] * image_size_hw[1] / (size_hw[0] * size_hw[1]))
    return place, np.minimum(counts / pixels_in_cell, 1).astype(np.float32)


def label_map(layer: Layer, size_hw: tuple[int, int], locked: Sequence[ExactMask]) -> ByteArray:
    """The object of each pixel, (H, W) uint8, objects excluding one another.

    Args:
        layer: the masks.
        size_hw: (H, W) of the image.
        locked: objects whose pixels stay as they are, over everything.
    """
    free = without_objects(layer, [mask.object_id for mask in locked])
    whole = [mask.object_id for mask in free.exact if mask.object_id not in free.changed]
    labels = _soft_label_map(without_objects(free, whole), size_hw)
    for mask in free.exact:
        _hold_exact(labels, mask, free.changed.get(mask.object_id))
    for pixels in free.hard:
        part, where = labels[pixels.mask.place], pixels.mask.crop()
        if pixels.side == "in":
            part[where] = pixels.object_id
        else:
            part[where & ((part == pixels.object_id) | (pixels.object_id == BACKGROUND_ID))] = BACKGROUND_ID
    for mask in locked:
        labels[mask.mask.place][mask.mask.crop()] = mask.object_id
    return labels


def _hold_exact(labels: ByteArray, exact: ExactMask, changed: BoolArray | None) -> None:
    """Put an exact mask into a label map (H, W), where the network has not changed it since."""
    place, mask = exact.mask.place, exact.mask.crop()
    if changed is not None:
        held = cv2.resize(changed.astype(np.uint8), labels.shape[::-1], interpolation=cv2.INTER_NEAREST) == 0
        labels[held & (labels == exact.object_id)] = BACKGROUND_ID
        mask = mask & held[place]
    labels[place][mask] = exact.object_id


def object_mask(layer: Layer, object_id: int, size_hw: tuple[int, int], locked: Sequence[ExactMask]) -> BoolArray:
    """The pixels of one object, (H, W) bool, whatever the other objects are."""
    for mask in locked:
        if mask.object_id == object_id:
            return mask.mask.unpack(size_hw)
    return np.asarray(label_map(only_object(layer, object_id), size_hw, ()) == object_id)


def _soft_label_map(layer: Layer, size_hw: tuple[int, int]) -> ByteArray:
    """Logits resized, then aggregated; large images tile by tile, and only where there is something to decide."""
    logits = _stacked(layer)
    if size_hw[0] * size_hw[1] <= _MAX_PIXELS_AT_ONCE:
        return label_map_from_logits(resize_maps(logits, size_hw), layer.object_ids).astype(np.uint8)
    labels = np.zeros(size_hw, dtype=np.uint8)
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
    # Slices are views; chosen by a list, the whole maps would be copied for each tile.
    tile = np.concatenate([resize_window(logits[row : row + 1], size_hw, rows, columns) for row in possible])
    if len(possible) == 1:
        # Alone, an object's odds stand against their inverse: it wins where its logit is positive.
        return np.where(tile[0] > 0, np.int32(object_ids[possible[0]]), np.int32(BACKGROUND_ID))
    return label_map_from_logits(tile, [object_ids[row] for row in possible])


def rebased(layer: Layer, masks: Sequence[ExactMask], size_hw: tuple[int, int], overlap: Overlap) -> Layer:
    """A layer whose masks are exactly ``masks``: the network starts from them, and they hold until it changes them.

    Hard pixels stay; where they contradict the masks, harder ones are added, so that the masks hold.
    """
    wanted = {mask.object_id: mask for mask in masks if mask.mask.data}
    logits = tuple(_agreeing_logits(layer, mask, size_hw) for mask in wanted.values())
    based = Layer(layer.size_hw, tuple(wanted), logits, tuple(wanted.values()), hard=layer.hard)
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
    place, share = _share_of_cells(mask.mask, image_size_hw, layer.size_hw)
    covered = np.clip(logits_of(share), -_CERTAIN_LOGIT, _CERTAIN_LOGIT).astype(np.float16)
    logits = np.full(layer.size_hw, -_CERTAIN_LOGIT, dtype=np.float16)
    logits[place] = covered
    present = layer.of(mask.object_id)
    if present is None:
        return logits
    agrees = present <= 0
    agrees[place] = (present[place] > 0) == (covered > 0)
    return np.where(agrees, present, logits)
