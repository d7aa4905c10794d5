"""What each route of the API does: checked requests in, answers out."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from s2m.errors import ImageError
from s2m.files.formats.pictures import grey_png, mask_png, soft_mask
from s2m.files.label_files import label_map_bytes
from s2m.session import AnnotationState, Redo, Undo
from s2m.session.exports import annotation_of, export, export_image
from s2m.types import BoolArray
from s2m.web.api import models
from s2m.web.api.metrics import CONTENT_TYPE
from s2m.web.api.operations import PNG, Call, as_json
from s2m.web.api.service import ApiService
from s2m.web.api.sessions import ApiSession

ZIP = "application/zip"


async def health(service: ApiService, _: Call) -> Response:
    """Whether the server answers."""
    workspace, sessions = service.workspace, service.sessions
    return as_json(
        models.Health(
            status="ok",
            model=service.model_id,
            project=None if workspace is None else workspace.settings.title,
            sessions=len(sessions),
            session_bytes=sessions.nbytes,
        )
    )


async def metrics(service: ApiService, _: Call) -> Response:
    """Numbers for Prometheus."""
    return Response(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


async def images(service: ApiService, _: Call) -> Response:
    """The images of the project."""
    entries = service.sessions.workspace.project.images
    return as_json(
        models.ProjectEntries(
            images=[
                models.ProjectEntry(index=index, name=one.name, status=one.status, error=one.error)
                for index, one in enumerate(entries)
            ]
        )
    )


async def open_upload(service: ApiService, call: Call) -> Response:
    """A session on an image that is sent."""
    if not call.body:
        raise ImageError("no image was sent; send its file as the body")
    return await _told(service, await service.sessions.open_upload(call.body, call.query.name), 201)


async def open_image(service: ApiService, call: Call) -> Response:
    """A session on an image of the project."""
    session = await service.sessions.open_image(call.path["index"], call.query.take_over)
    return await _told(service, session, 201)


async def sessions(service: ApiService, _: Call) -> Response:
    """The open sessions."""
    entries = [
        models.SessionEntry(
            session=one.key,
            image=one.image,
            nbytes=one.annotated.nbytes,
            idle_s=round(service.sessions.idle_s(one), 1),
        )
        for one in service.sessions
    ]
    return as_json(models.SessionEntries(sessions=entries))


async def state(service: ApiService, call: Call) -> Response:
    """A session as it is."""
    return await _told(service, _session_of(service, call))


async def close(service: ApiService, call: Call) -> Response:
    """Close a session."""
    await service.sessions.close(call.path["session"])
    return Response(status_code=204)


async def command(service: ApiService, call: Call) -> Response:
    """Do a command."""
    session = _session_of(service, call)
    await session.annotated.do(call.body, call.query.request)
    return await _told(service, session)


async def undo(service: ApiService, call: Call) -> Response:
    """Undo the last command."""
    session = _session_of(service, call)
    await session.annotated.do(Undo(), call.query.request)
    return await _told(service, session)


async def redo(service: ApiService, call: Call) -> Response:
    """Do again what was undone last."""
    session = _session_of(service, call)
    await session.annotated.do(Redo(), call.query.request)
    return await _told(service, session)


async def label_map(service: ApiService, call: Call) -> Response:
    """The label map as an indexed PNG."""
    session = _session_of(service, call).session
    data = await service.workers.read(lambda: label_map_bytes(session.state.indices))
    return Response(data, media_type=PNG)


async def run_lengths(service: ApiService, call: Call) -> Response:
    """The label map as run lengths."""
    session = _session_of(service, call).session
    return as_json(await service.workers.read(lambda: _runs_of(session.state)))


async def mask(service: ApiService, call: Call) -> Response:
    """The mask of an object."""
    return await _picture(service, call, lambda state, object_id: mask_png(_mask_of(state, object_id)))


async def probabilities(service: ApiService, call: Call) -> Response:
    """The soft mask of an object."""
    classes = _session_of(service, call).annotated.classes

    def draw(state: AnnotationState, object_id: int) -> bytes:
        state.object(object_id)
        image = annotation_of(state, classes, "image", Path())
        (one,) = (each for each in image.objects if each.object_id == object_id)
        return grey_png(soft_mask(one, image))

    return await _picture(service, call, draw)


async def export_session(service: ApiService, call: Call) -> Response:
    """The annotation of a session in formats of other tools."""
    session, query = _session_of(service, call), call.query

    def write(folder: Path, beside: Path) -> None:
        data, name = session.annotated.data, session.image
        path = beside / name
        if data is None:
            path = service.sessions.workspace.project.entry(name).path
        else:
            path.write_bytes(data)
        classes = session.annotated.classes
        export_image(session.session, name, path, folder, query.formats, classes=classes, with_images=query.with_images)

    return await _zipped(service, write)


async def export_project(service: ApiService, call: Call) -> Response:
    """The annotations of the project in formats of other tools."""
    workspace, query = service.sessions.workspace, call.query
    await workspace.save_all()

    def write(folder: Path, _: Path) -> None:
        export(
            workspace.project,
            _listed(query.formats),
            folder,
            only_done=query.only_done,
            classes=_listed(query.classes),
            with_images=query.with_images,
            segmenter=lambda: service.segmenter,
        )

    return await _zipped(service, write)


def _session_of(service: ApiService, call: Call) -> ApiSession:
    return service.sessions.get(call.path["session"])


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


async def _told(service: ApiService, session: ApiSession, status: int = 200) -> Response:
    return as_json(await service.workers.read(lambda: _state_of(session)), status)


def _state_of(one: ApiSession) -> models.SessionState:
    session, annotation = one.session, one.session.state
    return models.SessionState(
        session=one.key,
        image=one.image,
        width=annotation.size_hw[1],
        height=annotation.size_hw[0],
        number=session.number,
        overlap=annotation.overlap,
        status=annotation.status,
        note=annotation.note,
        objects=[
            models.SessionObject(
                **each.model_dump(),
                hidden=each.object_id in session.hidden_ids,
                area_px=annotation.area_px(each.object_id),
            )
            for each in annotation.objects
        ],
        strokes=len(annotation.strokes),
        undo=session.undo_label,
        redo=session.redo_label,
        notices=list(session.notices),
    )


def _runs_of(annotation: AnnotationState) -> models.RunLengths:
    flat = annotation.label_map().ravel()
    begins = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]])
    lengths = np.diff(np.r_[begins, len(flat)])
    height, width = annotation.size_hw
    return models.RunLengths(width=width, height=height, runs=np.stack([flat[begins], lengths], axis=1).tolist())


def _mask_of(annotation: AnnotationState, object_id: int) -> BoolArray:
    annotation.object(object_id)
    return annotation.object_mask(object_id)


async def _picture(service: ApiService, call: Call, draw: Callable[[AnnotationState, int], bytes]) -> Response:
    session, object_id = _session_of(service, call).session, call.path["object_id"]
    return Response(await service.workers.read(lambda: draw(session.state, object_id)), media_type=PNG)


async def _zipped(service: ApiService, write: Callable[[Path, Path], None]) -> Response:
    """What an export writes, as an archive that goes once it is sent."""
    place = Path(tempfile.mkdtemp(prefix="s2m-export-"))

    def make() -> Path:
        beside = place / "image"
        beside.mkdir()
        write(place / "export", beside)
        archive = place / "export.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted((place / "export").rglob("*")):
                if path.is_file():
                    file.write(path, path.relative_to(place / "export").as_posix())
        return archive

    try:
        archive = await service.workers.read(make)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    gone = BackgroundTask(shutil.rmtree, place, ignore_errors=True)
    return FileResponse(archive, media_type=ZIP, filename="export.zip", background=gone)
