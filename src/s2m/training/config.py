"""A TOML file in; its tables, or what they have in common for both networks, out.  Unknown keys are errors."""

from __future__ import annotations

import sys
from abc import abstractmethod
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from s2m.errors import ConfigError
from s2m.files.text import read_text
from s2m.simulated_user.settings import Count, Positive, Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

AnySettings = TypeVar("AnySettings", bound=Settings)


class LoadingConfig(Settings):
    """Where samples come from.

    Attributes:
        workers: processes that prepare samples beside each training process.
        shard_copies: folder of this machine that sets named by an address are copied into.
    """

    workers: Annotated[int, Field(ge=0)] = 1
    shard_copies: str = "~/.cache/s2m/shards"


class OptimiserConfig(Settings):
    """How the weights change.

    Attributes:
        batch_size: images of one step, of all processes together.
        iterations: steps in all.
        learning_rate: the highest.
        weight_decay: see the network's own recipe.
    """

    batch_size: Count
    iterations: Count
    learning_rate: Positive
    weight_decay: Annotated[float, Field(ge=0)]

    @abstractmethod
    def rate_factor(self, iteration: int) -> float:
        """What the learning rates are multiplied by in a step."""


class RunConfig(Settings):
    """What a recipe says for either network.

    Attributes:
        data: what to learn from.
        optimiser: how the weights change.
        seed: of every random choice.
        checkpoint_every: steps between two checkpoints.
        log_every: steps between two lines of the metrics file.
        panel_every: steps between two sample pictures.
    """

    data: LoadingConfig
    optimiser: OptimiserConfig
    seed: Annotated[int, Field(ge=0)] = 0
    checkpoint_every: Count = 250
    log_every: Count = 20
    panel_every: Count = 500


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        ConfigError: the file is missing or is no TOML.
    """
    try:
        return tomllib.loads(read_text(path, ConfigError))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except (RecursionError, ValueError) as error:
        raise ConfigError(f"{path} is nested too deep, or has a number that is too long; mend it") from error


def validated(kind: type[AnySettings], content: dict[str, Any], path: Path) -> AnySettings:
    """The content of the file ``path`` as a recipe of a kind.

    Raises:
        ConfigError: unknown keys or values out of range.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise ConfigError(f"{path} is not a training configuration: {'; '.join(lines)}") from error
