"""Annotation states in, the outlines of their objects out; only those that changed since the last state are traced."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from s2m.engine.geometry import box_around
from s2m.session import AnnotationState
from s2m.session.masks import HalfArray
from s2m.types import BoolArray, FloatArray
from s2m.web.outlines import Ring, object_margins, settle_margins, trace_outlines
from s2m.web.small_masks import small_object_masks

_SURELY_ABSENT_LOGIT = -4.0
"""Cells where an object is less likely than this have no part in outlines, neither in its own nor in others'."""

Place = tuple[int, int, int, int]
"""left, top, right, bottom in cells, right and bottom exclusive."""


@dataclass(frozen=True)
class ShownMask:
    """One object as the page draws it.

    Attributes:
        object_id: the object.
        rings: its outlines, x, y, x, y... in image pixels, to a tenth of a pixel or finer.
        area_share: of the image, 0..1.
        fingerprint: equal for equal rings.
    """

    object_id: int
    rings: tuple[list[float], ...]
    area_share: float
    fingerprint: str


@dataclass(frozen=True)
class _Source:
    """What the outline of one object is made of: its logits, those of its neighbours, and the mask as it is saved."""

    place: Place
    logits: tuple[HalfArray, ...]
    saved: BoolArray | None

    def is_same(self, other: _Source) -> bool:
        same_logits = len(self.logits) == len(other.logits) and all(map(_is, self.logits, other.logits))
        if self.place != other.place or not same_logits or (self.saved is None) != (other.saved is None):
            return False
        return self.saved is None or other.saved is None or np.array_equal(self.saved, other.saved)


class MaskOutlines:
    """The outlines of an image's objects, as they change."""

    def __init__(self) -> None:
        self._places: dict[int, tuple[HalfArray, Place | None]] = {}
        self._traced: dict[int, tuple[_Source, ShownMask]] = {}

    def of(self, state: AnnotationState) -> tuple[ShownMask, ...]:
        """The outlines of every object of a state, in the order of the objects."""
        places = {object_id: self._place_of(state, object_id) for object_id in state.layer.object_ids}
        self._places = {one: known for one, known in self._places.items() if one in places}
        saved = _saved_masks(state)
        traced = {}
        for object_id in state.object_ids:
            source = _source_of(state, object_id, places, saved)
            known = self._traced.get(object_id)
            if known is not None and known[0].is_same(source):
                traced[object_id] = known
            else:
                traced[object_id] = (source, _traced(object_id, source, state))
        self._traced = traced
        return tuple(mask for _, mask in traced.values())

    def _place_of(self, state: AnnotationState, object_id: int) -> Place | None:
        """Where an object may be; computed once for each of its logits."""
        logits = state.layer.of(object_id)
        assert logits is not None, "every object of the layer has logits"
        known = self._places.get(object_id)
        if known is None or known[0] is not logits:
            known = (logits, _place_around(logits.astype(np.float32) > _SURELY_ABSENT_LOGIT))
            self._places[object_id] = known
        return known[1]


def _is(first: object, second: object) -> bool:
    return first is second


def _saved_masks(state: AnnotationState) -> dict[int, BoolArray]:
    """The masks (h, w) of all objects as they are saved, where something else than the network decides about pixels."""
    layer = state.layer
    if layer.exact or layer.hard or state.locks or set(state.object_ids) - set(layer.object_ids):
        return small_object_masks(state, layer.size_hw)
    return {}


def _source_of(
    state: AnnotationState, object_id: int, places: dict[int, Place | None], saved: dict[int, BoolArray]
) -> _Source:
    mask = saved.get(object_id)
    found = [places.get(object_id), None if mask is None else _place_around(mask)]
    boxes = np.array([place for place in found if place is not None])
    if len(boxes) == 0:
        return _Source((0, 0, 0, 0), (), None)
    height, width = state.layer.size_hw
    left, top = np.maximum(boxes[:, :2].min(axis=0) - 1, 0).tolist()
    right, bottom = np.minimum(boxes[:, 2:].max(axis=0) + 1, (width, height)).tolist()
    place = (left, top, right, bottom)
    near = [object_id]
    if state.overlap == "exclusive":
        near += [one for one, other in places.items() if one != object_id and other is not None and _meet(place, other)]
    known = dict(zip(state.layer.object_ids, state.layer.logits, strict=True))
    logits = tuple(known[one] for one in near) if object_id in places else ()
    return _Source(place, logits, None if mask is None else mask[top:bottom, left:right].copy())


def _place_around(mask: BoolArray) -> Place | None:
    place = box_around(mask)
    return place if place[2] > place[0] else None


def _meet(first: Place, second: Place) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def _traced(object_id: int, source: _Source, state: AnnotationState) -> ShownMask:
    left, top, right, bottom = source.place
    rings: tuple[Ring, ...] = ()
    share = 0.0
    if right > left and bottom > top:
        margin = _margin_of(source)
        height, width = state.layer.size_hw
        scale_xy = (state.size_hw[1] / width, state.size_hw[0] / height)
        rings = trace_outlines(margin, scale_xy, (left, top), state.size_hw)
        share = float((margin > 0).sum() / (height * width))
    rounded = tuple(np.round(ring, 2).ravel().tolist() for ring in rings)
    digest = hashlib.blake2s(b"|".join(np.asarray(ring, np.float32).tobytes() for ring in rounded), digest_size=8)
    return ShownMask(object_id, rounded, share, digest.hexdigest())


def _margin_of(source: _Source) -> FloatArray:
    """How far the object leads in its place, (h, w) float32, positive where it is saved."""
    left, top, right, bottom = source.place
    if not source.logits:
        assert source.saved is not None, "an object without logits is found as it is saved"
        return np.where(source.saved, np.float32(1), np.float32(-1))
    crops = np.stack([logits[top:bottom, left:right] for logits in source.logits]).astype(np.float32)
    margin = object_margins(crops)[0]
    return margin if source.saved is None else settle_margins(margin, source.saved)
