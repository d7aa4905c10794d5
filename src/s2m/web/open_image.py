"""One image that is open in at least one page: its session, the pages that show it, and the worker that answers.

Commands are answered one after the other.  Of the stroke being drawn only the newest version is
answered: while the network works, later points overtake earlier ones, so that the pen waits for nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeVar

from s2m.errors import S2MError
from s2m.session import ChangeStroke, Draw, DrawnStroke, Redo, Session, StrokePart, Undo
from s2m.session.commands import Command
from s2m.web.connection import PageConnection
from s2m.web.messages import PenDown
from s2m.web.views import PageKnowledge, ShownMask, masks_message, shown_masks, state_message

T = TypeVar("T")
log = logging.getLogger("s2m.web")
RECORD_EVERY_S = 0.1


class Listener(Protocol):
    """Who is told what became of a command."""

    def send(self, message: dict[str, Any]) -> None:
        """Take a message, ``done`` or ``failed``."""


@dataclass(frozen=True)
class Job:
    """A command that waits for its turn, under a name that no other has, and who is told, if anybody."""

    listener: Listener | None
    id: str
    command: Command


@dataclass(frozen=True)
class PenStroke:
    """The stroke that is being drawn, as far as it has arrived."""

    stroke: DrawnStroke
    recorded: int
    recorded_at: float


class OpenImage:
    """An open image.

    Args:
        name: of the image in its project.
        info: what the page needs to show it, sent when a page enters.
        session: its annotation.
        worker: runs the network, one thing at a time.
        on_change: called after every command, for saving and the folder list.
        view: what was looked at last.
    """

    def __init__(
        self,
        name: str,
        info: dict[str, Any],
        session: Session,
        worker: Executor,
        on_change: Callable[[OpenImage], None],
        view: Callable[[], dict[str, Any]],
    ) -> None:
        self.name = name
        self.info = info
        self.session = session
        self.state = session.state
        self.lines: list[PageConnection] = []
        self.editor: str | None = None
        self.former_editors: set[str] = set()
        self.masks: tuple[ShownMask, ...] = ()
        self._worker = worker
        self._on_change = on_change
        self._view = view
        self._jobs: deque[Job] = deque()
        self._pen: PenStroke | None = None
        self._pen_changed = False
        self._wake = asyncio.Event()
        self._listeners: dict[str, Listener | None] = {}
        self._task = asyncio.create_task(self._answer_for_ever())

    async def close(self) -> None:
        """Finish what was begun, and release the journal."""
        while self._jobs:
            await asyncio.sleep(0.01)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._in_worker(self.session.close)

    # Pages come and go.

    def has_page(self, page: str) -> bool:
        """Whether a page shows the image."""
        return any(line.page == page for line in self.lines)

    def tell_all(self, message: dict[str, Any]) -> None:
        """Send something to every page that shows the image."""
        for line in self.lines:
            line.send(message)

    async def enter(self, line: PageConnection) -> None:
        """Show the image to a page."""
        self.lines.append(line)
        line.known = PageKnowledge()
        line.send(self.info | {"editor": line.page == self.editor, "view": self._view()})
        line.send(state_message(self.name, self.session, self.state, line.known))
        if not self.masks and self.state.objects:
            self.masks = await self._in_worker(lambda: shown_masks(self.state))
        line.send_late(partial(self._masks_message, 0.0, line))
        for notice in self.session.notices:
            line.send({"type": "notice", "level": "warning", "text": notice})

    def leave(self, line: PageConnection) -> None:
        """A page looks elsewhere, or is gone."""
        if line in self.lines:
            self.lines.remove(line)

    # What the editor does.

    def put(self, job: Job) -> None:
        """Have a command done, once, however often it arrives, also after the server was started anew."""
        if job.id in self._listeners:
            # It waits for its turn; the page may have come back on another line.
            self._listeners[job.id] = job.listener
            return
        command = None if self.session.was_done(job.id) else self._still_wanted(job.command)
        if command is None:
            if job.listener is not None:
                job.listener.send({"type": "done", "id": job.id, "kind": job.command.kind, "ms": 0, "text": ""})
            return
        if isinstance(job.command, Draw) and self._pen and job.command.strokes[0].key == self._pen.stroke.key:
            self._pen = None
        self._listeners[job.id] = job.listener
        self._jobs.append(replace(job, command=command))
        self._wake.set()

    def _still_wanted(self, command: Command) -> Command | None:
        """What is left to do of a command, or None.

        A stroke that was being drawn when the server was killed is in the journal already, as far as it had come.
        """
        if not isinstance(command, Draw):
            return command
        known = {stroke.key: stroke for stroke in (*self.state.past_strokes, *self.state.strokes)}
        if not all(stroke.key in known for stroke in command.strokes):
            return command
        (whole, *others) = command.strokes
        if others or whole.points == known[whole.key].points or whole.key not in {s.key for s in self.state.strokes}:
            return None
        return ChangeStroke(key=whole.key, points=whole.points)

    def _tell(self, job: Job, message: dict[str, Any]) -> None:
        listener = self._listeners.pop(job.id, None)
        if listener is not None:
            listener.send(message)

    def draw_on(self, message: PenDown) -> None:
        """Take more points of the stroke being drawn."""
        known = self._pen.stroke.points if self._pen and self._pen.stroke.key == message.key else ()
        if message.first > len(known) or not (known or message.points):
            return
        points = (*known[: message.first], *message.points)
        stroke = DrawnStroke(
            points=points,
            object_id=message.object_id,
            sign=message.sign,
            tool=message.tool,
            width_px=message.width_px,
            key=message.key,
        )
        if self._pen and self._pen.stroke.key == message.key:
            self._pen = replace(self._pen, stroke=stroke)
        else:
            self._pen = PenStroke(stroke, 0, time.monotonic())
        self._pen_changed = True
        self._wake.set()

    async def drop_pen(self, key: str) -> None:
        """Forget the stroke being drawn."""
        if self._pen and self._pen.stroke.key == key:
            self._pen = None
            await self._in_worker(lambda: self.session.drop_part(key))
            self._show(0.0)

    # The worker.

    async def _answer_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._jobs:
                await self._answer(self._jobs[0])
                self._jobs.popleft()
            if self._pen is not None and self._pen_changed:
                self._pen_changed = False
                await self._answer_pen(self._pen)
                if self._jobs or self._pen_changed:
                    self._wake.set()

    async def _answer(self, job: Job) -> None:
        started = time.perf_counter()
        before = (self.session.undo_label, self.session.redo_label)
        try:
            self.state = await self._in_worker(lambda: self.session.do(job.command, job.id))
        except Exception as error:  # Whatever went wrong with one command, the next ones are still answered.
            told = _told(error)
            self._tell(job, {"type": "failed", "id": job.id, "code": told.code, "text": str(told)})
            return
        elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
        for line in self.lines:
            line.send(state_message(self.name, self.session, self.state, line.known))
        text = _sentence(job.command, before, self.session)
        self._tell(job, {"type": "done", "id": job.id, "kind": job.command.kind, "ms": elapsed_ms, "text": text})
        self.masks = await self._in_worker(lambda: shown_masks(self.state))
        self._show(elapsed_ms)
        self._on_change(self)

    async def _answer_pen(self, pen: PenStroke) -> None:
        started = time.perf_counter()
        await self._record(pen)
        try:
            masks = await self._in_worker(lambda: shown_masks(self.session.preview(pen.stroke)))
        except Exception as error:  # As above.
            self.tell_all({"type": "notice", "level": "error", "text": str(_told(error))})
            return
        if self._pen is None or self._pen.stroke.key != pen.stroke.key:
            return
        elapsed_ms = (time.perf_counter() - started) * 1000
        for line in self.lines:
            line.send_passing(partial(self._preview_message, pen, masks, elapsed_ms, line))
            if line.page != self.editor:
                line.send(_pen_message(self.name, pen.stroke))

    def _preview_message(
        self, pen: PenStroke, masks: tuple[ShownMask, ...], elapsed_ms: float, line: PageConnection
    ) -> dict[str, Any]:
        message = masks_message(self.name, self.session.number, pen.stroke.key, masks, elapsed_ms, line.known)
        return message | {"points": len(pen.stroke.points)}

    async def _record(self, pen: PenStroke) -> None:
        """Put the points that came since the last time on disk."""
        now = time.monotonic()
        if pen.recorded and now - pen.recorded_at < RECORD_EVERY_S:
            return
        stroke = pen.stroke
        if pen.recorded >= len(stroke.points):
            return
        part = StrokePart(stroke=stroke.model_copy(update={"points": stroke.points[pen.recorded :]}))
        try:
            await self._in_worker(lambda: self.session.record_part(part))
        except S2MError as error:
            self.tell_all({"type": "notice", "level": "error", "text": str(error)})
            return
        if self._pen and self._pen.stroke.key == stroke.key:
            self._pen = replace(self._pen, recorded=len(stroke.points), recorded_at=now)

    def _show(self, elapsed_ms: float) -> None:
        for line in self.lines:
            line.send_late(partial(self._masks_message, elapsed_ms, line))

    def _masks_message(self, elapsed_ms: float, line: PageConnection) -> dict[str, Any]:
        return masks_message(self.name, self.session.number, None, self.masks, elapsed_ms, line.known)

    async def _in_worker(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)


def _told(error: Exception) -> S2MError:
    """What to tell of an error; one that is a fault of the program is written to the terminal."""
    if isinstance(error, S2MError):
        return error
    log.error("a command failed", exc_info=error)
    return S2MError(f"a fault of the program ({type(error).__name__}); nothing is lost, the terminal says more")


def _sentence(command: Command, before: tuple[str | None, str | None], session: Session) -> str:
    """What was just done, for the status line."""
    if isinstance(command, Undo):
        return f"Undid {before[0]}"
    if isinstance(command, Redo):
        return f"Did {before[1]} again"
    label = session.undo_label or command.kind
    return label[:1].upper() + label[1:]


def _pen_message(name: str, stroke: DrawnStroke) -> dict[str, Any]:
    """The stroke that another page is drawing, for those that follow."""
    return {
        "type": "pen",
        "image": name,
        "key": stroke.key,
        "object_id": stroke.object_id,
        "sign": stroke.sign,
        "tool": stroke.tool,
        "width_px": stroke.width_px,
        "points": [value for point in stroke.points for value in point],
    }
