"""The web application: the page's files, tiles of images, and the WebSocket over which everything is drawn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from s2m.errors import ImageError, S2MError, ServerError
from s2m.files.contrast_limits import ContrastLimits
from s2m.web import address_numbers as address_numbers
from s2m.web.api.routes import create_api
from s2m.web.api.service import ApiService
from s2m.web.connection import PageConnection
from s2m.web.exporting import ExportRun, export_routes
from s2m.web.faults import HTTP_STATUS
from s2m.web.mask_imports import import_into_all, import_into_image, sent_file
from s2m.web.messages_from_page import ANSWERED, read_message
from s2m.web.messages_to_page import CommandFailed, error_notice
from s2m.web.open_image import OpenImage, told
from s2m.web.pixels_in_view import exact_outlines
from s2m.web.pyramid import EncodedTile
from s2m.web.security import Access, Gate, TokenBucket
from s2m.web.uncertainty import draw_uncertainty
from s2m.web.workspace import Workspace, log

STATIC_FOLDER = Path(__file__).parent / "static"
_MESSAGES_PER_SECOND = 400.0
_MESSAGES_AT_ONCE = 2000.0
_KEPT_FOR_EVER = "private, max-age=31536000, immutable"

Handler = Callable[[Request], Awaitable[Response]]


def create_app(workspace: Workspace, access: Access) -> Starlette:
    """The application that serves a workspace to those who have access."""

    async def index(_: Request) -> Response:
        return FileResponse(STATIC_FOLDER / "index.html", headers={"Cache-Control": "no-cache"})

    async def tile(request: Request) -> Response:
        path = workspace.path_of(request.path_params["index"])
        limits = _limits_of(request.query_params.get("contrast_limits"))
        place = (request.path_params["level"], request.path_params["column"], request.path_params["row"])
        return _picture(await workspace.workers.read(lambda: workspace.pictures.tile(path, *place, limits)))

    async def thumbnail(request: Request) -> Response:
        return _picture(await workspace.thumbnail(request.path_params["index"]), "private, max-age=60")

    def opened(request: Request) -> OpenImage:
        open_image = workspace.open_image_of(request.path_params["index"])
        if open_image is None:
            raise ServerError("open the image first")
        return open_image

    async def uncertainty(request: Request) -> Response:
        state = opened(request).session.state
        return _picture(await workspace.workers.read(lambda: draw_uncertainty(state.object_logits())), "no-store")

    async def pixels(request: Request) -> Response:
        open_image = opened(request)
        left, top, right, bottom = (request.path_params[name] for name in ("left", "top", "right", "bottom"))
        box = (left, top, right, bottom)
        state = open_image.state
        masks = await workspace.workers.read(lambda: exact_outlines(state, box))
        return JSONResponse(masks, headers={"Cache-Control": "no-store"})

    async def info(_: Request) -> Response:
        memory = [asdict(use) for use in workspace.memory()]
        return JSONResponse(
            {"model": workspace.settings.model_id, "open_images": len(workspace.open_images), "memory": memory}
        )

    async def take_in(request: Request) -> Response:
        name = await workspace.folder.take_in(request.query_params.get("name", ""), await request.body())
        return PlainTextResponse(name)

    async def import_masks(request: Request) -> Response:
        with sent_file(request.query_params.get("name", ""), await request.body()) as path:
            page = request.query_params.get("page", "")
            await import_into_image(workspace, request.path_params["index"], page, path)
        return PlainTextResponse("imported")

    async def import_all_masks(request: Request) -> Response:
        with sent_file(request.query_params.get("name", ""), await request.body()) as path:
            return JSONResponse(asdict(await import_into_all(workspace, path)))

    async def socket(websocket: WebSocket) -> None:
        await _serve_page(workspace, websocket)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        workspace.start()
        service.start()
        yield
        await workspace.close()

    service = ApiService(workspace.encoder.segmenter, workspace=workspace)
    images = "/api/images/{index:number}"
    routes = [
        Route("/", index),
        Route(images + "/tiles/{level:number}/{column:number}/{row:number}", _taught(tile)),
        Route(images + "/thumbnail", _taught(thumbnail)),
        Route(images + "/uncertainty", _taught(uncertainty)),
        Route(images + "/pixels/{left:number}/{top:number}/{right:number}/{bottom:number}", _taught(pixels)),
        Route(images + "/masks", _taught(import_masks), methods=["POST"]),
        Route("/api/images", _taught(take_in), methods=["POST"]),
        Route("/api/info", info),
        Route("/api/masks", _taught(import_all_masks), methods=["POST"]),
        *export_routes(ExportRun(workspace), _taught),
        Mount("/api/v1", create_api(service)),
        WebSocketRoute("/ws", socket),
        Mount("/static", StaticFiles(directory=STATIC_FOLDER)),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Gate, access=access)], lifespan=lifespan)


def _taught(handler: Handler) -> Handler:
    """A handler whose errors become their status and one connection of text."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except S2MError as error:
            return PlainTextResponse(str(error), HTTP_STATUS[error.code], headers={"X-S2M-Error": error.code})
        except (ValueError, OverflowError, RecursionError) as error:
            log.warning("a request to %s cannot be understood (%s)", request.url.path, type(error).__name__)
            return PlainTextResponse(f"This cannot be understood ({type(error).__name__}).", 422)

    return answer


def _limits_of(text: str | None) -> ContrastLimits | None:
    """The contrast limits that a page asks for as "LOW,HIGH".

    Raises:
        ImageError: it is none.
    """
    if text is None:
        return None
    try:
        low, high = map(float, text.split(","))
    except ValueError as error:
        raise ImageError(f'contrast limits are two numbers "LOW,HIGH", got "{text[:40]}"; reload the page') from error
    return ContrastLimits(low, high)


def _picture(picture: EncodedTile, cache: str = _KEPT_FOR_EVER) -> Response:
    return Response(picture.data, media_type=picture.media_type, headers={"Cache-Control": cache})


async def _serve_page(workspace: Workspace, websocket: WebSocket) -> None:
    """Listen to one page, and talk to it, until it goes."""
    await websocket.accept()
    client = websocket.client.host if websocket.client else "?"
    log.info("a page of %s is connected", client)
    connection = PageConnection(websocket)
    both = [asyncio.create_task(connection.run()), asyncio.create_task(_listen(workspace, connection))]
    try:
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if (error := task.exception()) is not None and not isinstance(error, WebSocketDisconnect):
                log.error("a page of %s is cut off (%s: %s)", client, type(error).__name__, error)
    finally:
        workspace.goodbye(connection)
        log.info("a page of %s is gone", client)
        for task in both:
            task.cancel()
        await asyncio.wait(both)


async def _listen(workspace: Workspace, connection: PageConnection) -> None:
    """Do what a page says; it hears of what cannot be done, or is not understood."""
    bucket = TokenBucket(_MESSAGES_PER_SECOND, _MESSAGES_AT_ONCE)
    while (received := await connection.socket.receive())["type"] != "websocket.disconnect":
        while not bucket.take():
            await asyncio.sleep(0.01)
        message_id = None
        try:
            message = read_message(received.get("text") or "")
            message_id = message.id if isinstance(message, ANSWERED) else None
            await workspace.receive(connection, message)
        except Exception as fault:  # Whatever is wrong with one message, the next ones are still answered.
            error = told(fault)
            if message_id is None:
                connection.send(error_notice(str(error)))
            else:
                connection.send(CommandFailed(type="failed", id=message_id, code=error.code, text=str(error)))
