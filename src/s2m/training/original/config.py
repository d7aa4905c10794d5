"""The recipe of the original network: a validated, frozen ``OriginalConfig``."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from s2m.simulated_user.published import SimulatorSettings
from s2m.simulated_user.settings import Count, Positive, Settings, Share
from s2m.training.config import LoadingConfig, OptimiserConfig, RunConfig

ARCHITECTURE: Literal["deeplabv3plus_resnet50"] = "deeplabv3plus_resnet50"

Precision = Literal["float32", "bfloat16"]


class OriginalDataConfig(LoadingConfig):
    """What to learn from, beside the published sets that ``--lvis-root`` and ``--static-root`` name.

    Attributes:
        sets: for each folder below ``--data`` (any layout of ``s2m.data.layouts``), or address of a set in
            shards, how often an epoch passes over it.
        crop_size: side of a training crop in network pixels, a multiple of 16.
    """

    sets: dict[str, Count] = Field(default_factory=dict)
    crop_size: Annotated[int, Field(ge=32, multiple_of=16)] = 480
    workers: Annotated[int, Field(ge=0)] = 8


class AugmentationConfig(Settings):
    """Random changes of a sample, as published.

    Attributes:
        degrees: largest turn to either side.
        scale: smallest and largest factor of the size.
        shear: largest shear to either side, degrees.
        brightness: largest relative change of the brightness.
        contrast: of the contrast.
        saturation: of the saturation.
        grey: share of the samples without colour.
        flip: share of the samples mirrored left to right.
    """

    degrees: Annotated[float, Field(ge=0, le=180)] = 20.0
    scale: tuple[Positive, Positive] = (0.8, 1.25)
    shear: Annotated[float, Field(ge=0, le=60)] = 10.0
    brightness: Share = 0.1
    contrast: Share = 0.03
    saturation: Share = 0.03
    grey: Share = 0.05
    flip: Share = 0.5


class BootstrapConfig(Settings):
    """The schedule of the loss.

    Attributes:
        start: iterations with all pixels.
        end: iteration from which only the hardest pixels count.
        last_share: the share of the pixels that count then.
    """

    start: Annotated[int, Field(ge=0)] = 10_000
    end: Count = 30_000
    last_share: Positive = 0.15

    @model_validator(mode="after")
    def _check(self) -> BootstrapConfig:
        if self.end <= self.start or self.last_share > 1:
            raise ValueError("start must lie before end, and last_share must be at most 1")
        return self


class OriginalOptimiserConfig(OptimiserConfig):
    """How the weights change.

    Attributes:
        batch_size: samples of one step, over all processes and accumulated passes.
        accumulate: passes over which a step's gradients are gathered.
        iterations: steps in all.
        learning_rate: of Adam.
        weight_decay: of Adam, added to the gradient as published.
        steps: iterations after which the rate is multiplied by ``gamma``.
        gamma: see ``steps``.
        precision: "bfloat16" runs the network's convolutions in 16 bits; losses and weights stay 32.
    """

    batch_size: Annotated[int, Field(ge=2)] = 16
    accumulate: Count = 1
    iterations: Count = 80_000
    learning_rate: Positive = 1e-4
    weight_decay: Annotated[float, Field(ge=0)] = 1e-7
    steps: tuple[Count, ...] = (50_000,)
    gamma: Positive = 0.1
    precision: Precision = "float32"

    def rate_factor(self, iteration: int) -> float:
        """Multiplied by gamma after each of the configured steps."""
        return math.pow(self.gamma, sum(iteration >= step for step in self.steps))


class OriginalConfig(RunConfig):
    """Everything that a run depends on but the code and the data.

    Attributes:
        architecture: which network; selects this kind of configuration.
        output_stride: of the network.
        augmentation: random changes of a sample.
        simulator: the simulated user.
        bootstrap: the schedule of the loss.
    """

    architecture: Literal["deeplabv3plus_resnet50"]
    output_stride: Literal[16, 8] = 16
    data: OriginalDataConfig = OriginalDataConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    simulator: SimulatorSettings = SimulatorSettings()
    bootstrap: BootstrapConfig = BootstrapConfig()
    optimiser: OriginalOptimiserConfig = OriginalOptimiserConfig()
    checkpoint_every: Count = 500
    panel_every: Count = 1000
