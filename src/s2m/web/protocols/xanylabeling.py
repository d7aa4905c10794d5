"""The remote server of X-AnyLabeling (4.2): an image with points and boxes in, polygons of the object out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, Field, FiniteFloat
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from s2m.errors import StrokeError
from s2m.files.formats.rings import edge_outlines
from s2m.types import Stroke
from s2m.web.api.service import ApiService
from s2m.web.protocols.answering import OBJECT_ID, AskedImages, answering, box_strokes, data_of_uri

MODEL = "s2m"
_DRAFT = "AUTOLABEL_OBJECT"
"""The label of a shape that the annotator has not named yet."""

_WIDGETS = (
    "button_add_point",
    "button_remove_point",
    "button_add_rect",
    "button_clear",
    "button_finish_object",
)

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
    images = AskedImages(service.segmenter)

    async def models(_: Request) -> Response:
        widgets = [{"name": name, "value": None} for name in _WIDGETS]
        about = {"display_name": service.model_id, "widgets": widgets, "batch_processing_mode": None}
        return JSONResponse({"success": True, "data": {MODEL: about}})

    async def predict(request: Request) -> Response:
        question = _Question.model_validate_json(await request.body())
        shapes = await service.workers.ask_network(lambda: _shapes_of(images, question))
        return JSONResponse({"success": True, "data": {"shapes": shapes, "replace": False}})

    return [Route("/v1/models", models), Route("/v1/predict", answering(predict, _refusal), methods=["POST"])]


def _refusal(status: int, text: str) -> Response:
    return JSONResponse({"success": False, "error": {"message": text}}, status)


def _shapes_of(images: AskedImages, question: _Question) -> list[dict[str, Any]]:
    """A polygon for each part of the object, along the edges of pixels, its holes joined by slits."""
    strokes = [stroke for mark in question.params.marks for stroke in _strokes_of(mark)]
    if not strokes:
        return []
    mask = images.logits(images.of_file(data_of_uri(question.image)), strokes) > 0
    rings = edge_outlines(mask) if mask.any() else []
    return [{"label": _DRAFT, "shape_type": "polygon", "points": [list(point) for point in ring]} for ring in rings]


def _strokes_of(mark: _Mark) -> Sequence[Stroke]:
    """The strokes of a mark; its numbers are pixels, whose centres lie half a pixel farther."""
    corners = np.array(mark.data) + 0.5
    if mark.type == "point":
        return [Stroke(corners[None, :2], OBJECT_ID, "positive" if mark.label else "negative")]
    if len(corners) != 4:
        raise StrokeError(f"a rectangle has four numbers, got {len(corners)}")
    return box_strokes(corners.tolist(), bool(mark.label))
