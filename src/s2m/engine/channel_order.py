"""A model that is shown RGB in; the same model shown BGR out.

The original window fed blue, green, red to a network trained on red, green, blue.  Wrapping a model
here reproduces that, for comparison; the product itself never does.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from s2m.engine.model_cards import ModelCard
from s2m.engine.models import Model
from s2m.types import FloatArray

ChannelOrder = Literal["rgb", "bgr"]


class SwappedChannelsModel:
    """Shows a model its images with red and blue exchanged; see ``s2m.engine.models.Model``."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def card(self) -> ModelCard:
        """The wrapped model's settings."""
        return self._model.card

    def encode(self, image: FloatArray) -> tuple[FloatArray, ...]:
        """See ``Model.encode``."""
        return self._model.encode(np.ascontiguousarray(image[:, ::-1]))

    def decode(self, features: tuple[FloatArray, ...], prompts: FloatArray) -> FloatArray:
        """See ``Model.decode``."""
        return self._model.decode(features, prompts)


def in_channel_order(model: Model, order: ChannelOrder) -> Model:
    """The model as it is for "rgb", shown exchanged channels for "bgr"."""
    return SwappedChannelsModel(model) if order == "bgr" else model
