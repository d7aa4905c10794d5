"""One record for each route of the API: from it come the route, the checks of what is sent, and the documentation."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from s2m.web.api.models import Fault
from s2m.web.api.service import ApiService
from s2m.web.api.sessions import SessionRefused
from s2m.web.faults import HTTP_STATUS, first_fault
from s2m.web.open_image import told

BYTES = "application/octet-stream"
JSON = "application/json"
PNG = "image/png"
_STATUS: Mapping[str, int] = MappingProxyType({**HTTP_STATUS, "image": 422})


@dataclass(frozen=True)
class Answer:
    """What a route gives where all is well.

    Attributes:
        status: of HTTP.
        text: what it is.
        media_type: its kind, or "" where there is no body.
        model: of JSON.
    """

    status: int
    text: str
    media_type: str = JSON
    model: type[BaseModel] | None = None


@dataclass(frozen=True)
class Call:
    """A request whose parts were checked.

    Attributes:
        path: the parts of the address.
        query: what follows the question mark, as the operation's model.
        body: as its type, or bytes.
    """

    path: Mapping[str, Any]
    query: Any
    body: Any


Handle = Callable[[ApiService, Call], Awaitable[Response]]


@dataclass(frozen=True)
class Operation:
    """A route.

    Attributes:
        method: of HTTP.
        path: below ``/api/v1``, with parts as Starlette writes them.
        name: in the documentation and the metrics.
        summary: a line about it.
        handle: does it.
        answer: where all is well.
        faults: its own errors, by status, beside those of every route.
        query: model of what follows the question mark.
        body: type of the JSON that is sent, ``bytes`` for a file, or None.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    name: str
    summary: str
    handle: Handle
    answer: Answer
    faults: Sequence[int] = field(default=())
    query: type[BaseModel] | None = None
    body: Any = None


def route_of(operation: Operation, service: ApiService) -> Route:
    """The route of an operation."""
    body = None if operation.body in (None, bytes) else TypeAdapter(operation.body)

    async def answer(request: Request) -> Response:
        started = time.perf_counter()
        response = await _answered(operation, service, request, body)
        service.metrics.count(operation.name, response.status_code, time.perf_counter() - started)
        return response

    return Route(operation.path, answer, methods=[operation.method], name=operation.name)


async def _answered(
    operation: Operation, service: ApiService, request: Request, body: TypeAdapter[Any] | None
) -> Response:
    try:
        return await operation.handle(service, await _checked(operation, request, body))
    except ValidationError as error:
        return fault(422, "request", f"the request is not understood: {first_fault(error)}")
    except ClientDisconnect:
        return fault(413, "request", "the request ended before it was whole, or is too long")
    except SessionRefused as refusal:
        return fault(refusal.status, refusal.code, str(refusal))
    except Exception as error:
        reason = told(error)
        return fault(_STATUS[reason.code], reason.code, str(reason))


async def _checked(operation: Operation, request: Request, body: TypeAdapter[Any] | None) -> Call:
    """The parts of a request.

    Raises:
        ValidationError: they do not fit.
        ClientDisconnect: it is not whole.
    """
    query = None if operation.query is None else operation.query.model_validate(dict(request.query_params))
    given: Any = None
    if body is not None:
        given = body.validate_json(await request.body())
    elif operation.body is bytes:
        given = await request.body()
    return Call(request.path_params, query, given)


def fault(status: int, code: str, text: str) -> JSONResponse:
    """The answer where something is wrong."""
    return JSONResponse(Fault(code=code, text=text).model_dump(), status, headers={"X-S2M-Error": code})


def as_json(model: BaseModel, status: int = 200) -> Response:
    """The answer of a model."""
    return Response(model.model_dump_json(), status, media_type=JSON)
