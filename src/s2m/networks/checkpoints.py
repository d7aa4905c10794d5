"""Weight files of PyTorch in; a filled network out, or a refusal that says why.

Three doors: a state dict saved by us or published (``load_weights``), the DeepLabV3+ checkpoints that
training starts from (``load_deeplab``), and saving (``save_weights``).  No file may run code: only
tensors, numbers and plain containers are read.
"""

from __future__ import annotations

import _codecs
import io
import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from s2m.errors import ModelError
from s2m.files.atomic import write_atomically
from s2m.networks.original.deeplabv3plus import INPUT_CHANNELS, DeepLabV3Plus

DEEPLAB_STATE_KEY = "model_state"
"""Where a VainF DeepLabV3Plus-Pytorch checkpoint keeps its weights."""

FIRST_CONVOLUTION = "backbone.conv1.weight"
CLASS_WEIGHT = "classifier.classifier.3.weight"
CLASS_BIAS = "classifier.classifier.3.bias"

_NAMES_SHOWN = 5

_NUMPY_SCALAR = np._core.multiarray.scalar  # type: ignore[attr-defined]
_HARMLESS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    (_NUMPY_SCALAR, "numpy.core.multiarray.scalar"),
    (_NUMPY_SCALAR, "numpy._core.multiarray.scalar"),
    np.dtype,
    np.dtypes.Float64DType,
    np.dtypes.Float32DType,
    np.dtypes.Int64DType,
    _codecs.encode,
]
"""What a number of NumPy is made of in a file: checkpoints often hold their best score as one."""


def read_tensor_file(path: Path) -> object:
    """The content of a file written by ``torch.save``, on the CPU.

    Raises:
        ModelError: no such file, not a PyTorch file, or one that holds more than tensors, numbers and
            plain containers (such a file could run code while it is read).
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such weights file; give the path of an existing .pth file")
    try:
        with torch.serialization.safe_globals(_HARMLESS), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Detected pickle protocol")  # What cannot be read is refused below.
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{path}: refused, because it is no plain PyTorch weights file ({_reason(error)}); only tensors, numbers "
            "and plain containers are read, since anything else could run code. Save the network's state_dict() "
            "with torch.save where the file came from, and give that"
        ) from error
    except (RuntimeError, EOFError, ValueError, OSError, KeyError) as error:
        raise ModelError(f"{path}: damaged or not a PyTorch file ({_reason(error)}); fetch it again") from error


def _reason(error: Exception) -> str:
    """The sentence of a torch error that names the culprit."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    for line in lines:
        if "Unsupported" in line or "GLOBAL" in line:
            return line.split(" Please use")[0].split("WeightsUnpickler error: ")[-1]
    return lines[0] if lines else type(error).__name__


def read_state(path: Path) -> dict[str, Tensor]:
    """The state dict that a file holds.

    Raises:
        ModelError: see ``read_tensor_file``; or the content is not a flat table of tensors.
    """
    return _checked_state(read_tensor_file(path), path)


def _checked_state(content: object, path: Path) -> dict[str, Tensor]:
    if isinstance(content, Mapping) and content and all(isinstance(value, Tensor) for value in content.values()):
        return {str(name): value for name, value in content.items()}
    if isinstance(content, Mapping) and DEEPLAB_STATE_KEY in content:
        raise ModelError(f"{path}: a DeepLabV3+ checkpoint with three input channels; give it to --load-deeplab")
    keys = ", ".join(map(str, list(content)[:_NAMES_SHOWN])) if isinstance(content, Mapping) else type(content).__name__
    raise ModelError(f"{path}: wanted a state dict (names to tensors), got a file that holds: {keys or 'nothing'}")


def load_weights(network: nn.Module, path: Path) -> None:
    """Fill a network from a state dict, strictly: every name and every shape must be its own.

    The published ``s2m.pth`` loads this way into ``deeplabv3plus_resnet50()``.

    Raises:
        ModelError: see ``read_state``; or names or shapes differ.
    """
    fill(network, read_state(path), path)


def fill(network: nn.Module, state: Mapping[str, Tensor], source: Path) -> None:
    """Copy a state dict into a network, or raise a ModelError that names what differs from ``source``."""
    wanted = network.state_dict()
    problems = [
        *_problem("lacks", [name for name in wanted if name not in state]),
        *_problem("has unknown", [name for name in state if name not in wanted]),
        *_problem(
            "has other shapes for",
            [
                f"{name} {tuple(state[name].shape)} instead of {tuple(value.shape)}"
                for name, value in wanted.items()
                if name in state and state[name].shape != value.shape
            ],
        ),
    ]
    if problems:
        raise ModelError(f"{source}: weights of another network than {type(network).__name__}: {'; '.join(problems)}")
    network.load_state_dict(dict(state), strict=True)


def _problem(what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return [f"it {what} {', '.join(names[:_NAMES_SHOWN])}{more}"]


def load_deeplab(network: DeepLabV3Plus, path: Path, seed: int = 0) -> None:
    """Start the original network from a VainF DeepLabV3Plus-Pytorch checkpoint (ResNet-50, any number of classes).

    The first convolution keeps its three channels and gets three orthogonally initialised ones for the
    previous mask and the strokes; the class layer becomes one orthogonally initialised class of zero bias.

    Args:
        network: filled on success, untouched otherwise.
        path: a dict whose ``model_state`` is the state dict.
        seed: of the new values.

    Raises:
        ModelError: see ``read_tensor_file``; or the checkpoint has another form or architecture.
    """
    content = read_tensor_file(path)
    if not (isinstance(content, Mapping) and DEEPLAB_STATE_KEY in content):
        raise ModelError(
            f"{path}: wanted a DeepLabV3Plus-Pytorch checkpoint, a dict with {DEEPLAB_STATE_KEY!r}; "
            "give a plain state dict to --load-network"
        )
    state = _checked_state(content[DEEPLAB_STATE_KEY], path)
    fill(network, _with_six_channels_and_one_class(state, path, seed), path)


def _with_six_channels_and_one_class(state: dict[str, Tensor], path: Path, seed: int) -> dict[str, Tensor]:
    """The state dict of a three-channel, many-class network as one of six channels and one class."""
    for name in (FIRST_CONVOLUTION, CLASS_WEIGHT, CLASS_BIAS):
        if name not in state:
            raise ModelError(f"{path}: no {name}; wanted the weights of a DeepLabV3+ with a ResNet-50")
    first = state[FIRST_CONVOLUTION]
    if first.ndim != 4 or first.shape[1] != 3:
        raise ModelError(f"{path}: {FIRST_CONVOLUTION} has the shape {tuple(first.shape)}, wanted three input channels")
    generator = torch.Generator().manual_seed(seed)
    prompts = torch.empty(first.shape[0], INPUT_CHANNELS - 3, *first.shape[2:])
    nn.init.orthogonal_(prompts, generator=generator)
    one_class = torch.empty(1, *state[CLASS_WEIGHT].shape[1:])
    nn.init.orthogonal_(one_class, generator=generator)
    changed = {
        FIRST_CONVOLUTION: torch.cat([first.float(), prompts], dim=1),
        CLASS_WEIGHT: one_class,
        CLASS_BIAS: torch.zeros(1),
    }
    return state | changed


def save_weights(network: nn.Module, path: Path) -> None:
    """Write a network's state dict as PyTorch does, beside and renamed; the original's loads in the original code.

    Raises:
        OutputError: the file cannot be written.
    """
    buffer = io.BytesIO()
    torch.save({name: value.detach().cpu() for name, value in network.state_dict().items()}, buffer)
    write_atomically(path, buffer.getvalue())
