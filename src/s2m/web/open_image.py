"""One image that is open in at least one page: its session, the pages that show it, and the worker that answers.

Commands are answered one after the other.  Of the stroke being drawn only the newest version is
answered: while the network works, later points overtake earlier ones, so that the pen waits for nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import Protocol

from s2m.errors import JournalError, S2MError, ServerError
from s2m.session import (
    AnnotationState,
    ChangeStroke,
    Draw,
    DrawnStroke,
    Predict,
    Redo,
    Session,
    StrokePart,
    Undo,
)
from s2m.session.commands import Command, new_key
from s2m.web.connection import PageConnection
from s2m.web.messages_from_page import MAX_POINTS, PenPoints
from s2m.web.messages_to_page import (
    CommandDone,
    CommandFailed,
    ImageInfo,
    LastView,
    MasksChanged,
    MessageToPage,
    Notice,
    OtherPen,
    done,
    error_notice,
)
from s2m.web.page_state import PageKnowledge, masks_message, state_message
from s2m.web.shown_masks import MaskOutlines, ShownMask
from s2m.web.workers import Workers

log = logging.getLogger("s2m.web")
RECORD_EVERY_S = 0.1


class Sender(Protocol):
    """Who is told what became of a command."""

    def send(self, message: CommandDone | CommandFailed) -> None:
        """Take the message."""


@dataclass(frozen=True)
class QueuedCommand:
    """A command that waits for its turn, under a name that no other has, and who is told, if anybody."""

    sender: Sender | None
    id: str
    command: Command


class _Answer:
    """What became of a command, to be waited for."""

    def __init__(self) -> None:
        self.told: asyncio.Future[CommandDone | CommandFailed] = asyncio.get_running_loop().create_future()

    def send(self, message: CommandDone | CommandFailed) -> None:
        """Take the message."""
        if not self.told.done():
            self.told.set_result(message)


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
        quick: the network on it while the pen is down.
        workers: run the network, one thing at a time.
        on_change: called after every command, for saving and the folder list.
        view: what the page showed last.
    """

    def __init__(
        self,
        name: str,
        info: ImageInfo,
        session: Session,
        quick: Predict,
        workers: Workers,
        on_change: Callable[[OpenImage], None],
        view: Callable[[], LastView],
    ) -> None:
        self.name = name
        self.info = info
        self.session = session
        self.state = session.state
        self.connections: list[PageConnection] = []
        self.editor: str | None = None
        self.former_editors: set[str] = set()
        self.masks: tuple[ShownMask, ...] = ()
        self._outlines = MaskOutlines()
        self._quick = quick
        self._workers = workers
        self._on_change = on_change
        self._view = view
        self._queue: deque[QueuedCommand] = deque()
        self._pen: PenStroke | None = None
        self._pen_changed = False
        self._wake = asyncio.Event()
        self._senders: dict[str, Sender | None] = {}
        self._notices_told = 0
        self._task = asyncio.create_task(self._answer_for_ever())

    async def close(self) -> None:
        """Finish what was begun, and release the journal."""
        while self._queue:
            await asyncio.sleep(0.01)
        self._task.cancel()
        await asyncio.wait((self._task,))
        # A task that was cancelled holds this image, which holds the task: their memory would stay for a long time.
        del self._task
        await self._workers.ask_network(self.session.close)

    # Pages come and go.

    def has_page(self, page: str) -> bool:
        """Whether a page shows the image."""
        return any(connection.page == page for connection in self.connections)

    def tell_all(self, message: MessageToPage) -> None:
        """Send something to every page that shows the image."""
        for connection in self.connections:
            connection.send(message)

    async def enter(self, connection: PageConnection) -> None:
        """Show the image to a page."""
        self.connections.append(connection)
        connection.known = PageKnowledge()
        connection.send({"type": "image", **self.info, "editor": connection.page == self.editor, "view": self._view()})
        connection.send(state_message(self.name, self.session, self.state, connection.known))
        if not self.masks and self.state.objects:
            self.masks = await self._workers.ask_network(lambda: self._outlines.of(self.state))
        connection.send_late(partial(self._masks_message, 0.0, connection.known))
        for notice in self.session.notices:
            connection.send(Notice(type="notice", level="warning", text=notice))
        self._notices_told = len(self.session.notices)

    def leave(self, connection: PageConnection) -> None:
        """A page shows another image, or is gone."""
        if connection in self.connections:
            self.connections.remove(connection)
        if self._pen is not None and connection.page == self.editor:
            self._finish(self._pen.stroke)

    # What the editor does.

    def put(self, queued: QueuedCommand) -> None:
        """Have a command done, once, however often it arrives, also after the server was started anew."""
        if queued.id in self._senders:
            # It waits for its turn; the page may have come back on another connection.
            self._senders[queued.id] = queued.sender
            return
        command = None if self.session.was_done(queued.id) else self._still_wanted(queued.command)
        if command is None:
            if queued.sender is not None:
                queued.sender.send(done(queued.id, queued.command.kind))
            return
        if isinstance(queued.command, Draw) and self._pen and queued.command.strokes[0].key == self._pen.stroke.key:
            self._pen = None
        self._senders[queued.id] = queued.sender
        self._queue.append(replace(queued, command=command))
        self._wake.set()

    async def do(self, command: Command, request: str = "") -> None:
        """Have a command done under a name, and wait for it.

        Raises:
            ServerError: it cannot be done.
        """
        answer = _Answer()
        self.put(QueuedCommand(answer, request or new_key(), command))
        told = await answer.told
        if told["type"] == "failed":
            raise ServerError(told["text"])

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

    def _tell(self, queued: QueuedCommand, message: CommandDone | CommandFailed) -> None:
        sender = self._senders.pop(queued.id, None)
        if sender is not None:
            sender.send(message)

    def draw_on(self, message: PenPoints) -> None:
        """Take more points of the stroke being drawn."""
        known = self._pen.stroke.points if self._pen and self._pen.stroke.key == message.key else ()
        points = (*known[: message.first], *message.points)
        if message.first > len(known) or not points or len(points) > MAX_POINTS:
            return
        # The message is checked, and so are the points before it: checking all of them again would take ever longer.
        stroke = DrawnStroke.model_construct(
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

    def _finish(self, stroke: DrawnStroke) -> None:
        """The page that draws a stroke is gone: what there is of it counts at once, so that it never comes later."""
        if (stroke.tool == "lasso" and len(stroke.points) < 3) or (stroke.tool == "box" and len(stroke.points) < 2):
            self._workers.start(self.drop_pen(stroke.key))
            return
        if stroke.tool == "stroke" and len(stroke.points) == 1:
            stroke = stroke.model_copy(update={"tool": "dot"})
        self.put(QueuedCommand(None, new_key(), Draw(strokes=(stroke,))))

    async def drop_pen(self, key: str) -> None:
        """Forget the stroke being drawn."""
        if self._pen and self._pen.stroke.key == key:
            self._pen = None
            await self._workers.ask_network(lambda: self.session.drop_part(key))
            self._show(0.0)

    # The worker.

    async def _answer_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                batch = _answered_together(self._queue)
                await self._answer(batch)
                for _ in batch:
                    self._queue.popleft()
            if self._pen is not None and self._pen_changed:
                self._pen_changed = False
                await self._answer_pen(self._pen)
                if self._queue or self._pen_changed:
                    self._wake.set()

    async def _answer(self, batch: Sequence[QueuedCommand]) -> None:
        """Do one command, or strokes that came while the network was busy, and tell who sent them."""
        started = time.perf_counter()
        before = (self.session.undo_label, self.session.redo_label)
        try:
            self.state = await self._workers.ask_network(lambda: _done(self.session, batch))
        except Exception as error:  # Whatever went wrong with one command, the next ones are still answered.
            if len(batch) > 1 and isinstance(error, JournalError):
                for queued in batch:
                    await self._answer([queued])
                return
            refusal = told(error)
            for queued in batch:
                self._tell(queued, CommandFailed(type="failed", id=queued.id, code=refusal.code, text=str(refusal)))
            return
        elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
        for connection in self.connections:
            connection.send(state_message(self.name, self.session, self.state, connection.known))
        for notice in self.session.notices[self._notices_told :]:
            self.tell_all(Notice(type="notice", level="warning", text=notice))
        self._notices_told = len(self.session.notices)
        for queued in batch:
            text = _sentence(queued.command, before, self.session)
            self._tell(queued, done(queued.id, queued.command.kind, text, elapsed_ms))
        self.masks = await self._workers.ask_network(lambda: self._outlines.of(self.state))
        self._show(elapsed_ms)
        self._on_change(self)

    async def _answer_pen(self, pen: PenStroke) -> None:
        started = time.perf_counter()
        await self._record(pen)
        try:
            masks = await self._workers.ask_network(
                lambda: self._outlines.of(self.session.preview(pen.stroke, self._quick))
            )
        except Exception as error:  # As above.
            self.tell_all(error_notice(str(told(error))))
            return
        if self._pen is None or self._pen.stroke.key != pen.stroke.key:
            return
        elapsed_ms = (time.perf_counter() - started) * 1000
        for connection in self.connections:
            connection.send_passing(partial(self._preview_message, pen, masks, elapsed_ms, connection.known))
            if connection.page != self.editor:
                connection.send(_pen_message(self.name, pen.stroke))

    def _preview_message(
        self, pen: PenStroke, masks: tuple[ShownMask, ...], elapsed_ms: float, known: PageKnowledge
    ) -> MasksChanged:
        message = masks_message(self.name, self.session.number, pen.stroke.key, masks, elapsed_ms, known)
        message["points"] = len(pen.stroke.points)
        return message

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
            await self._workers.ask_network(lambda: self.session.record_part(part))
        except S2MError as error:
            self.tell_all(error_notice(str(error)))
            return
        if self._pen and self._pen.stroke.key == stroke.key:
            self._pen = replace(self._pen, recorded=len(stroke.points), recorded_at=now)

    def _show(self, elapsed_ms: float) -> None:
        for connection in self.connections:
            connection.send_late(partial(self._masks_message, elapsed_ms, connection.known))

    def _masks_message(self, elapsed_ms: float, known: PageKnowledge) -> MasksChanged:
        return masks_message(self.name, self.session.number, None, self.masks, elapsed_ms, known)


def _answered_together(queue: Sequence[QueuedCommand]) -> list[QueuedCommand]:
    """The first command of a queue, with the strokes that follow if it is one: the newest state is answered."""
    return list(takewhile(lambda one: isinstance(one.command, Draw), queue)) or [queue[0]]


def _done(session: Session, batch: Sequence[QueuedCommand]) -> AnnotationState:
    if len(batch) == 1:
        return session.do(batch[0].command, batch[0].id)
    return session.draw_together([(one.command, one.id) for one in batch if isinstance(one.command, Draw)])


def told(error: Exception) -> S2MError:
    """What to tell of an error; the details of an internal one go to the terminal."""
    if isinstance(error, S2MError):
        return error
    log.error("a command failed", exc_info=error)
    return S2MError(f"an internal error ({type(error).__name__}); nothing is lost, the terminal shows details")


def _sentence(command: Command, before: tuple[str | None, str | None], session: Session) -> str:
    """What was just done, for the status connection."""
    if isinstance(command, Undo):
        return f"Undone: {before[0]}"
    if isinstance(command, Redo):
        return f"Redone: {before[1]}"
    label = session.undo_label or command.kind
    return label[:1].upper() + label[1:]


def _pen_message(name: str, stroke: DrawnStroke) -> OtherPen:
    """The stroke that another page is drawing, for those that follow."""
    return OtherPen(
        type="pen",
        image=name,
        key=stroke.key,
        object_id=stroke.object_id,
        sign=stroke.sign,
        tool=stroke.tool,
        width_px=stroke.width_px,
        points=[value for point in stroke.points for value in point],
    )
