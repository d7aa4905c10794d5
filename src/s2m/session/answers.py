"""Strokes and the masks before them in; the network's answer, merged into a layer of masks, out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from s2m.engine.aggregation import label_map_from_logits
from s2m.engine.components import touched_cells, touched_changes
from s2m.engine.segmenter import Segmenter
from s2m.errors import MaskError
from s2m.session.commands import DrawnStroke
from s2m.session.masks import (
    HalfArray,
    Layer,
    Overlap,
    object_logits,
    only_object,
    resized_layer,
    resized_logits,
    with_hard_pixels,
)
from s2m.session.shapes import network_strokes
from s2m.types import ABSENT_LOGIT, BACKGROUND_ID, BoolArray, ByteArray, FloatArray, LabelMap, ObjectLogits, Stroke

_LOGIT_LIMIT = 30.0


ImagePredictor = Callable[[Sequence[Stroke], ObjectLogits | None, Sequence[int]], FloatArray]
"""The network on one image: strokes, the masks before and the ids wanted in; logits (N, h, w) of the image out."""


def predictor_of(segmenter: Segmenter, image_rgb: ByteArray) -> ImagePredictor:
    """The network on one image (H, W, 3) uint8, which is encoded here."""
    embedding = segmenter.encode(image_rgb)
    return lambda *asked: segmenter.predict(embedding, *asked).logits


@dataclass(frozen=True)
class PredictionRequest:
    """What the network is asked at one step.

    Attributes:
        strokes: all since the last commit, the new ones included.
        new: those that have no answer yet.
        locked_ids: objects that stay as they are.
        committed_ids: objects that had a mask at the last commit.
    """

    strokes: tuple[DrawnStroke, ...]
    new: tuple[DrawnStroke, ...]
    locked_ids: frozenset[int]
    committed_ids: frozenset[int]
    size_hw: tuple[int, int]
    overlap: Overlap


def answered(layer: Layer, request: PredictionRequest, predictor: ImagePredictor) -> Layer:
    """The layer after the network's answer.

    Asked for are the objects with strokes since the last commit and those whose mask a new stroke runs over; the
    others, and locked ones, keep their masks.
    """
    strokes = _all_strokes(request.strokes, request.size_hw)
    new = _all_strokes(request.new, request.size_hw)
    wanted = _objects_wanted(layer, strokes, new, request)
    if not wanted:
        return layer
    logits = _ask(layer, strokes, wanted, request, predictor)
    _keep_in_boxes(logits, wanted, layer, request)
    size_hw = _finer_size_hw(layer, (logits.shape[1], logits.shape[2]))
    logits = resized_logits(logits, size_hw)
    before = _with_objects(resized_layer(layer, size_hw), wanted)
    after_logits = before.logits.copy()
    for channel, object_id in enumerate(wanted):
        after_logits[before.object_ids.index(object_id)] = logits[channel]
    after = replace(before, logits=after_logits)
    return _merged(before, after, new, request)


def _all_strokes(drawn: Sequence[DrawnStroke], size_hw: tuple[int, int]) -> tuple[Stroke, ...]:
    return tuple(stroke for one in drawn for stroke in network_strokes(one, size_hw))


def _objects_wanted(
    layer: Layer, strokes: Sequence[Stroke], new: Sequence[Stroke], request: PredictionRequest
) -> tuple[int, ...]:
    wanted = {stroke.object_id for stroke in strokes} - {BACKGROUND_ID}
    touched = touched_cells(new, request.size_hw, layer.size_hw)
    for object_id, logits in zip(layer.object_ids, layer.logits, strict=True):
        if (logits[touched] > 0).any():
            wanted.add(object_id)
    return tuple(sorted(wanted - request.locked_ids))


def _ask(
    layer: Layer,
    strokes: Sequence[Stroke],
    wanted: tuple[int, ...],
    request: PredictionRequest,
    predictor: ImagePredictor,
) -> HalfArray:
    """The answer (N, h, w), in the precision in which masks are kept, so that live and replayed answers agree."""
    if request.overlap == "exclusive":
        logits = predictor(strokes, _previous(layer, request), wanted)
    else:
        answers = []
        for object_id in wanted:
            own = [stroke for stroke in strokes if stroke.object_id in (object_id, BACKGROUND_ID)]
            answers.append(predictor(own, _previous(only_object(layer, object_id), request), (object_id,)))
        logits = np.concatenate(answers)
    if logits.ndim != 3 or len(logits) != len(wanted) or not np.isfinite(logits).all():
        raise MaskError(f"the network's answer for {len(wanted)} objects has the shape {logits.shape} or is not finite")
    return np.clip(logits, -_LOGIT_LIMIT, _LOGIT_LIMIT).astype(np.float16)


def _keep_in_boxes(logits: HalfArray, object_ids: Sequence[int], layer: Layer, request: PredictionRequest) -> None:
    """An object that begins with a box has nothing outside of it; later strokes may reach farther."""
    rows, columns = logits.shape[1] / request.size_hw[0], logits.shape[2] / request.size_hw[1]
    for one in request.new:
        alone = all(other.object_id != one.object_id or other is one for other in request.strokes)
        is_new = one.object_id not in (BACKGROUND_ID, *layer.object_ids) and alone
        if one.tool != "box" or one.sign == "negative" or not is_new:
            continue
        xs, ys = [x * columns for x, _ in one.points], [y * rows for _, y in one.points]
        outside = np.ones(logits.shape[1:], dtype=bool)
        (left, right), (top, bottom) = ((max(0, round(min(at))), max(0, round(max(at)))) for at in (xs, ys))
        outside[top:bottom, left:right] = False
        logits[list(object_ids).index(one.object_id)][outside] = ABSENT_LOGIT


def _finer_size_hw(layer: Layer, answer_size_hw: tuple[int, int]) -> tuple[int, int]:
    """The size of masks and answer together: a coarse answer does not make masks coarse that were found closer."""
    if layer.object_ids and layer.size_hw[0] * layer.size_hw[1] > answer_size_hw[0] * answer_size_hw[1]:
        return layer.size_hw
    return answer_size_hw


def _previous(layer: Layer, request: PredictionRequest) -> ObjectLogits | None:
    if not layer.object_ids:
        return None
    return with_hard_pixels(object_logits(layer), layer.hard, request.size_hw)


def _with_objects(layer: Layer, object_ids: Sequence[int]) -> Layer:
    """The layer with an empty mask for each object that has none."""
    new = tuple(object_id for object_id in object_ids if object_id not in layer.object_ids)
    if not new:
        return layer
    absent = np.full((len(new), *layer.size_hw), ABSENT_LOGIT, dtype=np.float16)
    return replace(layer, object_ids=layer.object_ids + new, logits=np.concatenate([layer.logits, absent]))


def _merged(before: Layer, after: Layer, new: Sequence[Stroke], request: PredictionRequest) -> Layer:
    """What of the answer is taken over, object by object where they may overlap.

    Masks of the last commit move only where the new strokes touch the change.
    """
    groups: list[list[int]] = [list(range(len(before.object_ids)))]
    if request.overlap == "overlapping":
        groups = [[row] for row in groups[0]]
    logits, changed = after.logits.copy(), before.changed.copy()
    for rows in groups:
        ids = [before.object_ids[row] for row in rows]
        is_local = not request.committed_ids.isdisjoint(ids)
        if changed.all() and not is_local:
            continue
        old = label_map_from_logits(before.logits[rows].astype(np.float32), ids)
        answer = label_map_from_logits(after.logits[rows].astype(np.float32), ids)
        if is_local:
            accepted = _accepted(old, answer, new, ids, request)
            logits[rows] = np.where(accepted, after.logits[rows], before.logits[rows])
            answer = np.where(accepted, answer, old)
        around = np.ones((3, 3), dtype=np.uint8)
        changed |= cv2.dilate((old != answer).astype(np.uint8), around).astype(bool)
    return replace(after, logits=logits, changed=changed)


def _accepted(
    old: LabelMap, answer: LabelMap, new: Sequence[Stroke], object_ids: Sequence[int], request: PredictionRequest
) -> BoolArray:
    """Changes that the new strokes touch, and all changes of objects that are still to be found as a whole."""
    touched = touched_cells(new, request.size_hw, (old.shape[0], old.shape[1]))
    for object_id in set(object_ids) - request.committed_ids:
        touched |= (answer == object_id) | (old == object_id)
    return touched_changes(old, answer, touched)
