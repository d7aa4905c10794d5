"""The remote server of X-AnyLabeling (4.2): an image with points and boxes in, polygons of the object out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from cachetools import LRUCache
from pydantic import BaseModel, Field, FiniteFloat, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from s2m.engine.geometry import resize_maps
from s2m.engine.segmenter import Embedding
from s2m.errors import ImageError, S2MError, StrokeError
from s2m.files.formats.rings import edge_outlines
from s2m.files.images import read_image_bytes
from s2m.types import Box, Stroke
from s2m.web.api.service import ApiService
from s2m.web.faults import first_fault
from s2m.web.open_image import told

MODEL = "s2m"
_OBJECT_ID = 1
_DRAFT = "AUTOLABEL_OBJECT"
"""The label of a shape that the annotator has not named yet."""

_WIDGETS = (
    "button_add_point",
    "button_remove_point",
    "button_add_rect",
    "button_clear",
    "button_finish_object",
)
_IMAGES_KEPT = 4

Corner = Annotated[FiniteFloat, Field(ge=-1e6, le=1e6)]


class _Mark(BaseModel):
    type: Literal["point", "rectangle"]
    data: Annotated[list[Corner], Field(min_length=2, max_length=4)]
    label: Literal[0, 1] = 1


class _Parameters(BaseModel):
    marks: Annotated[list[_Mark], Field(max_length=1000)] = []


class _Question(BaseModel):
    model: Literal["s2m"]
    image: Annotated[str, Field(pattern=r"^data:image/[\w.+-]+;base64,")]
    params: _Parameters = _Parameters()


def xanylabeling_routes(service: ApiService) -> Sequence[Route]:
    """The routes of the protocol."""
    embeddings: LRUCache[bytes, Embedding] = LRUCache(_IMAGES_KEPT)

    async def models(_: Request) -> Response:
        widgets = [{"name": name, "value": None} for name in _WIDGETS]
        about = {"display_name": service.model_id, "widgets": widgets, "batch_processing_mode": None}
        return JSONResponse({"success": True, "data": {MODEL: about}})

    async def predict(request: Request) -> Response:
        try:
            question = _Question.model_validate_json(await request.body())
            shapes = await service.workers.ask_network(lambda: _shapes_of(service, embeddings, question))
        except ValidationError as error:
            return _refusal(422, f"the request is not understood: {first_fault(error)}")
        except ClientDisconnect:
            return _refusal(413, "the request ended before it was whole, or is too long")
        except Exception as error:
            reason = told(error)
            return _refusal(500 if type(reason) is S2MError else 422, str(reason))
        return JSONResponse({"success": True, "data": {"shapes": shapes, "replace": False}})

    return [Route("/v1/models", models), Route("/v1/predict", predict, methods=["POST"])]


def _refusal(status: int, text: str) -> Response:
    return JSONResponse({"success": False, "error": {"message": text}}, status)


def _shapes_of(
    service: ApiService, embeddings: LRUCache[bytes, Embedding], question: _Question
) -> list[dict[str, Any]]:
    """A polygon for each part of the object, along the edges of pixels, its holes joined by slits."""
    strokes = [stroke for mark in question.params.marks for stroke in _strokes_of(mark)]
    if not strokes:
        return []
    embedding = _embedding_of(service, embeddings, question.image)
    logits = service.segmenter.predict(embedding, strokes, None, (_OBJECT_ID,)).masks.logits
    mask = resize_maps(logits, embedding.size_hw)[0] > 0
    rings = edge_outlines(mask) if mask.any() else []
    return [{"label": _DRAFT, "shape_type": "polygon", "points": [list(point) for point in ring]} for ring in rings]


def _embedding_of(service: ApiService, embeddings: LRUCache[bytes, Embedding], image: str) -> Embedding:
    """An image that is sent with every mark is encoded once."""
    key = hashlib.blake2b(image.encode(), digest_size=16).digest()
    known = embeddings.get(key)
    if known is None:
        try:
            data = base64.b64decode(image.partition(",")[2], validate=True)
        except ValueError as error:
            raise ImageError(f"the image is no base64 ({error}); send it as a data URI") from error
        known = embeddings[key] = service.segmenter.encode(read_image_bytes(data, "the image"))
    return known


def _strokes_of(mark: _Mark) -> Sequence[Stroke]:
    """The strokes of a mark; its numbers are pixels, whose centres lie half a pixel farther."""
    corners = np.array(mark.data) + 0.5
    if mark.type == "point":
        return [Stroke(corners[None, :2], _OBJECT_ID, "positive" if mark.label else "negative")]
    if len(corners) != 4:
        raise StrokeError(f"a rectangle has four numbers, got {len(corners)}")
    if not mark.label:
        raise StrokeError("a rectangle shows where the object is; show what it is not with points")
    left, top, right, bottom = (float(value) for value in corners)
    return Box(min(left, right), min(top, bottom), max(left, right), max(top, bottom), _OBJECT_ID).strokes()
