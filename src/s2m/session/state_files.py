"""The states of an annotation in, one compressed file out, and back: it spares the network on opening an image."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

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

_VERSION = 4
_Thing = TypeVar("_Thing")


class _LayerFields(Frozen):
    """All of a layer; what states share is named by its place in the file's lists."""

    size_hw: tuple[int, int]
    logits: dict[int, int]
    exact: tuple[int, ...]
    changed: dict[int, int]
    hard: tuple[int, ...]


class _KeptArray(Frozen):
    """An array that has one value but in a box: left, top, right, bottom."""

    fill: float
    box_xyxy: tuple[int, int, int, int]

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the box."""
        left, top, right, bottom = self.box_xyxy
        return slice(top, bottom), slice(left, right)


class _StateFields(Frozen):
    """All of a state, as ``_LayerFields``, and the line of the journal that gave it."""

    number: int
    image_name: str
    size_hw: tuple[int, int]
    overlap: Overlap
    objects: tuple[AnnotatedObject, ...]
    start: _LayerFields
    layer: _LayerFields
    chain: tuple[int, ...]
    past_strokes: tuple[int, ...]
    locks: tuple[int, ...]
    status: ImageStatus
    note: str


class _FileFields(Frozen):
    """Some states, of which journal they are, and everything of theirs but the arrays, each once."""

    version: int
    journal_nbytes: int
    journal_sha256: str
    states: tuple[_StateFields, ...]
    arrays: tuple[_KeptArray, ...]
    exact: tuple[ExactMask, ...]
    hard: tuple[HardPixels, ...]
    commands: tuple[MaskCommand, ...]
    strokes: tuple[DrawnStroke, ...]


def write_states(path: Path, states: Mapping[int, AnnotationState], journal: Path, journal_nbytes: int) -> None:
    """Keep the states after some lines of a journal, by their number, that is ``journal_nbytes`` long.

    Raises:
        OutputError: the file cannot be written.
    """
    shared = _Shared()
    fields = _FileFields(
        version=_VERSION,
        journal_nbytes=journal_nbytes,
        journal_sha256=sha256_of_start(journal, journal_nbytes),
        states=tuple(shared.fields_of(number, state) for number, state in states.items()),
        arrays=tuple(_kept(array) for array in shared.arrays.things),
        exact=tuple(shared.exact.things),
        hard=tuple(shared.hard.things),
        commands=tuple(shared.commands.things),
        strokes=tuple(shared.strokes.things),
    )
    buffer = io.BytesIO()
    text = np.frombuffer(fields.model_dump_json().encode(), dtype=np.uint8)
    pairs = zip(shared.arrays.things, fields.arrays, strict=True)
    crops = {str(index): array[kept.place] for index, (array, kept) in enumerate(pairs)}
    np.savez_compressed(buffer, allow_pickle=False, fields=text, **crops)
    write_atomically(path, buffer.getvalue())


def read_states(path: Path, journal: Path) -> dict[int, AnnotationState]:
    """The states that were kept, by the numbers of their lines; none where they are missing or of another journal.

    A cache may be missing or damaged without harm: the journal gives the same again.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as crops:
            fields = _FileFields.model_validate_json(crops["fields"].tobytes())
            if fields.version != _VERSION or fields.journal_sha256 != sha256_of_start(journal, fields.journal_nbytes):
                return {}
            sizes_hw = {place: state.layer.size_hw for state in fields.states for place in _arrays_of(state)}
            arrays = [_array_of(kept, crops[str(index)], sizes_hw[index]) for index, kept in enumerate(fields.arrays)]
            return {state.number: _state_of(state, fields, arrays) for state in fields.states}
    except Exception:  # Damage shows in errors of many kinds: of zip, zlib, NumPy and the memory.
        return {}


class _Each(Generic[_Thing]):
    """Things, each once, although states share most of them."""

    def __init__(self) -> None:
        self.things: list[_Thing] = []
        self._places: dict[int, int] = {}

    def place_of(self, thing: _Thing) -> int:
        """Where a thing stands."""
        if id(thing) not in self._places:
            self._places[id(thing)] = len(self.things)
            self.things.append(thing)
        return self._places[id(thing)]

    def places_of(self, things: Iterable[_Thing]) -> tuple[int, ...]:
        """Where some things stand."""
        return tuple(self.place_of(thing) for thing in things)


class _Shared:
    """What states share."""

    def __init__(self) -> None:
        self.arrays = _Each[NDArray[Any]]()
        self.exact = _Each[ExactMask]()
        self.hard = _Each[HardPixels]()
        self.commands = _Each[MaskCommand]()
        self.strokes = _Each[DrawnStroke]()

    def fields_of(self, number: int, state: AnnotationState) -> _StateFields:
        """A state, named by places."""
        return _StateFields(
            number=number,
            image_name=state.image_name,
            size_hw=state.size_hw,
            overlap=state.overlap,
            objects=state.objects,
            start=self._fields_of_layer(state.start),
            layer=self._fields_of_layer(state.layer),
            chain=self.commands.places_of(state.chain),
            past_strokes=self.strokes.places_of(state.past_strokes),
            locks=self.exact.places_of(state.locks),
            status=state.status,
            note=state.note,
        )

    def _fields_of_layer(self, layer: Layer) -> _LayerFields:
        logits = zip(layer.object_ids, layer.logits, strict=True)
        return _LayerFields(
            size_hw=layer.size_hw,
            logits={object_id: self.arrays.place_of(array) for object_id, array in logits},
            exact=self.exact.places_of(layer.exact),
            changed={object_id: self.arrays.place_of(array) for object_id, array in layer.changed.items()},
            hard=self.hard.places_of(layer.hard),
        )


def _arrays_of(state: _StateFields) -> Iterator[int]:
    for layer in (state.start, state.layer):
        yield from layer.logits.values()
        yield from layer.changed.values()


def _kept(array: NDArray[Any]) -> _KeptArray:
    left, top, right, bottom = box_around(array != array[0, 0])
    return _KeptArray(fill=float(array[0, 0]), box_xyxy=(left, top, right, bottom))


def _array_of(kept: _KeptArray, crop: NDArray[Any], size_hw: tuple[int, int]) -> NDArray[Any]:
    array = np.full(size_hw, kept.fill, dtype=crop.dtype)
    array[kept.place] = crop
    return array


def _layer_of(layer: _LayerFields, fields: _FileFields, arrays: Sequence[NDArray[Any]]) -> Layer:
    logits = tuple(arrays[place] for place in layer.logits.values())
    changed = {object_id: arrays[place] for object_id, place in layer.changed.items()}
    if any(array.dtype != np.float16 for array in logits) or any(array.dtype != np.bool_ for array in changed.values()):
        raise ValueError("the arrays of a kept state do not fit it")
    exact = tuple(fields.exact[place] for place in layer.exact)
    hard = tuple(fields.hard[place] for place in layer.hard)
    return Layer(layer.size_hw, tuple(layer.logits), logits, exact, changed, hard)


def _state_of(state: _StateFields, fields: _FileFields, arrays: Sequence[NDArray[Any]]) -> AnnotationState:
    return AnnotationState(
        state.image_name,
        state.size_hw,
        state.overlap,
        state.objects,
        _layer_of(state.start, fields, arrays),
        _layer_of(state.layer, fields, arrays),
        tuple(fields.commands[place] for place in state.chain),
        tuple(fields.strokes[place] for place in state.past_strokes),
        tuple(fields.exact[place] for place in state.locks),
        state.status,
        state.note,
    )
