"""One image being annotated: commands in, states out, every command on the disk before the network is asked."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType

from numpy.typing import ArrayLike

from s2m.errors import JournalError, OutputError
from s2m.files.label_files import write_label_map
from s2m.session.answers import ImagePredictor, Predict
from s2m.session.apply import apply_checked, previewed
from s2m.session.checks import check
from s2m.session.commands import (
    ChangeStroke,
    Command,
    DeleteStroke,
    Draw,
    DrawnStroke,
    Edit,
    ModelUsed,
    Redo,
    ShowObjects,
    Tool,
    Undo,
    command_from_json,
    points_of,
)
from s2m.session.history import (
    History,
    HistoryEntry,
    Snapshot,
    hidden_after,
    history_of,
    joined,
    joined_commands,
    label_of,
    last_model,
    steps_of,
    unfinished_strokes,
)
from s2m.session.journal import DroppedStroke, JournalEntry, JournalLine, JournalReading, OpenedJournal, StrokePart
from s2m.session.kept_states import KeptStates
from s2m.session.state import AnnotationState, initial_state
from s2m.types import BACKGROUND_ID, BoolArray, LabelMap, Sign


class Session:
    """The annotation of one image.  Safe to use from threads: calls wait for one another.

    Args:
        opened: the journal, which the session closes: ``JournalFile.open``, ``JournalFile.open_read_only`` to change
            nothing, or ``MemoryJournal.begin`` to keep nothing on the disk.
        predictor: the network on this image.
        model_id: name of the model, for the record.
        known: states after some lines of the journal, by their number, that need not be computed.
        clock: gives the time, UTC.

    Raises:
        JournalError: the commands of the journal do not fit one another.
        OutputError: the disk refuses.
    """

    def __init__(
        self,
        opened: OpenedJournal,
        predictor: ImagePredictor,
        model_id: str,
        known: Mapping[int, AnnotationState] = MappingProxyType({}),
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._lock = threading.RLock()
        self._predictor, self.model_id, self._clock = predictor, model_id, clock
        self._journal, reading, self.notices = opened
        try:
            self._take_up(reading, known)
        except BaseException:
            self._journal.close()
            raise

    def _take_up(self, reading: JournalReading, known: Mapping[int, AnnotationState]) -> None:
        header = reading.header
        first = initial_state(header.image, header.size_hw, header.overlap)
        self._states = KeptStates(first, known)
        self._times = [line.at for line in reading.lines]
        self._requests = {line.request for line in reading.lines if line.request}
        self._parts = unfinished_strokes(reading)
        self._history = history_of(reading)
        self._recorded_model = last_model(reading)
        self.hidden_ids = hidden_after(line.entry for line in reading.lines)
        self._state: AnnotationState | None = None
        self.number = reading.lines[-1].number if reading.lines else 0
        self._notice_other_model()
        if self._journal.is_read_only:
            unshown = "a stroke that was being drawn when the program ended is not shown; it is kept"
            self.notices += (unshown,) * len(self._parts)
        else:
            self._finish_parts()

    def _notice_other_model(self) -> None:
        if self._recorded_model not in (None, self.model_id):
            done = self._history.done
            kept = not done or done[-1].number in self._states
            what = "they stay as they are until you change them" if kept else "they were computed again"
            self.notices += (f"the masks were made with {self._recorded_model}, now {self.model_id} answers; {what}",)

    def _finish_parts(self) -> None:
        """Strokes that were being drawn when the journal ended become strokes."""
        for stroke in tuple(self._parts.values()):
            try:
                self.do(Draw(strokes=(stroke,)))
                self.notices += ("a stroke that was being drawn when the program ended was recovered",)
            except JournalError as error:
                self._write(DroppedStroke(dropped_key=stroke.key), "")
                self.notices += (f"a stroke that was being drawn when the program ended no longer fits: {error}",)
        self._parts.clear()

    @property
    def state(self) -> AnnotationState:
        """The annotation now; computed when it is first asked for."""
        with self._lock:
            self.advance(math.inf)
            assert self._state is not None
            return self._state

    def advance(self, seconds: float) -> float:
        """Compute what the journal gives for some seconds; how much of it is done, 0..1.  ``state`` does the rest."""
        with self._lock:
            if self._state is not None:
                return 1.0
            steps = steps_of(self._history.done)
            state, known = self._states.compute(steps, self._predictor, time.monotonic() + seconds)
            if known == len(steps):
                self._show(state)
            return known / max(1, len(steps)) if self._state is None else 1.0

    @property
    def history(self) -> History:
        """Commands done and undone."""
        return self._history

    @property
    def undo_label(self) -> str | None:
        """What undo would undo, such as "stroke 3 of cat"."""
        done = self._history.done
        return done[-1].label if done else None

    @property
    def redo_label(self) -> str | None:
        """What redo would do again."""
        undone = self._history.undone
        return undone[-1].label if undone else None

    @property
    def recorded_model(self) -> str | None:
        """The model that answered last, or None where none has answered."""
        return self._recorded_model

    def was_done(self, request: str) -> bool:
        """Whether a command of this name stands in the journal, before a restart too; never waits for the network."""
        return request in self._requests

    def do(self, command: Command, request: str = "") -> AnnotationState:
        """Carry out a command.

        It is checked, written to the disk, and only then is the network asked.  Should the network fail, the
        command is undone (redo tries again) and the error is passed on.

        Args:
            command: what to do.
            request: a name that whoever sends it gives it, kept in the journal: see ``was_done``.

        Raises:
            JournalError: the command does not fit; nothing has changed.
            ReadOnlyError: the session was opened read-only.
            OutputError: the disk refuses; nothing has changed.
        """
        with self._lock:
            if isinstance(command, Undo):
                return self._move(command, self._history.with_undo(), f"undo {self.undo_label}", request)
            if isinstance(command, Redo):
                return self._move(command, self._history.with_redo(), f"redo {self.redo_label}", request)
            if isinstance(command, ModelUsed):
                raise JournalError("which model is used is written by the session itself; open the image with another")
            if isinstance(command, ShowObjects):
                return self._show_objects(command, request)
            return self._do_edits([(command, request)])

    def draw_together(self, draws: Sequence[tuple[Draw, str]]) -> AnnotationState:
        """Answer strokes at once that came one after the other; each is undone on its own.

        Args:
            draws: commands with their names, see ``do``.

        Raises:
            JournalError: one of them does not fit; nothing has changed.
            ReadOnlyError, OutputError: see ``do``.
        """
        with self._lock:
            return self._do_edits(draws)

    def add_object(self, name: str = "", class_name: str = "", colour: str = "") -> int:
        """Add an object, to be drawn with the id that is returned; an empty name or colour (#rrggbb) is chosen.

        Raises:
            JournalError: the image holds as many objects as it can, or the name or colour does not fit.
        """
        with self._lock:
            object_id = self.state.next_object_id
            named = {"object_id": object_id, "name": name, "class_name": class_name, "colour": colour}
            self.do(command_from_json({"kind": "add_object", **named}))
            return object_id

    def draw(
        self, points_xy: ArrayLike, object_id: int = 1, sign: Sign = "positive", tool: Tool = "stroke"
    ) -> BoolArray:
        """Draw one stroke, and give the mask after it.

        Args:
            points_xy: (P, 2) in image pixels, pixel centres at +0.5: a list of (x, y) or an array.
            object_id: the object, or 0 for the background; an id that is new becomes an object.
            sign: "positive" where it shows what belongs to the object, "negative" for what does not.
            tool: "stroke", "dot", "box" (two corners) or "lasso" (an outline).

        Returns:
            (H, W) bool, the pixels of the object.

        Raises:
            JournalError: the points are no (P, 2) numbers, the object is locked; nothing has changed.
        """
        stroke = {"points": points_of(points_xy), "object_id": object_id, "sign": sign, "tool": tool}
        state = self.do(command_from_json({"kind": "draw", "strokes": [stroke]}))
        return state.object_mask(object_id) if object_id else state.indices == BACKGROUND_ID

    def label_map(self) -> LabelMap:
        """The object of each pixel, (H, W) int32, 0 for the background."""
        return self.state.label_map()

    def save(self, path: Path | str) -> None:
        """Write the label map as an indexed PNG.

        Raises:
            OutputError: the name does not end in .png, or the file cannot be written.
        """
        if Path(path).suffix.lower() != ".png":
            raise OutputError(f"{path} does not end in .png; a label map is saved as an indexed PNG")
        write_label_map(Path(path), self.label_map())

    def undo(self) -> AnnotationState:
        """Undo the last command."""
        return self.do(Undo())

    def redo(self) -> AnnotationState:
        """Do again what was undone last."""
        return self.do(Redo())

    def preview(self, stroke: DrawnStroke, predictor: Predict | None = None) -> AnnotationState:
        """The masks that a stroke still being drawn would give to its object; nothing is written or kept.

        Args:
            stroke: as far as it has come.
            predictor: a quicker network, if there is one.
        """
        with self._lock:
            return previewed(self.state, self._with_hidden(Draw(strokes=(stroke,))), predictor or self._predictor)

    def record_part(self, part: StrokePart) -> None:
        """Put a piece of a stroke in progress on the disk; see ``StrokePart``.

        Raises:
            OutputError: the disk refuses.
        """
        with self._lock:
            self._write(part, "")
            self._parts[part.stroke.key] = joined(self._parts.get(part.stroke.key), part.stroke)

    def drop_part(self, key: str) -> None:
        """Forget a stroke in progress."""
        with self._lock:
            if key in self._parts:
                self._write(DroppedStroke(dropped_key=key), "")
                del self._parts[key]

    def record_model(self) -> None:
        """Write down that the masks are those of this session's model; done by itself before it is asked."""
        with self._lock:
            if self._recorded_model != self.model_id:
                self._write(ModelUsed(model_id=self.model_id), "")
                self._recorded_model = self.model_id

    def take_model(self, state: AnnotationState) -> None:
        """Take over what the journal gives under this session's model, and write down that the model did it.

        Args:
            state: see ``s2m.session.history.replayed``.
        """
        with self._lock:
            self.record_model()
            self._states.forget()
            if self._history.done:
                self._states.keep(self._history.done[-1].number, state)
            self._show(state)

    def snapshot(self) -> Snapshot:
        """State, history and length of the journal at this moment, for saving."""
        with self._lock:
            state = self.state
            numbers = [number for number, _ in steps_of(self._history.done)]
            states = {**self._states.spread(numbers), numbers[-1] if numbers else 0: state}
            return Snapshot(self.number, state, states, self._history, tuple(self._times), self._journal.nbytes)

    def close(self) -> None:
        """Let the journal go; the session can no longer be changed, and keeps no state but the present one."""
        with self._lock:
            self._journal.close()
            self._states.forget()

    def _show_objects(self, command: ShowObjects, request: str) -> AnnotationState:
        check(self.state, command)
        self._write(command, label_of(command, self.state), request)
        return self.state

    def _do_edits(self, edits: Sequence[tuple[Edit, str]]) -> AnnotationState:
        """Do one command, or some strokes as one."""
        before = self.state
        named: list[tuple[Edit, str]] = [
            (self._with_hidden(command, count) if isinstance(command, Draw) else command, request)
            for count, (command, request) in enumerate(edits)
        ]
        whole = joined_commands([command for command, _ in named])
        check(before, whole)
        if isinstance(whole, Draw | ChangeStroke | DeleteStroke):
            self.record_model()
        shown = before
        for command, request in named:
            label = label_of(command, shown)
            at = self._write(command, label, request)
            self._history = self._history.with_entry(HistoryEntry(self.number, command, label, at))
            if isinstance(command, Draw):
                shown = replace(shown, chain=(*shown.chain, command))
                for stroke in command.strokes:
                    self._parts.pop(stroke.key, None)
        try:
            after = apply_checked(before, whole, self._predictor)
        except Exception:
            for _ in named:
                label = f"undo {self.undo_label}"
                self._history = self._history.with_undo()
                self._write(Undo(), label)
            raise
        self._states.keep(self._history.done[-1].number, after)
        return self._show(after)

    def _with_hidden(self, command: Draw, joins: int = 0) -> Draw:
        """Strokes as the journal takes them: they know what is hidden, and how many before them they join."""
        return command.model_copy(update={"hidden_ids": tuple(sorted(self.hidden_ids)), "joins": joins})

    def _move(self, command: Undo | Redo, history: History, label: str, request: str) -> AnnotationState:
        after, _ = self._states.compute(steps_of(history.done), self._predictor)
        self._write(command, label, request)
        self._history = history
        return self._show(after)

    def _show(self, state: AnnotationState) -> AnnotationState:
        if self._state is not None and self._state is not state:
            self._state.forget_derived()
        self._state = state
        return state

    def _write(self, entry: JournalEntry, label: str, request: str = "") -> str:
        at = self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        notice = self._journal.append(JournalLine(self.number + 1, at, label, entry, request))
        self.notices += (notice,) if notice else ()
        self.number += 1
        self.hidden_ids = hidden_after([entry], self.hidden_ids)
        if request:
            self._requests.add(request)
        self._times.append(at)
        return at
