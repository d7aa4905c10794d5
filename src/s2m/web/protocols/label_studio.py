"""Label Studio's ML backend (1.23): a task with key points and rectangles in, brush labels of the object out."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, Field, FiniteFloat
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from s2m.errors import DataError, ImageError, StrokeError
from s2m.files.formats.annotation import PlacedMask
from s2m.files.formats.label_studio import brush_runs
from s2m.types import Stroke
from s2m.web.api.service import ApiService
from s2m.web.protocols.answering import OBJECT_ID, AskedImages, answering, box_strokes, data_of_uri
from s2m.web.protocols.label_studio_files import LabelStudioFiles

log = logging.getLogger("s2m.web")

Percent = Annotated[FiniteFloat, Field(ge=-1e4, le=1e4)]


class _Value(BaseModel):
    x: Percent
    y: Percent
    width: Percent = 0.0
    height: Percent = 0.0
    rotation: FiniteFloat = 0.0
    keypointlabels: list[str] = []
    rectanglelabels: list[str] = []


class _Mark(BaseModel):
    type: Literal["keypointlabels", "keypoint", "rectanglelabels", "rectangle"]
    value: _Value
    is_positive: bool = True
    to_name: str = ""
    image_rotation: FiniteFloat = 0.0


class _Context(BaseModel):
    result: Annotated[list[_Mark], Field(max_length=1000)] = []


class _Parameters(BaseModel):
    context: _Context | None = None


class _Task(BaseModel):
    data: dict[str, Any]


class _Question(BaseModel):
    tasks: Annotated[list[_Task], Field(max_length=10_000)]
    label_config: Annotated[str, Field(max_length=1_000_000)] = ""
    params: _Parameters = _Parameters()


@dataclass(frozen=True)
class _Brush:
    """Where brush labels go.

    Attributes:
        from_name, to_name: of the tags.
        data_key: which field of a task has the image.
        labels: that it knows; none where tasks bring them.
    """

    from_name: str
    to_name: str
    data_key: str
    labels: tuple[str, ...]

    def label_of(self, marks: Sequence[_Mark]) -> str:
        """The newest label of the marks that the brush knows too, or its first."""
        given = [label for mark in marks for label in (*mark.value.keypointlabels, *mark.value.rectanglelabels)]
        known = [label for label in given if not self.labels or label in self.labels]
        return (known or list(self.labels) or ["object"])[-1 if known else 0]


def label_studio_routes(service: ApiService, files: LabelStudioFiles | None) -> Sequence[Route]:
    """The routes of the protocol.

    Args:
        service: answers.
        files: images that tasks name; None where only data URIs are read.
    """
    images = AskedImages(service.segmenter)
    version = {"model_version": service.model_id}

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "UP", "model_class": "S2M"})

    async def setup(_: Request) -> Response:
        return JSONResponse(version)

    async def versions(_: Request) -> Response:
        return JSONResponse({"versions": [service.model_id]})

    async def webhook(_: Request) -> Response:
        return JSONResponse({}, 201)

    async def predict(request: Request) -> Response:
        question = _Question.model_validate_json(await request.body())
        marks = question.params.context.result if question.params.context is not None else []
        if not marks:
            nothing = {"result": [], "score": 0.0, **version}
            return JSONResponse({"results": [nothing for _ in question.tasks], **version})
        if len(question.tasks) != 1:
            raise StrokeError(f"points and rectangles belong to one task, got {len(question.tasks)}")
        brush = _brush_of(question.label_config, marks[-1].to_name)
        data = await service.workers.read(lambda: _file_of(question.tasks[0], brush.data_key, files))
        result = await service.workers.ask_network(lambda: _result(images, data, marks, brush))
        return JSONResponse({"results": [{**result, **version}], **version})

    return [
        Route("/health", health),
        Route("/setup", setup, methods=["POST"]),
        Route("/versions", versions),
        Route("/webhook", webhook, methods=["POST"]),
        Route("/predict", answering(predict, _refusal), methods=["POST"]),
    ]


def _refusal(status: int, text: str) -> Response:
    """Label Studio shows the status alone, so that the terminal says why."""
    log.warning("a request of Label Studio is refused: %s", text)
    return JSONResponse({"error": text}, status)


def _result(images: AskedImages, data: bytes, marks: Sequence[_Mark], brush: _Brush) -> dict[str, Any]:
    """The object as a region of the brush, with the mean probability of its pixels; no region without a pixel."""
    embedding = images.of_file(data)
    height, width = size_hw = embedding.size_hw
    logits = images.logits(embedding, [stroke for mark in marks for stroke in _strokes_of(mark, size_hw)])
    mask = logits > 0
    if not mask.any():
        return {"result": [], "score": 0.0}
    score = float((1 / (1 + np.exp(-logits[mask].astype(np.float64)))).mean())
    region = {
        "type": "brushlabels",
        "from_name": brush.from_name,
        "to_name": brush.to_name,
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "score": score,
        "value": {
            "format": "rle",
            "rle": brush_runs(PlacedMask.of(mask), size_hw),
            "brushlabels": [brush.label_of(marks)],
        },
    }
    return {"result": [region], "score": score}


def _strokes_of(mark: _Mark, size_hw: tuple[int, int]) -> Sequence[Stroke]:
    """The strokes of a mark; its numbers are percent of the image."""
    if mark.image_rotation % 360 or mark.value.rotation % 360:
        raise StrokeError("turned images and rectangles are not understood; turn them back in Label Studio")
    value, scale = mark.value, (size_hw[1] / 100, size_hw[0] / 100)
    x, y = value.x * scale[0], value.y * scale[1]
    if mark.type.startswith("keypoint"):
        return [Stroke(np.array([[x, y]]), OBJECT_ID, "positive" if mark.is_positive else "negative")]
    return box_strokes((x, y, x + value.width * scale[0], y + value.height * scale[1]), mark.is_positive)


def _file_of(task: _Task, key: str, files: LabelStudioFiles | None) -> bytes:
    """The bytes of the image of a task."""
    address = task.data.get(key)
    if not isinstance(address, str):
        raise ImageError(f"the task has no image in its field {key!r}, which the labelling set-up names")
    if address.startswith("data:"):
        return data_of_uri(address)
    if files is None:
        raise ImageError("say which Label Studio to fetch images from: start s2m serve with --label-studio URL")
    return files.fetch(address)


def _brush_of(config: str, to_name: str) -> _Brush:
    """The brush labels of a labelling set-up, those on the image that the marks are on first.

    Raises:
        DataError: it is no XML, or has none.
    """
    if "<!DOCTYPE" in config or "<!ENTITY" in config:
        raise DataError("the labelling set-up declares a document type or entities; take them out")
    try:
        root = ET.fromstring(config)
    except (ET.ParseError, ValueError) as error:
        raise DataError(f"the labelling set-up is no XML: {error}") from error
    pictures = {tag.get("name", ""): tag.get("value", "").lstrip("$") for tag in root.iter("Image")}
    brushes = [
        _Brush(
            tag.get("name", ""),
            target,
            pictures[target],
            tuple(label.get("alias", label.get("value", "")) for label in tag.iter("Label")),
        )
        for tag in root.iter("BrushLabels")
        for target in tag.get("toName", "").split(",")
        if target in pictures
    ]
    if not brushes:
        raise DataError(
            "the labelling set-up has no BrushLabels on an Image, which masks need; add "
            '<BrushLabels name="brush" toName="image"> with the labels to it'
        )
    return next((brush for brush in brushes if brush.to_name == to_name), brushes[0])
