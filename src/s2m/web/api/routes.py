"""All operations of the API; an application for them below ``/api/v1``."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from s2m.web import address_numbers as address_numbers
from s2m.web.api import handlers, models
from s2m.web.api.handlers import ZIP
from s2m.web.api.models import ApiCommand
from s2m.web.api.openapi import openapi_document
from s2m.web.api.operations import PNG, Answer, Operation, fault, route_of
from s2m.web.api.service import ApiService

_SESSION = "/sessions/{session}"
_STATE = Answer(200, "The session after it.", model=models.SessionState)
_BEGUN = Answer(201, "The session.", model=models.SessionState)
_ZIPPED = Answer(200, "An archive with the files and manifest.json.", ZIP)

OPERATIONS = (
    Operation(
        "GET",
        "/health",
        "health",
        "Whether the server answers",
        handlers.health,
        Answer(200, "It does.", model=models.Health),
    ),
    Operation(
        "GET",
        "/metrics",
        "metrics",
        "Numbers for Prometheus",
        handlers.metrics,
        Answer(200, "The numbers.", "text/plain"),
    ),
    Operation(
        "GET",
        "/images",
        "images",
        "The images of the project",
        handlers.images,
        Answer(200, "They.", model=models.ProjectEntries),
        (409,),
    ),
    Operation(
        "POST",
        "/images/{index:number}/sessions",
        "open_image",
        "Open a session on an image of the project",
        handlers.open_image,
        _BEGUN,
        (409,),
        models.TakeOverQuery,
    ),
    Operation(
        "GET",
        "/export",
        "export_project",
        "The annotations of the project in formats of other tools",
        handlers.export_project,
        _ZIPPED,
        (409, 507),
        models.ProjectExportQuery,
    ),
    Operation(
        "GET",
        "/sessions",
        "sessions",
        "The open sessions",
        handlers.sessions,
        Answer(200, "They.", model=models.SessionEntries),
    ),
    Operation(
        "POST",
        "/sessions",
        "open_upload",
        "Open a session on an image that is sent as the body",
        handlers.open_upload,
        _BEGUN,
        query=models.UploadQuery,
        body=bytes,
    ),
    Operation("GET", _SESSION, "session", "A session as it is", handlers.state, _STATE),
    Operation("DELETE", _SESSION, "close", "Close a session", handlers.close, Answer(204, "It is closed.", "")),
    Operation(
        "POST",
        f"{_SESSION}/commands",
        "command",
        "Do a command, such as a stroke",
        handlers.command,
        _STATE,
        (409, 507),
        models.CommandQuery,
        ApiCommand,
    ),
    Operation(
        "POST",
        f"{_SESSION}/undo",
        "undo",
        "Undo the last command",
        handlers.undo,
        _STATE,
        (409, 507),
        models.CommandQuery,
    ),
    Operation(
        "POST",
        f"{_SESSION}/redo",
        "redo",
        "Do again what was undone last",
        handlers.redo,
        _STATE,
        (409, 507),
        models.CommandQuery,
    ),
    Operation(
        "GET",
        f"{_SESSION}/label-map.png",
        "label_map",
        "The object of each pixel, as an indexed PNG",
        handlers.label_map,
        Answer(200, "The label map.", PNG),
    ),
    Operation(
        "GET",
        f"{_SESSION}/run-lengths",
        "run_lengths",
        "The object of each pixel, as run lengths",
        handlers.run_lengths,
        Answer(200, "The label map.", model=models.RunLengths),
    ),
    Operation(
        "GET",
        f"{_SESSION}/objects/{{object_id:number}}/mask.png",
        "mask",
        "The mask of an object: 255 on its pixels",
        handlers.mask,
        Answer(200, "The mask.", PNG),
        (409,),
    ),
    Operation(
        "GET",
        f"{_SESSION}/objects/{{object_id:number}}/probabilities.png",
        "probabilities",
        "The probability of an object as if it were alone, 0 to 255",
        handlers.probabilities,
        Answer(200, "The soft mask.", PNG),
        (409,),
    ),
    Operation(
        "GET",
        f"{_SESSION}/export",
        "export_session",
        "The annotation of a session in formats of other tools",
        handlers.export_session,
        _ZIPPED,
        (507,),
        models.SessionExportQuery,
    ),
)


def create_api(service: ApiService) -> Starlette:
    """The API as an application of its own."""
    document = openapi_document(OPERATIONS)

    async def describe(_: Request) -> Response:
        return JSONResponse(document)

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        text = f"{request.method} {request.url.path}: {error.detail}; see openapi.json"
        answer = fault(error.status_code, "request", text)
        answer.headers.update(error.headers or {})
        return answer

    routes = [route_of(operation, service) for operation in OPERATIONS]
    return Starlette(routes=[Route("/openapi.json", describe), *routes], exception_handlers={HTTPException: refuse})
