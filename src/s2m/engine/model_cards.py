"""``model.json`` of a folder of model files in; what one has to know to use the model, checked, out."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from s2m.errors import ModelError

CARD_FILE = "model.json"
ENCODER_FILE = "encoder.onnx"
DECODER_FILE = "decoder.onnx"

_FORMAT = 1


@dataclass(frozen=True)
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
    working_size: int
    size_multiple: int
    prompt_stride: int
    prompt_diameter_px: float
    flip_size: int = 0
    drop_untouched_components: bool = False
    notes: dict[str, Any] = field(default_factory=dict)
    format: int = _FORMAT

    @property
    def model_id(self) -> str:
        """What a journal calls the model."""
        return f"{self.name} {self.version}"

    def __post_init__(self) -> None:
        for name, kinds in _KINDS.items():
            value = getattr(self, name)
            if not isinstance(value, kinds) or isinstance(value, bool) != (kinds == (bool,)):
                raise ModelError(f"the model card needs {name} as {kinds[0].__name__}, got {value!r}")
        if self.format != _FORMAT:
            raise ModelError(
                f"the model is of format {self.format}, this version reads format {_FORMAT}; "
                "install the version of s2m that it was made for"
            )
        for name in ("working_size", "size_multiple", "prompt_stride", "prompt_diameter_px"):
            if not getattr(self, name) > 0:
                raise ModelError(f"the model card needs {name} above 0, got {getattr(self, name)}")
        if self.flip_size < 0:
            raise ModelError(f"the model card needs flip_size of 0 or above, got {self.flip_size}")
        if self.size_multiple % self.prompt_stride:
            raise ModelError(
                f"size_multiple ({self.size_multiple}) must be a multiple of prompt_stride ({self.prompt_stride})"
            )


_KINDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "architecture": (str,),
    "version": (str,),
    "working_size": (int,),
    "size_multiple": (int,),
    "prompt_stride": (int,),
    "prompt_diameter_px": (float, int),
    "flip_size": (int,),
    "drop_untouched_components": (bool,),
    "notes": (dict,),
    "format": (int,),
}


def read_card(path: Path) -> ModelCard:
    """Read ``model.json``.

    Raises:
        ModelError: missing, not JSON, or with missing, unknown or wrong entries.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(
            f"{path} does not exist; name a folder with {CARD_FILE}, {ENCODER_FILE} and {DECODER_FILE}"
        ) from error
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}; name a model folder") from error
    except ValueError as error:
        raise ModelError(f"{path} is not JSON ({error}); get a fresh copy of the model") from error
    names = {entry.name for entry in fields(ModelCard)}
    required = {entry.name for entry in fields(ModelCard) if entry.default is entry.default_factory is MISSING}
    if not isinstance(entries, dict) or not required <= set(entries) <= names:
        got = sorted(entries) if isinstance(entries, dict) else type(entries).__name__
        raise ModelError(f"{path} needs the entries {sorted(required)}, got {got}; get a fresh copy of the model")
    return ModelCard(**entries)


def card_as_json(card: ModelCard) -> bytes:
    """The content of ``model.json`` as ``read_card`` reads it."""
    return (json.dumps(asdict(card), indent=2) + "\n").encode()
