"""An interaction function of CVAT (2.71 and later): points and a box in, the mask of one object out.

An agent of ``cvat-cli`` loads this module with ``--function-module s2m.compat.cvat`` and calls ``create``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from s2m.engine.geometry import resize_maps
from s2m.engine.providers import Provider
from s2m.engine.segmenter import Embedding, Segmenter
from s2m.errors import ConfigError
from s2m.files.formats.annotation import PlacedMask
from s2m.files.formats.cvat import row_runs
from s2m.files.images import image_of_picture
from s2m.networks.loading import load_model
from s2m.types import BoolArray, Box, Stroke

_OBJECT_ID = 1

Corner = tuple[float, float]


class Prompts(Protocol):
    """What an annotator showed, in image pixels: the top left corner of the image is (0, 0)."""

    @property
    def pos_points(self) -> Sequence[Corner]:
        """Points of the object."""

    @property
    def neg_points(self) -> Sequence[Corner]:
        """Points of what it is not."""

    @property
    def bounding_box(self) -> tuple[Corner, Corner] | None:
        """The box around it: its top left and its bottom right corner."""


class InteractionFunction:
    """Answers the prompts of annotators.

    Args:
        segmenter: answers.
        interface: the module ``cvat_sdk.auto_annotation``.
    """

    def __init__(self, segmenter: Segmenter, interface: Any) -> None:
        self._segmenter, self._shape = segmenter, interface.InteractionResultShape
        self.spec = interface.InteractionFunctionSpec(min_pos_points=0, min_neg_points=0, min_bounding_boxes=0)

    def preprocess_image(self, context: object, image: Image.Image) -> Embedding:
        """Encode an image of any mode.

        Raises:
            ImageError: its pixels cannot be decoded.
        """
        del context
        return self._segmenter.encode(image_of_picture(image, "the frame"))

    def detect(self, context: object, pp_image: Embedding, prompts: Prompts) -> list[Any]:
        """The mask of the object, as one shape; no shape where it has no pixel, or nothing shows where it is.

        Raises:
            StrokeError: the box has no width or no height.
        """
        del context
        strokes = _strokes_of(prompts)
        if all(stroke.sign == "negative" for stroke in strokes):
            return []
        logits = self._segmenter.predict(pp_image, strokes, None, (_OBJECT_ID,)).masks.logits
        mask = resize_maps(logits, pp_image.size_hw)[0] > 0
        return [self._shape(type="mask", points=mask_points(mask))] if mask.any() else []


def create(model: str | None = None, threads: int | None = None, provider: Provider = "auto") -> InteractionFunction:
    """The function that an agent runs; the parameters are those of ``cvat-cli -p NAME=TYPE:VALUE``.

    Args:
        model: a folder or a .pth file; the shipped model where it is None.
        threads: of the network; all cores where it is None.
        provider: "auto", "cpu", "openvino" or "cuda".

    Raises:
        ConfigError: ``cvat-sdk`` is missing or too old.
        ModelError: see ``load_model``.
    """
    try:
        from cvat_sdk import auto_annotation
    except ModuleNotFoundError as error:
        raise ConfigError(f"this needs {error.name}; install it with: pip install 's2m[cvat]'") from error
    if not hasattr(auto_annotation, "InteractionFunctionSpec"):
        raise ConfigError("cvat-sdk knows interaction functions from 2.71 on; install it with: pip install 's2m[cvat]'")
    return InteractionFunction(
        Segmenter(load_model(Path(model) if model else None, threads, provider)), auto_annotation
    )


def mask_points(mask: BoolArray) -> list[int]:
    """A mask (H, W) with a pixel at least, as CVAT has it: run lengths of its box, zeros first, then the box.

    The box is left, top, right and bottom, and the last two are pixels of it.
    """
    placed = PlacedMask.of(mask)
    height, width = placed.size_hw
    right, bottom = placed.left + width - 1, placed.top + height - 1
    return [*row_runs(placed.crop), placed.left, placed.top, right, bottom]


def _strokes_of(prompts: Prompts) -> list[Stroke]:
    shown = [Stroke(np.array([point]), _OBJECT_ID, "positive") for point in prompts.pos_points]
    hidden = [Stroke(np.array([point]), _OBJECT_ID, "negative") for point in prompts.neg_points]
    if prompts.bounding_box is None:
        return [*shown, *hidden]
    (left, top), (right, bottom) = prompts.bounding_box
    return [*shown, *hidden, *Box(left, top, right, bottom, _OBJECT_ID).strokes()]
