"""nnInteractive's protocol (client 2.6): a volume with scribbles, lassos, boxes and points in, drawn slices out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from s2m.errors import ImageError
from s2m.web.api.service import ApiService
from s2m.web.protocols.answering import AskedImages, Handler, answering
from s2m.web.protocols.drawn_volume import DrawnVolume, Region
from s2m.web.protocols.leases import LIVENESS_S, Lease, Leases
from s2m.web.protocols.packed_arrays import blosc2, pack, unpack

_META, _LEASE = "X-Meta", "X-Lease-Token"
_SUPPORTED = ("scribble", "lasso", "points", "bbox2d")
_CAPABILITIES = {
    "supported_interactions": {**dict.fromkeys(_SUPPORTED, True), "bbox3d": False},
    # Places of prompts in the input of their network, which clients only read.
    "channel_mapping": {"prev_seg": 0, "bbox2d": [1, 2], "lasso": [1, 2], "points": [3, 4], "scribble": [5, 6]},
    "num_interaction_channels": 7,
    "supports_initial_label": False,
    "supports_zero_shot_label_refinement": False,
    "preferred_scribble_thickness": 2,
    "interaction_decay": None,
    "patch_size": None,
    "do_autozoom": False,
    "inference_session_version": 2,
    "license": "MIT",
    "supports_undo": True,
}

Place = Annotated[int, Field(ge=-(2**31), le=2**31)]
Ends = tuple[Place, Place]


class _Interaction(BaseModel):
    include_interaction: bool
    run_prediction: bool = True


class _Point(_Interaction):
    coordinates: tuple[Place, Place, Place]


class _Box(_Interaction):
    bbox_coords: tuple[Ends, Ends, Ends]


class _Drawing(_Interaction):
    interaction_bbox: tuple[Ends, Ends, Ends] | None = None


class _Buffer(BaseModel):
    shape: Annotated[list[Place], Field(max_length=8)]


def nninteractive_routes(service: ApiService, leases: Leases | None = None) -> Sequence[Route]:
    """The routes of the protocol.

    Args:
        service: answers.
        leases: of clients; by default with the limits of sessions.

    Raises:
        ConfigError: blosc2 is not installed.
    """
    blosc2()
    held = leases or Leases(service.sessions.limits)
    images = AskedImages(service.segmenter)

    def lease_of(request: Request, is_used: bool = True) -> Lease:
        return held.get(request.headers.get(_LEASE, ""), is_used)

    async def health(_: Request) -> Response:
        return JSONResponse({"ok": True})

    async def capabilities(_: Request) -> Response:
        return JSONResponse(_CAPABILITIES)

    async def claim(_: Request) -> Response:
        lease = held.claim()
        if len(held) == 1:
            service.workers.start(held.watch())
        times = {"idle_timeout_seconds": held.limits.idle_s, "liveness_timeout_seconds": LIVENESS_S}
        return JSONResponse({"lease_token": lease.token, **times, "max_sessions": held.limits.sessions})

    async def release(request: Request) -> Response:
        held.release(request.headers.get(_LEASE, ""))
        return JSONResponse({"released": True})

    async def remaining(request: Request) -> Response:
        seconds = held.remaining_s(lease_of(request, is_used=False))
        return JSONResponse({"remaining_seconds": seconds, "idle_timeout_seconds": held.limits.idle_s})

    async def set_image(request: Request) -> Response:
        lease, body = lease_of(request), await request.body()

        def work() -> DrawnVolume:
            lease.volume = None
            # The mask takes a byte a voxel beside the values.
            volume = DrawnVolume(unpack(body, held.left_bytes(lease) // 2), images)
            lease.volume = volume
            return volume

        volume = await service.workers.ask_network(work)
        return JSONResponse({"original_image_shape": [volume.channels, *volume.shape]})

    async def set_target_buffer(request: Request) -> Response:
        buffer, volume = _Buffer.model_validate_json(await request.body()), lease_of(request).drawn
        if tuple(buffer.shape) != volume.shape:
            raise ImageError(f"the target has the shape {tuple(buffer.shape)}, the image {volume.shape}")
        return JSONResponse({})

    async def set_do_autozoom(request: Request) -> Response:
        lease_of(request)
        return JSONResponse({})

    async def reset(request: Request) -> Response:
        await service.workers.ask_network(lease_of(request).drawn.reset)
        return JSONResponse({})

    async def undo(request: Request) -> Response:
        volume = lease_of(request).drawn
        return await service.workers.ask_network(lambda: _changed(volume, *volume.undo()))

    async def predict(request: Request) -> Response:
        volume = lease_of(request).drawn
        return await service.workers.ask_network(lambda: _predicted(volume, True))

    async def point(request: Request) -> Response:
        asked, volume = _Point.model_validate_json(await request.body()), lease_of(request).drawn
        return await drawn(volume, asked, lambda: volume.add_point(asked.coordinates, asked.include_interaction))

    async def box(request: Request) -> Response:
        asked, volume = _Box.model_validate_json(await request.body()), lease_of(request).drawn
        return await drawn(volume, asked, lambda: volume.add_box(asked.bbox_coords, asked.include_interaction))

    def drawing(is_lasso: bool) -> Handler:
        async def handler(request: Request) -> Response:
            asked, volume = _Drawing.model_validate_json(request.headers.get(_META, "")), lease_of(request).drawn
            body = await request.body()
            add = volume.add_lasso if is_lasso else volume.add_scribble
            # Of the largest numbers, it takes eight bytes a voxel.
            most = 8 * volume.mask.size
            where, sign = asked.interaction_bbox, asked.include_interaction
            return await drawn(volume, asked, lambda: add(unpack(body, most), where, sign))

        return handler

    async def drawn(volume: DrawnVolume, asked: _Interaction, add: Callable[[], None]) -> Response:
        def work() -> Response:
            add()
            return _predicted(volume, asked.run_prediction)

        return await service.workers.ask_network(work)

    posts: dict[str, Handler] = {
        "claim": claim,
        "release": release,
        "heartbeat": remaining,
        "set_image": set_image,
        "set_target_buffer": set_target_buffer,
        "set_do_autozoom": set_do_autozoom,
        "reset_interactions": reset,
        "undo": undo,
        "predict": predict,
        "add_point_interaction": point,
        "add_bbox_interaction": box,
        "add_scribble_interaction": drawing(is_lasso=False),
        "add_lasso_interaction": drawing(is_lasso=True),
    }
    gets: dict[str, Handler] = {"healthz": health, "capabilities": capabilities, "lease_status": remaining}
    return [
        Route(f"/{name}", answering(handler, _refusal), methods=[method])
        for method, handlers in (("POST", posts), ("GET", gets))
        for name, handler in handlers.items()
    ]


def _refusal(status: int, text: str) -> Response:
    return JSONResponse({"detail": text}, status)


def _predicted(volume: DrawnVolume, is_asked: bool) -> Response:
    region = volume.predict() if is_asked else None
    return _changed(volume, region is not None, region)


def _changed(volume: DrawnVolume, has_run: bool, region: Region | None) -> Response:
    """The part of the mask that changed."""
    meta: dict[str, Any] = {"ran_prediction": has_run, "bbox": region}
    content = b"" if region is None else pack(volume.content(region))
    headers = {_META: json.dumps(meta, separators=(",", ":"))}
    return Response(content, headers=headers, media_type="application/octet-stream")
