"""Images that programs send or name in; sessions with bounds on their number, bytes and idle time, out."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, cast

from starlette.websockets import WebSocket

from s2m.engine.segmenter import Segmenter
from s2m.errors import ServerError
from s2m.files.images import read_image_bytes
from s2m.session import Session
from s2m.session.classes import Classes
from s2m.session.commands import Command
from s2m.session.opening import open_image
from s2m.web.connection import PageConnection
from s2m.web.open_image import OpenImage
from s2m.web.workers import Workers
from s2m.web.workspace import Workspace

_LOOK_EVERY_S = 5.0


@dataclass(frozen=True)
class Limits:
    """What sessions of programs may take.

    Attributes:
        sessions: how many are open at once.
        nbytes: files and pixels of all of them.
        idle_s: seconds without a request after which one is closed.
    """

    sessions: int = 16
    nbytes: int = 1024**3
    idle_s: float = 900.0


class SessionRefused(Exception):  # noqa: N818 (it says what was done)
    """A session that is not there, or has no place.

    Args:
        status: of HTTP.
        code: stable, for programs.
        text: what to do.
    """

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code = status, code


class Annotated(Protocol):
    """The annotation behind a session of a program.

    Attributes:
        session: answers questions.
        nbytes: what it takes beside the network's memory.
        data: the image's file, or None where it stands in the project.
    """

    session: Session
    nbytes: int
    data: bytes | None

    @property
    def classes(self) -> Classes:
        """The classes of the project."""

    async def do(self, command: Command, request: str) -> None:
        """Do a command once."""

    async def close(self) -> None:
        """Let it go."""


class Upload:
    """An image that a program sent; its annotation stays in memory."""

    classes: Classes = ()

    def __init__(self, session: Session, workers: Workers, data: bytes, nbytes: int) -> None:
        self.session, self.nbytes = session, nbytes
        self.data: bytes | None = data
        self._workers = workers

    async def do(self, command: Command, request: str) -> None:
        """Do a command once."""
        if not (request and self.session.was_done(request)):
            await self._workers.ask_network(lambda: self.session.do(command, request))

    async def close(self) -> None:
        """Let it go."""
        await self._workers.ask_network(self.session.close)


class _ProgramConnection(PageConnection):
    """A program that edits an image of the project, as a page that hears nothing."""

    def __init__(self, page: str, image: str) -> None:
        super().__init__(cast(WebSocket, None))
        self.page, self.image = page, image

    def _put(self, waiting: object) -> None:
        """Leave a message out: programs ask."""


class ProjectImage:
    """An image of the project, which the program edits in place of a page."""

    data: bytes | None = None
    nbytes = 0

    def __init__(self, workspace: Workspace, image: OpenImage, connection: PageConnection) -> None:
        self._workspace, self._image, self._connection = workspace, image, connection
        self.session = image.session

    @property
    def classes(self) -> Classes:
        """The classes of the project."""
        return self._workspace.project.settings.classes

    async def do(self, command: Command, request: str) -> None:
        """Do a command once."""
        self._workspace.project.check_writable()
        if self._image.editor != self._connection.page:
            raise ServerError("another page edits this image by now; open a session with take_over to change it")
        await self._image.do(command, request)

    async def close(self) -> None:
        """Let it go."""
        self._workspace.goodbye(self._connection)


class ApiSession:
    """A session of a program: its name in addresses, and when it was used last."""

    def __init__(self, image: str, annotated: Annotated, used_at: float) -> None:
        self.key = secrets.token_hex(8)
        self.image = image
        self.annotated = annotated
        self.used_at = used_at

    @property
    def session(self) -> Session:
        """The annotation."""
        return self.annotated.session


class ApiSessions:
    """All sessions of programs.

    Args:
        segmenter: answers strokes on images that were sent.
        workers: do what takes long.
        limits: see there.
        workspace: the project whose images can be named, if there is one.
        clock: gives seconds.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        workers: Workers,
        limits: Limits,
        workspace: Workspace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self._segmenter, self._workers, self._workspace, self._clock = segmenter, workers, workspace, clock
        self._sessions: dict[str, ApiSession] = {}
        self._opening = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[ApiSession]:
        return iter(tuple(self._sessions.values()))

    @property
    def nbytes(self) -> int:
        """What all of them take."""
        return sum(one.annotated.nbytes for one in self)

    def get(self, key: str) -> ApiSession:
        """A session, which counts as used now.

        Raises:
            SessionRefused: it was closed, or never was.
        """
        if key not in self._sessions:
            raise SessionRefused(
                404, "session", f"there is no session {key[:40]!r}; it was closed or left idle, so open one again"
            )
        session = self._sessions[key]
        session.used_at = self._clock()
        return session

    def idle_s(self, session: ApiSession) -> float:
        """For how many seconds nobody used a session."""
        return self._clock() - session.used_at

    async def open_upload(self, data: bytes, name: str) -> ApiSession:
        """A session on an image that was sent as a file.

        Raises:
            ImageError: it cannot be read.
            SessionRefused: there are as many as may be, or they take too much.
        """

        async def begin() -> Upload:
            pixels = await self._workers.read(lambda: read_image_bytes(data, name))
            nbytes = len(data) + pixels.nbytes
            if self.nbytes + nbytes > self.limits.nbytes:
                raise SessionRefused(
                    429,
                    "full",
                    f"sessions hold {self.nbytes + nbytes} bytes with this one, the most are {self.limits.nbytes}; "
                    "close some, or send a smaller image",
                )
            session = await self._workers.ask_network(lambda: open_image(pixels, self._segmenter))
            return Upload(session, self._workers, data, nbytes)

        return await self._begin(name, begin)

    async def open_image(self, index: int, take_over: bool) -> ApiSession:
        """A session on an image of the project.

        Raises:
            ImageError: there is none of this number, or it cannot be read.
            ServerError: another page edits it.
            SessionRefused: there are as many as may be, or they take too much.
        """
        workspace = self.workspace
        workspace.path_of(index)
        name = workspace.project.images[index].name

        async def begin() -> ProjectImage:
            image = await workspace.open_images.open(name)
            connection = _ProgramConnection(f"program-{secrets.token_hex(8)}", name)
            await workspace.open_images.enter(connection, image)
            if workspace.project.read_only is None and image.editor != connection.page:
                if not take_over:
                    workspace.goodbye(connection)
                    raise ServerError("another page edits this image; say take_over=true to edit it here")
                workspace.open_images.make_editor(image, connection)
            return ProjectImage(workspace, image, connection)

        return await self._begin(name, begin)

    @property
    def workspace(self) -> Workspace:
        """The project.

        Raises:
            ServerError: there is none.
        """
        if self._workspace is None:
            raise ServerError("this server has no project; send images, or start it with s2m annotate FOLDER")
        return self._workspace

    async def _begin(self, image: str, begin: Callable[[], Awaitable[Annotated]]) -> ApiSession:
        await self.close_idle()
        if len(self) + self._opening >= self.limits.sessions:
            raise SessionRefused(429, "full", f"{len(self) + self._opening} sessions are open, the most; close one")
        self._opening += 1
        try:
            annotated = await begin()
        finally:
            self._opening -= 1
        session = ApiSession(image, annotated, self._clock())
        self._sessions[session.key] = session
        return session

    async def close(self, key: str) -> None:
        """Close a session.

        Raises:
            SessionRefused: see ``get``.
        """
        session = self.get(key)
        del self._sessions[key]
        await session.annotated.close()

    async def close_idle(self) -> None:
        """Close those that nobody used for too long."""
        for session in self:
            if self.idle_s(session) > self.limits.idle_s and session.key in self._sessions:
                await self.close(session.key)

    async def watch(self) -> None:
        """Close idle sessions for ever."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self.close_idle()
