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

_VERSION = 1


class _LayerFields(Frozen):
    object_ids: tuple[int, ...]
    exact: tuple[ExactMask, ...]
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
    np.savez_compressed(
        buffer,
        fields=np.frombuffer(fields.model_dump_json().encode(), dtype=np.uint8),
        start_logits=state.start.logits,
        start_changed=state.start.changed,
        layer_logits=state.layer.logits,
        layer_changed=state.layer.changed,
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
    return _LayerFields(object_ids=layer.object_ids, exact=layer.exact, hard=layer.hard)


def _layer_of(fields: _LayerFields, logits: NDArray[Any], changed: NDArray[Any]) -> Layer:
    if logits.shape != (len(fields.object_ids), *changed.shape) or logits.dtype != np.float16:
        raise ValueError("the arrays of a kept state do not fit it")
    return Layer(fields.object_ids, logits, fields.exact, changed.astype(bool), fields.hard)


def _state_of(fields: _StateFields, arrays: Mapping[str, NDArray[Any]]) -> AnnotationState:
    return AnnotationState(
        fields.image_name,
        fields.size_hw,
        fields.overlap,
        fields.objects,
        _layer_of(fields.start, arrays["start_logits"], arrays["start_changed"]),
        _layer_of(fields.layer, arrays["layer_logits"], arrays["layer_changed"]),
        fields.chain,
        fields.past_strokes,
        fields.locks,
        fields.status,
        fields.note,
    )
