"""The weights of the original network's golden values: made by a formula, so that no weights file is needed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

GOLDEN = Path(__file__).parent / "golden"


def weights_by_formula(shapes: Mapping[str, list[int]]) -> dict[str, Tensor]:
    """Normal numbers seeded by each entry's name, scaled so that activations stay near one."""
    return {name: _entry_by_formula(name, tuple(shape)) for name, shape in shapes.items()}


def _entry_by_formula(name: str, shape: tuple[int, ...]) -> Tensor:
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    random = np.random.RandomState(zlib.crc32(name.encode()) % 2**31)
    normal = np.asarray(random.standard_normal(shape), dtype=np.float32)
    if name.endswith("running_var"):
        normal = 1 + np.float32(0.2) * np.abs(normal)
    elif name.endswith(("running_mean", "bias")):
        normal *= np.float32(0.1)
    elif len(shape) == 4:
        normal *= np.float32(np.sqrt(1 / np.prod(shape[1:])))
    else:
        normal = 1 + np.float32(0.1) * normal
    return torch.from_numpy(normal.astype(np.float32))


@pytest.fixture(scope="session")
def state_dict_shapes() -> dict[str, list[int]]:
    loaded: dict[str, list[int]] = json.loads((GOLDEN / "state_dict_shapes.json").read_text())
    return loaded


@pytest.fixture(scope="session")
def reference_weights(state_dict_shapes: dict[str, list[int]]) -> dict[str, Tensor]:
    return weights_by_formula(state_dict_shapes)
