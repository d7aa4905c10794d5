"""Whatever is done, undone and redone, the journal gives the same label map, byte for byte."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from disc_network import SIZE_HW, DiscAnswerer, open_session
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s2m.engine.components import touched_cells
from s2m.errors import JournalError
from s2m.session import (
    AddObject,
    Brush,
    ChangeObjects,
    ChangeStroke,
    Clear,
    Command,
    Configure,
    DeleteObjects,
    DeleteStroke,
    Draw,
    DrawnStroke,
    DropSpecks,
    Erase,
    FillHoles,
    ImportMasks,
    JournalHeader,
    Keep,
    MarkImage,
    MemoryJournal,
    MergeObjects,
    Redo,
    Session,
    ShowObjects,
    Smooth,
    SplitObject,
    Undo,
    command_from_json,
)
from s2m.session.shapes import network_strokes
from s2m.session.state import AnnotationState
from s2m.session.state_files import read_states, write_states
from s2m.types import LabelMap

OBJECT_IDS = st.integers(1, 3)
POINTS = st.lists(
    st.tuples(st.integers(-2, SIZE_HW[1] + 2).map(float), st.integers(-2, SIZE_HW[0] + 2).map(float)),
    min_size=1,
    max_size=4,
).map(tuple)
KEYS = st.sampled_from(["a", "b", "c", "d", "e", "f"])
SIGNS = st.sampled_from(["positive", "negative"])
STROKES = st.one_of(
    *(
        st.builds(
            DrawnStroke,
            points=points,
            object_id=st.integers(0, 4),
            sign=SIGNS,
            tool=st.sampled_from(tools),
            key=KEYS,
        )
        for points, tools in (
            (POINTS, ["stroke", "dot"]),
            (st.tuples(*[POINTS.map(lambda points: points[0])] * 2), ["stroke", "box"]),
            (st.tuples(*[POINTS.map(lambda points: points[0])] * 4), ["stroke", "lasso"]),
        )
    )
)


@st.composite
def label_maps(draw: st.DrawFn) -> LabelMap:
    labels = np.zeros(SIZE_HW, dtype=np.int32)
    for object_id in draw(st.lists(OBJECT_IDS, max_size=3)):
        y, x = draw(st.integers(0, 20)), draw(st.integers(0, 28))
        labels[y : y + draw(st.integers(1, 9)), x : x + draw(st.integers(1, 9))] = object_id
    return labels


COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(Draw, strokes=st.lists(STROKES, min_size=1, max_size=2).map(tuple)),
    *[st.builds(Draw, strokes=st.tuples(STROKES))] * 4,
    *[st.builds(Undo)] * 3,
    *[st.builds(Redo)] * 2,
    st.builds(Keep),
    st.builds(Clear),
    st.builds(AddObject, object_id=OBJECT_IDS),
    st.builds(
        ChangeObjects,
        object_ids=st.lists(OBJECT_IDS, min_size=1, max_size=3).map(tuple),
        locked=st.sampled_from([None, True, False]),
    ),
    st.builds(ShowObjects, object_ids=st.tuples(OBJECT_IDS), visible=st.booleans()),
    st.builds(DeleteObjects, object_ids=st.lists(OBJECT_IDS, min_size=1, max_size=3).map(tuple)),
    st.builds(MergeObjects, object_ids=st.lists(OBJECT_IDS, min_size=1, max_size=2).map(tuple), into_id=OBJECT_IDS),
    st.builds(SplitObject, object_id=OBJECT_IDS),
    st.builds(ChangeStroke, key=KEYS, sign=st.none() | SIGNS, object_id=st.none() | OBJECT_IDS),
    st.builds(DeleteStroke, key=KEYS),
    st.builds(Brush, points=POINTS, object_id=OBJECT_IDS, width_px=st.sampled_from([1.0, 5.0])),
    st.builds(Erase, points=POINTS, object_id=st.integers(0, 3), width_px=st.sampled_from([1.0, 5.0])),
    st.builds(FillHoles, object_id=OBJECT_IDS),
    st.builds(DropSpecks, object_id=OBJECT_IDS, min_area_px=st.none() | st.just(6)),
    st.builds(Smooth, object_id=OBJECT_IDS),
    st.builds(MarkImage, status=st.sampled_from(["done", "flagged"])),
    st.builds(Configure, overlap=st.sampled_from(["exclusive", "overlapping"])),
    label_maps().map(lambda labels: ImportMasks.from_label_map(labels, "masks")),
)


@pytest.fixture(autouse=True, scope="module")
def _without_waiting_for_the_disk() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


FIRST = tuple(
    Draw(strokes=(DrawnStroke(points=((8.0 * object_id, 6.0), (8.0 * object_id, 14.0)), object_id=object_id),))
    for object_id in (1, 2, 3)
)
"""So that there is something to change."""


def fitting(session: Session, command: Command, index: int) -> Command:
    """The command with keys of strokes that are new, or that exist, as it needs them."""
    if isinstance(command, Draw):
        strokes = enumerate(command.strokes)
        return Draw(strokes=tuple(one.model_copy(update={"key": f"{index}-{at}"}) for at, one in strokes))
    if isinstance(command, ChangeStroke | DeleteStroke) and session.state.strokes:
        strokes_now = session.state.strokes
        return command.model_copy(update={"key": strokes_now["abcdef".index(command.key) % len(strokes_now)].key})
    return command


def do_all(session: Session, commands: Sequence[Command]) -> None:
    """Do what fits; the others must leave everything as it was.  Two strokes come too fast."""
    for command in commands:
        before = session.state
        fits = fitting(session, command, session.number)
        try:
            if isinstance(fits, Draw) and len(fits.strokes) > 1:
                session.draw_together([(Draw(strokes=(stroke,)), "") for stroke in fits.strokes])
            else:
                session.do(fits)
        except JournalError:
            assert session.state is before


def begun(path: Path) -> Session:
    session = open_session(path)
    do_all(session, FIRST)
    return session


def everything(session: Session) -> list[bytes]:
    """The label map and every mask, as bytes."""
    state = session.state
    return [state.label_map().tobytes(), *(state.object_mask(one).tobytes() for one in state.object_ids)]


@settings(max_examples=60, deadline=None)
@given(st.lists(COMMANDS, min_size=1, max_size=14))
def test_any_commands_undone_and_redone_equal_the_replay_of_their_journal(commands: list[Command]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jsonl"
        session = begun(path)
        do_all(session, commands)
        session.close()
        again = open_session(path)
        again.close()
        assert everything(again) == everything(session)
        assert (again.undo_label, again.redo_label) == (session.undo_label, session.redo_label)
        assert again.state.objects == session.state.objects
        assert again.state.strokes == session.state.strokes


@settings(max_examples=30, deadline=None)
@given(st.lists(COMMANDS, min_size=1, max_size=8))
def test_undoing_everything_and_redoing_it_gives_every_state_again(commands: list[Command]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        session = begun(Path(folder) / "photo.jsonl")
        do_all(session, [command for command in commands if not isinstance(command, Undo | Redo)])
        states = [everything(session)]
        while session.undo_label is not None:
            session.undo()
            states.append(everything(session))
        session.close()
        again = open_session(Path(folder) / "photo.jsonl")
        for expected in reversed(states[:-1]):
            again.redo()
            assert everything(again) == expected
        again.close()


def kept_after(commands: Sequence[Command], path: Path, kept: Path) -> tuple[Session, dict[int, AnnotationState]]:
    """A session that was closed after some commands, and its states as they were kept and read again."""
    session = begun(path)
    do_all(session, commands)
    snapshot = session.snapshot()
    write_states(kept, snapshot.states, path, snapshot.journal_nbytes)
    session.close()
    found = read_states(kept, path)
    assert found.keys() == snapshot.states.keys()
    return session, found


@settings(max_examples=30, deadline=None)
@given(st.lists(COMMANDS, min_size=1, max_size=8), st.lists(COMMANDS, max_size=4))
def test_a_kept_state_goes_on_like_a_computed_one(before: list[Command], after: list[Command]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, kept = Path(folder) / "photo.jsonl", Path(folder) / "photo.npz"
        first, found = kept_after(before, path, kept)
        predictor = DiscAnswerer()
        second = open_session(path, predictor, known=found)
        assert everything(second) == everything(first)
        assert predictor.calls == 0
        do_all(second, after)
        second.close()
        third = open_session(path)
        assert everything(third) == everything(second)
        third.close()


def test_after_reopening_the_last_steps_are_undone_without_the_network(tmp_path: Path) -> None:
    path, kept = tmp_path / "photo.jsonl", tmp_path / "photo.npz"
    _, found = kept_after([Draw(strokes=(DrawnStroke(points=((4 + index, 5),)),)) for index in range(20)], path, kept)
    predictor = DiscAnswerer()
    second = open_session(path, predictor, known=found)
    second.undo()
    second.undo()
    second.redo()
    second.redo()
    assert predictor.calls == 0
    second.undo()
    second.undo()
    second.undo()
    assert 0 < predictor.calls < 10
    second.close()


@settings(max_examples=20, deadline=None)
@given(st.lists(COMMANDS, min_size=12, max_size=12))
def test_after_reopening_undo_gives_the_states_before(commands: list[Command]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, kept = Path(folder) / "photo.jsonl", Path(folder) / "photo.npz"
        _, found = kept_after(commands, path, kept)
        other = Path(folder) / "other.jsonl"
        other.write_bytes(path.read_bytes())
        second, alone = open_session(path, known=found), open_session(other)
        while second.undo_label is not None:
            second.undo()
            alone.undo()
            assert everything(second) == everything(alone)
        second.close()
        alone.close()


@settings(max_examples=100, deadline=None)
@given(COMMANDS)
def test_a_command_is_the_same_after_a_trip_through_json(command: Command) -> None:
    assert command_from_json(command.model_dump_json()) == command


@settings(max_examples=40, deadline=None)
@given(st.lists(COMMANDS, min_size=1, max_size=12))
def test_a_stroke_takes_no_pixel_from_an_object_that_it_does_not_run_over(commands: list[Command]) -> None:
    header = JournalHeader(image="photo.jpg", size_hw=SIZE_HW, overlap="exclusive")
    session = Session(MemoryJournal.begin(header), DiscAnswerer(), "discs")
    do_all(session, FIRST)
    for command in commands:
        if not isinstance(command, Draw):
            do_all(session, [command])
            continue
        before, number = session.state, session.number
        do_all(session, [command])
        if session.number == number or before.overlap == "overlapping":
            continue
        drawn = {stroke.object_id for stroke in command.strokes}
        for object_id in set(before.object_ids) - drawn:
            mask, logits = before.object_mask(object_id), before.layer.of(object_id)
            is_kept = object_id in before.locked_ids or not any(
                _runs_over(stroke, logits) for stroke in command.strokes if stroke.sign == "positive"
            )
            if is_kept:
                sure = mask if logits is None else mask & (logits > 0)
                assert session.state.object_mask(object_id)[sure].all()


def _runs_over(stroke: DrawnStroke, logits: NDArray[np.float16] | None) -> bool:
    if logits is None:
        return False
    strokes = network_strokes(stroke, SIZE_HW)
    return bool((logits[touched_cells(strokes, SIZE_HW, logits.shape, thickness=1)] > 0).any())
