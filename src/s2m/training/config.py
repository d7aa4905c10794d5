"""A TOML file in; a validated, frozen ``TrainingConfig`` out.  Unknown keys are errors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError, model_validator

from s2m.errors import ConfigError
from s2m.networks.compact.efficientnet import EncoderName
from s2m.simulated_user.sessions import SimulatedUser
from s2m.simulated_user.settings import Count, Positive, Settings, Share

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHARD_COPIES = "~/.cache/s2m/shards"
"""Where sets named by an address are copied to, where a recipe does not say otherwise."""


AnySettings = TypeVar("AnySettings", bound=Settings)


class DataConfig(Settings):
    """What to learn from.

    Attributes:
        sets: for each set (a folder of any layout below the data root, or the address of a set in shards) its
            share of the samples, as a weight that need not sum to 1.
        crop_size: side of a training crop in network pixels, a multiple of 32.
        whole_image: share of the samples that show the whole image; the others are crops around an object.
        close_up: share of the samples that show about half of the image, around a point of an object's outline, as
            later answers about large objects see it.
        ground: share of the targets in salient and instance sets that are all but one object, or all but every one: who
            strokes grass and sky around a bird wants them whole.
        coarse: share of the samples whose photograph is coarse and whose label is not, as where the network zooms
            in on a small object.
        distractor: share of the samples that get a foreign object pasted.
        neighbour: share of the samples of salient and instance sets in which another object is pasted beside an object,
            in front of it or behind it.
        most_neighbours: most objects that are pasted in one of those samples; as often one as any other number.
        alike: share of those objects that come from the same image, and so resemble what they are pasted beside.
        workers: processes that prepare samples beside the training process.
        shard_copies: folder of this machine that sets named by an address are copied into.
    """

    sets: dict[str, Positive]
    crop_size: Annotated[int, Field(ge=64, multiple_of=32)] = 320
    whole_image: Share = 0.4
    close_up: Share = 0.0
    ground: Share = 0.0
    coarse: Share = 0.0
    distractor: Share = 0.1
    neighbour: Share = 0.0
    most_neighbours: Count = 1
    alike: Share = 0.6
    workers: Annotated[int, Field(ge=0)] = 1
    shard_copies: str = SHARD_COPIES

    @model_validator(mode="after")
    def _shares_fit(self) -> DataConfig:
        if self.whole_image + self.close_up > 1:
            raise ValueError(f"whole_image {self.whole_image} and close_up {self.close_up} are more than 1 together")
        return self


class RoundsConfig(Settings):
    """How long the sessions of the simulated user are.

    Attributes:
        sessions: independent targets or stroke histories of one image; the encoder runs once for all.
        count: least and most rounds of strokes; each further one goes into the largest errors.
        late: share of the steps whose rounds come late in long sessions: after up to ``late_rounds`` others, which the
            network answers and does not learn from.
        late_rounds: most rounds that are answered ahead.
        forget_previous: share of the further rounds in which the previous mask is withheld.
    """

    sessions: Count = 2
    count: tuple[Count, Count] = (2, 4)
    late: Share = 0.0
    late_rounds: Count = 12
    forget_previous: Share = 0.1


class OptimiserConfig(Settings):
    """How the weights change.

    Attributes:
        batch_size: images of one step.
        iterations: steps in all.
        warmup: steps over which the learning rate rises from 0.
        decay: the last steps, over which the learning rate falls to 0 (along a cosine).
        settled: the last steps, in which batch normalisation uses its running statistics; as many as ``decay``
            where it is left out.
        learning_rate: of the decoder and the projections.
        encoder_learning_rate: of the pretrained encoder.
        weight_decay: decoupled (AdamW).
        ema: how slowly the averaged weights follow; the average is what is exported.
        gradient_norm: gradients are scaled down to this norm.
    """

    batch_size: Count = 8
    iterations: Count = 6000
    warmup: Count = 200
    decay: Count = 2000
    settled: Count | None = None
    learning_rate: Positive = 8e-4
    encoder_learning_rate: Positive = 1e-4
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    ema: Share = 0.998
    gradient_norm: Positive = 3.0

    @property
    def settled_steps(self) -> int:
        """How many of the last steps normalise by running statistics."""
        return self.decay if self.settled is None else self.settled


class LossConfig(Settings):
    """Weights of the parts of the loss: binary cross-entropy and soft IoU."""

    cross_entropy: Annotated[float, Field(ge=0)] = 1.0
    soft_iou: Annotated[float, Field(ge=0)] = 0.5


class TrainingConfig(Settings):
    """Everything that a run depends on but the code and the data.

    Attributes:
        encoder: which EfficientNet-Lite.
        freeze_general: keep the encoder's early stages and depthwise kernels as they are at the start, which makes a
            step on a CPU three times as fast.
        seed: of every random choice.
        checkpoint_minutes: how often the run can be resumed from.
        log_every: steps between two lines of the metrics file.
        panel_every: steps between two sample pictures.
    """

    data: DataConfig
    rounds: RoundsConfig = RoundsConfig()
    simulated_user: SimulatedUser = SimulatedUser()
    optimiser: OptimiserConfig = OptimiserConfig()
    loss: LossConfig = LossConfig()
    encoder: EncoderName = "lite2"
    freeze_general: bool = True
    seed: int = 0
    checkpoint_minutes: Positive = 4.0
    log_every: Count = 20
    panel_every: Count = 500


def read_config(path: Path) -> TrainingConfig:
    """Read and validate a configuration file.

    Raises:
        ConfigError: the file is missing, is no TOML, has unknown keys or values out of range.
    """
    return validated(TrainingConfig, read_toml(path), path)


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        ConfigError: the file is missing or is no TOML.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; give a TOML file such as configs/compact.toml") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error


def validated(kind: type[AnySettings], content: dict[str, Any], path: Path) -> AnySettings:
    """The content of the file ``path`` as a configuration of a kind.

    Raises:
        ConfigError: unknown keys or values out of range.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise ConfigError(f"{path} is not a training configuration: {'; '.join(lines)}") from error
