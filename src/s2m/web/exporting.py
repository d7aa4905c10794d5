"""What a page wants exported in; a data set in the output folder, written while pages go on, out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from s2m.engine.segmenter import Segmenter
from s2m.errors import ConfigError, ServerError
from s2m.files.formats.table import FORMATS
from s2m.session.exports import as_sentences, check_export, export
from s2m.web.faults import first_fault
from s2m.web.open_image import told
from s2m.web.workspace import Workspace

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
ExportState: TypeAlias = Literal["none", "running", "done", "checked", "found", "cancelled", "failed"]

_MOST_SAID = 200


class ExportRequest(BaseModel):
    """What a page wants exported.

    Attributes:
        formats: names of formats.
        folder: where in the output folder; a name, so that a page writes nowhere else.
        only_done: only images that are marked as done.
        classes: only objects of these classes; all where empty.
        shares: of splits, above 0, by name.
        seed: another one draws other images for the shares.
        with_images: whether layouts that have a place for the images get copies of them.
        as_predictions: whether Label Studio takes the masks for a model's.
        only_check: whether to look for mistakes alone, and write nothing.
        strict: whether to write nothing where the check finds something.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    formats: tuple[str, ...] = ("coco",)
    folder: str = Field("export", pattern=r"^[A-Za-z0-9][A-Za-z0-9_ -]{0,63}$")
    only_done: bool = False
    classes: tuple[str, ...] = ()
    shares: dict[str, float] = Field(default_factory=dict)
    seed: int = Field(0, ge=0, lt=2**31)
    with_images: bool = True
    as_predictions: bool = False
    only_check: bool = False
    strict: bool = False


@dataclass(frozen=True)
class ExportProgress:
    """How far an export is.

    Attributes:
        state: "none" was begun yet; "found" means that the check found something and nothing was written.
        done, total: images.
        folder: what was written, once it is "done".
        lines: what there is to say, a sentence each.
    """

    state: ExportState
    done: int
    total: int
    folder: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class ExportFormat:
    """A format that can be chosen.

    Attributes:
        name: as the command line has it.
        title: what it is called where it comes from.
    """

    name: str
    title: str


_NONE = ExportProgress("none", 0, 0, "", ())


class _CancelledError(Exception):
    """The page wants no more of it."""


class ExportRun:
    """The export of a workspace: one at a time, in a thread of its own.

    Args:
        workspace: whose annotations are exported.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._cancel = threading.Event()
        self.progress = _NONE

    def start(self, request: ExportRequest) -> None:
        """Begin an export.

        Raises:
            ReadOnlyError: the project is read-only.
            ServerError: one is running.
            ConfigError: an unknown format.
        """
        self._workspace.project.check_writable()
        if self.progress.state == "running":
            raise ServerError("an export is running; wait for it, or cancel it")
        self._cancel.clear()
        self.progress = replace(_NONE, state="running")
        self._workspace.workers.start(self._run(request))

    def cancel(self) -> None:
        """End the export that runs, before its next image; nothing of it stays."""
        self._cancel.set()

    async def _run(self, request: ExportRequest) -> None:
        try:
            await self._workspace.save_all()
            self.progress = await asyncio.to_thread(self._export, request)
        except asyncio.CancelledError:
            self._cancel.set()
            raise
        except _CancelledError:
            self.progress = self._ended("cancelled", "", ("Cancelled; nothing was written.",))
        except Exception as fault:  # Whatever is wrong with the export, pages hear of it.
            self.progress = self._ended("failed", "", (str(told(fault)),))

    def _export(self, request: ExportRequest) -> ExportProgress:
        """Check and write, in a thread."""
        project = self._workspace.project
        if request.only_check or request.strict:
            findings = tuple(
                check_export(
                    project,
                    only_done=request.only_done,
                    classes=request.classes,
                    segmenter=self._segmenter,
                    follow=self._follow,
                )
            )
            if findings or request.only_check:
                return self._ended("found" if findings else "checked", "", findings or ("The check found nothing.",))
        report = export(
            project,
            request.formats,
            project.output / request.folder,
            only_done=request.only_done,
            classes=request.classes,
            splits=request.shares,
            seed=request.seed,
            with_images=request.with_images,
            as_predictions=request.as_predictions,
            segmenter=self._segmenter,
            follow=self._follow,
        )
        return self._ended("done", str(report.folder), tuple(as_sentences(report)))

    def _segmenter(self) -> Segmenter:
        return self._workspace.encoder.segmenter

    def _follow(self, done: int, total: int) -> None:
        if self._cancel.is_set():
            raise _CancelledError
        self.progress = replace(self.progress, done=done, total=total)

    def _ended(self, state: ExportState, folder: str, lines: tuple[str, ...]) -> ExportProgress:
        if len(lines) > _MOST_SAID:
            lines = (*lines[:_MOST_SAID], f"and {len(lines) - _MOST_SAID} more")
        return replace(self.progress, state=state, folder=folder, lines=lines)


def export_routes(run: ExportRun, taught: Callable[[Handler], Handler]) -> list[Route]:
    """The addresses of an export; ``taught`` makes errors into answers."""

    async def begin(request: Request) -> Response:
        run.start(_request_of(await request.body()))
        return JSONResponse(asdict(run.progress))

    async def progress(_: Request) -> Response:
        return JSONResponse(asdict(run.progress))

    async def cancel(_: Request) -> Response:
        run.cancel()
        return JSONResponse(asdict(run.progress))

    async def formats(_: Request) -> Response:
        return JSONResponse([asdict(ExportFormat(name, one.title)) for name, one in FORMATS.items()])

    return [
        Route("/api/export", taught(begin), methods=["POST"]),
        Route("/api/export", taught(progress)),
        Route("/api/export/cancel", taught(cancel), methods=["POST"]),
        Route("/api/export/formats", taught(formats)),
    ]


def _request_of(body: bytes) -> ExportRequest:
    """What the body of a request asks for.

    Raises:
        ConfigError: it asks for something that there is not.
    """
    try:
        return ExportRequest.model_validate_json(body)
    except ValidationError as error:
        raise ConfigError(f"this cannot be exported: {first_fault(error, 'the request')}") from error
