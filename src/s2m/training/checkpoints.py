"""The state of a run in; a file it can be resumed from out, and back."""

from __future__ import annotations

import io
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from s2m.errors import ModelError
from s2m.files.atomic import write_atomically

CHECKPOINT_VERSION = 1


@dataclass(frozen=True)
class Checkpoint:
    """A run at one moment.

    Attributes:
        iteration: steps done.
        config: the configuration as plain values.
        network: the trained weights.
        average: their exponential moving average, which is what is exported.
        optimiser: the optimiser's state.
    """

    iteration: int
    config: dict[str, Any]
    network: dict[str, Tensor]
    average: dict[str, Tensor]
    optimiser: dict[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write beside and rename."""
    buffer = io.BytesIO()
    torch.save({"version": CHECKPOINT_VERSION, **vars(checkpoint)}, buffer)
    write_atomically(path, buffer.getvalue())


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint with plain tensors and values only; no code in the file is run.

    Raises:
        ModelError: the file is missing, is no checkpoint of ours, or of another version.
    """
    if not path.is_file():
        raise ModelError(f"{path} does not exist; a run writes its checkpoint there after a few minutes")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ModelError(f"{path} is not a checkpoint that can be read safely: {error}") from error
    if not isinstance(content, dict) or content.pop("version", None) != CHECKPOINT_VERSION:
        raise ModelError(f"{path} is not a training checkpoint of version {CHECKPOINT_VERSION}")
    wanted = {field.name for field in fields(Checkpoint)}
    if set(content) != wanted:
        raise ModelError(f"{path} is a damaged checkpoint: it holds {sorted(content)}, wanted {sorted(wanted)}")
    return Checkpoint(**content)
