"""``model.json`` of a folder of model files in; what one has to know to use the model, checked, out."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from s2m.errors import ModelError

CARD_FILE = "model.json"
ENCODER_FILE = "encoder.onnx"
DECODER_FILE = "decoder.onnx"


def int8_file(file: str) -> str:
    """The name of a graph of 8-bit integers beside that of floats."""
    return f"{Path(file).stem}.int8.onnx"


Positive = Annotated[int, Field(gt=0)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class ModelCard:
    """What one has to know to use a model, stored beside its weights as ``model.json``.

    Attributes:
        name: what people call it.
        architecture: which network it is.
        version: of the weights.
        working_size: long side of what the network sees, network pixels.
        size_multiple: both sides of what the network sees are multiples of this.
        prompt_stride: network pixels to a side of one cell of the prompt maps.
        prompt_diameter_px: thickness of a drawn stroke in network pixels, as in training.
        flip_size: long side of the flipped view of an image for objects without a mask, network pixels; 0 for none.
        drop_untouched_components: whether connected components of an answer are dropped that neither a positive
            stroke nor the mask before touches.
        notes: anything else worth knowing (data, licences, recipe, figures), as JSON values.
        format: of this file.
    """

    name: str
    architecture: str
    version: str
    working_size: Positive
    size_multiple: Positive
    prompt_stride: Positive
    prompt_diameter_px: Annotated[float, Field(gt=0)]
    flip_size: Annotated[int, Field(ge=0)] = 0
    drop_untouched_components: bool = False
    notes: dict[str, Any] = field(default_factory=dict)
    format: Literal[1] = 1

    @property
    def model_id(self) -> str:
        """What a journal calls the model."""
        return f"{self.name} {self.version}"

    @model_validator(mode="after")
    def _sizes_fit(self) -> ModelCard:
        if self.size_multiple % self.prompt_stride:
            raise ValueError(
                f"size_multiple ({self.size_multiple}) must be a multiple of prompt_stride ({self.prompt_stride})"
            )
        return self


_CARD = TypeAdapter(ModelCard)


def read_card(path: Path) -> ModelCard:
    """Read ``model.json``.

    Raises:
        ModelError: missing, not JSON, or with missing, unknown or wrong entries.
    """
    try:
        return _CARD.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(
            f"{path} does not exist; name a folder with {CARD_FILE}, {ENCODER_FILE} and {DECODER_FILE}"
        ) from error
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}; name a model folder") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ModelError(
            f"{path}: {where}: {first['msg']}, got {first['input']!r:.200}; get a fresh copy of the model, or the "
            "version of s2m that it was made for"
        ) from error


def card_as_json(card: ModelCard) -> bytes:
    """The content of ``model.json`` as ``read_card`` reads it."""
    return _CARD.dump_json(card, indent=2) + b"\n"
