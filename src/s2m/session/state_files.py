"""An annotation state in, one compressed file out, and back: the cache that spares the network on opening an image."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2m.files.atomic import write_atomically
from s2m.session.commands import DrawnStroke, ImageStatus, MaskCommand
from s2m.session.masks import Layer, Overlap
from s2m.session.packed_masks import ExactMask, HardPixels
from s2m.session.project_files import sha256_of_start
from s2m.session.state import AnnotatedObject, AnnotationState
from s2m.types import Frozen

_VERSION = 2


class _LayerFields(Frozen):
    size_hw: tuple[int, int]
    object_ids: tuple[int, ...]
    exact: tuple[ExactMask, ...]
    changed_ids: tuple[int, ...]
    hard: tuple[HardPixels, ...]


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
    fields = _StateFields(
        version=_VERSION,
        number=number,
        journal_nbytes=journal_nbytes,
        journal_sha256=sha256_of_start(journal, journal_nbytes),
        image_name=state.image_name,
        size_hw=state.size_hw,
        overlap=state.overlap,
        objects=state.objects,
        start=_fields_of(state.start),
        layer=_fields_of(state.layer),
        chain=state.chain,
        past_strokes=state.past_strokes,
        locks=state.locks,
        status=state.status,
        note=state.note,
    )
    buffer = io.BytesIO()
    arrays = {**_arrays_of("start", state.start), **_arrays_of("layer", state.layer)}
    np.savez_compressed(
        buffer, allow_pickle=False, fields=np.frombuffer(fields.model_dump_json().encode(), dtype=np.uint8), **arrays
    )
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


def _fields_of(layer: Layer) -> _LayerFields:
    return _LayerFields(
        size_hw=layer.size_hw,
        object_ids=layer.object_ids,
        exact=layer.exact,
        changed_ids=tuple(layer.changed),
        hard=layer.hard,
    )


def _arrays_of(name: str, layer: Layer) -> dict[str, NDArray[Any]]:
    stack = (-1, *layer.size_hw)
    return {
        f"{name}_logits": np.asarray(layer.logits, dtype=np.float16).reshape(stack),
        f"{name}_changed": np.asarray(list(layer.changed.values()), dtype=bool).reshape(stack),
    }


def _layer_of(name: str, fields: _LayerFields, arrays: Mapping[str, NDArray[Any]]) -> Layer:
    logits, changed = arrays[f"{name}_logits"], arrays[f"{name}_changed"]
    if logits.dtype != np.float16 or logits.shape != (len(fields.object_ids), *fields.size_hw):
        raise ValueError("the logits of a kept state do not fit it")
    if changed.dtype != np.bool_ or changed.shape != (len(fields.changed_ids), *fields.size_hw):
        raise ValueError("the changes of a kept state do not fit it")
    by_object = dict(zip(fields.changed_ids, changed, strict=True))
    return Layer(fields.size_hw, fields.object_ids, tuple(logits), fields.exact, by_object, fields.hard)


def _state_of(fields: _StateFields, arrays: Mapping[str, NDArray[Any]]) -> AnnotationState:
    return AnnotationState(
        fields.image_name,
        fields.size_hw,
        fields.overlap,
        fields.objects,
        _layer_of("start", fields.start, arrays),
        _layer_of("layer", fields.layer, arrays),
        fields.chain,
        fields.past_strokes,
        fields.locks,
        fields.status,
        fields.note,
    )
