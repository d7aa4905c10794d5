"""Commands done and undone, and what they are called; undo and redo without limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from s2m.errors import JournalError
from s2m.session.answers import ImagePredictor
from s2m.session.apply import apply
from s2m.session.commands import (
    AddObject,
    Brush,
    ChangeObjects,
    ChangeStroke,
    Clear,
    Configure,
    DeleteObjects,
    DeleteStroke,
    Draw,
    DrawnStroke,
    DropSpecks,
    Edit,
    Erase,
    FillHoles,
    ImportMasks,
    Keep,
    MarkImage,
    MergeObjects,
    ModelUsed,
    PasteObjects,
    Redo,
    ShowObjects,
    Smooth,
    SplitObject,
    Undo,
)
from s2m.session.journal import DroppedStroke, JournalEntry, JournalReading, StrokePart
from s2m.session.state import AnnotationState, initial_state


@dataclass(frozen=True)
class HistoryEntry:
    """One command.

    Attributes:
        number: of its line in the journal.
        command: what was done.
        label: what it is called, such as "stroke 3 of cat".
        at: when, ISO 8601.
    """

    number: int
    command: Edit
    label: str
    at: str


@dataclass(frozen=True)
class History:
    """What was done, oldest first, and what was undone, the last one undone at the end."""

    done: tuple[HistoryEntry, ...] = ()
    undone: tuple[HistoryEntry, ...] = ()

    def with_entry(self, entry: HistoryEntry) -> History:
        """After a new command; what was undone can no longer be redone."""
        return History((*self.done, entry))

    def with_undo(self) -> History:
        """After undo.

        Raises:
            JournalError: there is nothing to undo.
        """
        if not self.done:
            raise JournalError("there is nothing to undo; this is how the image was opened first")
        return History(self.done[:-1], (*self.undone, self.done[-1]))

    def with_redo(self) -> History:
        """After redo.

        Raises:
            JournalError: there is nothing to redo.
        """
        if not self.undone:
            raise JournalError("there is nothing to redo; the last thing done was not an undo")
        return History((*self.done, self.undone[-1]), self.undone[:-1])


@dataclass(frozen=True)
class Snapshot:
    """What belongs together of a session at one moment.

    Attributes:
        number: of the last line of the journal.
        state: the annotation.
        states: this one and some before it, by the numbers of their lines, for ``KeptStates``.
        history: done and undone.
        times: when each line was written.
        journal_nbytes: length of the journal, 0 where nothing is written.
    """

    number: int
    state: AnnotationState
    states: Mapping[int, AnnotationState]
    history: History
    times: tuple[str, ...]
    journal_nbytes: int


def history_of(reading: JournalReading) -> History:
    """What was done and undone according to a journal; no state is computed."""
    done: list[HistoryEntry] = []
    undone: list[HistoryEntry] = []
    for line in reading.lines:
        if isinstance(line.entry, Undo):
            if not done:
                History().with_undo()
            undone.append(done.pop())
        elif isinstance(line.entry, Redo):
            if not undone:
                History().with_redo()
            done.append(undone.pop())
        elif not isinstance(line.entry, ShowObjects | ModelUsed | StrokePart | DroppedStroke):
            done.append(HistoryEntry(line.number, line.entry, line.label, line.at))
            undone.clear()
    return History(tuple(done), tuple(undone))


def hidden_after(entries: Iterable[JournalEntry], hidden: frozenset[int] = frozenset()) -> frozenset[int]:
    """The objects that are hidden after some lines of a journal; those that go leave their ids to others."""
    for entry in entries:
        if isinstance(entry, ShowObjects):
            hidden = hidden - set(entry.object_ids) if entry.visible else hidden | set(entry.object_ids)
        elif isinstance(entry, DeleteObjects):
            hidden -= set(entry.object_ids)
        elif isinstance(entry, MergeObjects):
            hidden -= set(entry.object_ids) - {entry.into_id}
    return hidden


def unfinished_strokes(reading: JournalReading) -> dict[str, DrawnStroke]:
    """Strokes that were being drawn when a journal ended, by key."""
    unfinished: dict[str, DrawnStroke] = {}
    for line in reading.lines:
        if isinstance(line.entry, StrokePart):
            unfinished[line.entry.stroke.key] = joined(unfinished.get(line.entry.stroke.key), line.entry.stroke)
        elif isinstance(line.entry, DroppedStroke):
            unfinished.pop(line.entry.dropped_key, None)
        elif isinstance(line.entry, Draw):
            for stroke in line.entry.strokes:
                unfinished.pop(stroke.key, None)
    return unfinished


def joined(before: DrawnStroke | None, part: DrawnStroke) -> DrawnStroke:
    """A stroke in progress with the points of one more part."""
    if before is None:
        return part
    return part.model_copy(
        update={"points": before.points + part.points, "pressures": before.pressures + part.pressures}
    )


def last_model(reading: JournalReading) -> str | None:
    """The model that answered last according to a journal, or None where none has answered."""
    models = [line.entry.model_id for line in reading.lines if isinstance(line.entry, ModelUsed)]
    return models[-1] if models else None


def steps_of(done: Iterable[HistoryEntry]) -> list[tuple[int, Edit]]:
    """What gives the states of a history: commands with the number of their line; strokes answered together as one."""
    steps: list[tuple[int, Edit]] = []
    for entry in done:
        joins = entry.command.joins if isinstance(entry.command, Draw) else 0
        kept = max(0, len(steps) - joins)
        steps[kept:] = [(entry.number, joined_commands([*(command for _, command in steps[kept:]), entry.command]))]
    return steps


def joined_commands(commands: Sequence[Edit]) -> Edit:
    """Some strokes as one command; or the one command."""
    *_, last = commands
    if len(commands) == 1 or not isinstance(last, Draw):
        return last
    strokes = (stroke for command in commands if isinstance(command, Draw) for stroke in command.strokes)
    return last.model_copy(update={"strokes": tuple(strokes)})


def replayed(reading: JournalReading, predictor: ImagePredictor) -> AnnotationState:
    """The state that a journal gives under a model.

    Raises:
        JournalError: the commands do not fit one another.
    """
    header = reading.header
    state = initial_state(header.image, header.size_hw, header.overlap)
    for _, command in steps_of(history_of(reading).done):
        state = apply(state, command, predictor)
    return state


def label_of(command: Edit | ShowObjects, state: AnnotationState) -> str:
    """What a command is called, in the state before it."""
    if isinstance(command, Draw):
        return _label_of_strokes(command, state)
    if isinstance(command, ChangeStroke | DeleteStroke):
        return _label_of_stroke_edit(command, state)
    if isinstance(command, ImportMasks | PasteObjects):
        count = len(command.masks)
        what = "import" if isinstance(command, ImportMasks) else "paste"
        return f"{what} of {count} {'object' if count == 1 else 'objects'} from {command.source}"
    if isinstance(command, MarkImage):
        return f"mark as {command.status.replace('_', ' ')}"
    if isinstance(command, MergeObjects):
        return f"merge into {state.name_of(command.into_id)}"
    if isinstance(command, ChangeObjects):
        return _label_of_change(command, state)
    if isinstance(command, ShowObjects):
        names = ", ".join(state.name_of(object_id) for object_id in command.object_ids)
        return f"{'show' if command.visible else 'hide'} {names}"
    if isinstance(command, AddObject):
        return f"add {command.name or f'object {command.object_id}'}"
    if isinstance(command, Configure):
        return "letting objects overlap" if command.overlap == "overlapping" else "keeping objects apart"
    if isinstance(command, DeleteObjects):
        return f"delete {_names_of(command.object_ids, state)}"
    if isinstance(command, Keep):
        return "keeping the masks"
    if isinstance(command, Clear):
        return command.kind
    return f"{_VERBS[type(command)]} {state.name_of(command.object_id)}"


_VERBS: dict[type, str] = {
    Brush: "brush on",
    Erase: "eraser on",
    FillHoles: "fill holes of",
    DropSpecks: "drop specks of",
    Smooth: "smooth",
    SplitObject: "split",
}


def _label_of_strokes(command: Draw, state: AnnotationState) -> str:
    first = command.strokes[0]
    name = state.name_of(first.object_id)
    if len(command.strokes) > 1:
        return f"{len(command.strokes)} strokes"
    if first.tool != "stroke":
        return f"{first.tool} of {name}"
    before = sum(one.object_id == first.object_id for one in (*state.past_strokes, *state.strokes))
    return f"stroke {before + 1} of {name}"


def _label_of_stroke_edit(command: ChangeStroke | DeleteStroke, state: AnnotationState) -> str:
    stroke = next(one for one in state.strokes if one.key == command.key)
    siblings = [one.key for one in (*state.past_strokes, *state.strokes) if one.object_id == stroke.object_id]
    name = f"stroke {siblings.index(command.key) + 1} of {state.name_of(stroke.object_id)}"
    if isinstance(command, DeleteStroke):
        return f"delete {name}"
    if command.object_id is not None:
        return f"give {name} to {state.name_of(command.object_id)}"
    return f"move {name}" if command.points is not None else f"change the sign of {name}"


def _label_of_change(command: ChangeObjects, state: AnnotationState) -> str:
    name = _names_of(command.object_ids, state)
    if command.locked is not None:
        return f"{'lock' if command.locked else 'unlock'} {name}"
    if command.name is not None:
        return f"rename {name} to {command.name or 'its number'}"
    return f"{'class' if command.class_name is not None else 'colour'} of {name}"


def _names_of(object_ids: Sequence[int], state: AnnotationState) -> str:
    return state.name_of(object_ids[0]) if len(object_ids) == 1 else f"{len(object_ids)} objects"
