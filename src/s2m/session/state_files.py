"""An annotation state in, one compressed file out, and back: the cache that spares the network on opening an image."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2m.engine.geometry import box_around
from s2m.files.atomic import write_atomically
from s2m.session.commands import DrawnStroke, ImageStatus, MaskCommand
from s2m.session.masks import Layer, Overlap
from s2m.session.packed_masks import ExactMask, HardPixels
from s2m.session.project_files import sha256_of_start
from s2m.session.state import AnnotatedObject, AnnotationState
from s2m.types import Frozen

_VERSION = 3


class _LayerFields(Frozen):
    """All of a layer but its arrays, which are named by their places among those of the state."""

    size_hw: tuple[int, int]
    logits: dict[int, int]
    exact: tuple[ExactMask, ...]
    changed: dict[int, int]
    hard: tuple[HardPixels, ...]


class _KeptArray(Frozen):
    """An array that has one value but in a box: left, top, right, bottom."""

    fill: float
    box_xyxy: tuple[int, int, int, int]


class _StateFields(Frozen):
    """All of a state but its arrays, and of which journal it is."""

    version: int
    number: int
    journal_nbytes: int
    journal_sha256: str
    image_name: str
    size_hw: tuple[int, int]
    overlap: Overlap
    objects: tuple[AnnotatedObject, ...]
    start: _LayerFields
    layer: _LayerFields
    arrays: tuple[_KeptArray, ...]
    chain: tuple[MaskCommand, ...]
    past_strokes: tuple[DrawnStroke, ...]
    locks: tuple[ExactMask, ...]
    status: ImageStatus
    note: str


def write_state(path: Path, state: AnnotationState, number: int, journal: Path, journal_nbytes: int) -> None:
    """Keep the state after line ``number`` of a journal that is ``journal_nbytes`` long.

    Raises:
        OutputError: the file cannot be written.
    """
    arrays = _Arrays()
    fields = _StateFields(
        version=_VERSION,
        number=number,
        journal_nbytes=journal_nbytes,
        journal_sha256=sha256_of_start(journal, journal_nbytes),
        image_name=state.image_name,
        size_hw=state.size_hw,
        overlap=state.overlap,
        objects=state.objects,
        start=_fields_of(state.start, arrays),
        layer=_fields_of(state.layer, arrays),
        arrays=tuple(arrays.kept),
        chain=state.chain,
        past_strokes=state.past_strokes,
        locks=state.locks,
        status=state.status,
        note=state.note,
    )
    buffer = io.BytesIO()
    text = np.frombuffer(fields.model_dump_json().encode(), dtype=np.uint8)
    crops = {str(index): crop for index, crop in enumerate(arrays.crops)}
    np.savez_compressed(buffer, allow_pickle=False, fields=text, **crops)
    write_atomically(path, buffer.getvalue())


def read_state(path: Path, journal: Path) -> tuple[int, AnnotationState] | None:
    """The state that was kept, with the number of its line; None where there is none or it is of another journal.

    A cache may be missing or damaged without harm: the journal gives the same again.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            fields = _StateFields.model_validate_json(arrays["fields"].tobytes())
            if fields.version != _VERSION or fields.journal_sha256 != sha256_of_start(journal, fields.journal_nbytes):
                return None
            return fields.number, _state_of(fields, arrays)
    except Exception:  # Damage shows in errors of many kinds: of zip, zlib, NumPy and the memory.
        return None


class _Arrays:
    """The arrays of a state, each once, although its layers share most of them."""

    def __init__(self) -> None:
        self.kept: list[_KeptArray] = []
        self.crops: list[NDArray[Any]] = []
        self._places: dict[int, int] = {}

    def place_of(self, array: NDArray[Any]) -> int:
        if id(array) not in self._places:
            left, top, right, bottom = box_around(array != array[0, 0])
            self._places[id(array)] = len(self.kept)
            self.kept.append(_KeptArray(fill=float(array[0, 0]), box_xyxy=(left, top, right, bottom)))
            self.crops.append(array[top:bottom, left:right])
        return self._places[id(array)]


def _fields_of(layer: Layer, arrays: _Arrays) -> _LayerFields:
    logits = zip(layer.object_ids, layer.logits, strict=True)
    return _LayerFields(
        size_hw=layer.size_hw,
        logits={object_id: arrays.place_of(array) for object_id, array in logits},
        exact=layer.exact,
        changed={object_id: arrays.place_of(array) for object_id, array in layer.changed.items()},
        hard=layer.hard,
    )


def _array_of(kept: _KeptArray, crop: NDArray[Any], size_hw: tuple[int, int]) -> NDArray[Any]:
    array = np.full(size_hw, kept.fill, dtype=crop.dtype)
    left, top, right, bottom = kept.box_xyxy
    array[top:bottom, left:right] = crop
    return array


def _layer_of(fields: _LayerFields, arrays: Sequence[NDArray[Any]]) -> Layer:
    logits = tuple(arrays[place] for place in fields.logits.values())
    changed = {object_id: arrays[place] for object_id, place in fields.changed.items()}
    if any(array.dtype != np.float16 for array in logits) or any(array.dtype != np.bool_ for array in changed.values()):
        raise ValueError("the arrays of a kept state do not fit it")
    return Layer(fields.size_hw, tuple(fields.logits), logits, fields.exact, changed, fields.hard)


def _state_of(fields: _StateFields, crops: Mapping[str, NDArray[Any]]) -> AnnotationState:
    size_hw = fields.layer.size_hw
    arrays = [_array_of(kept, crops[str(index)], size_hw) for index, kept in enumerate(fields.arrays)]
    return AnnotationState(
        fields.image_name,
        fields.size_hw,
        fields.overlap,
        fields.objects,
        _layer_of(fields.start, arrays),
        _layer_of(fields.layer, arrays),
        fields.chain,
        fields.past_strokes,
        fields.locks,
        fields.status,
        fields.note,
    )
