"""The recipe of the compact network: a validated, frozen ``CompactConfig``."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field, model_validator

from s2m.networks.compact.efficientnet import EncoderName
from s2m.simulated_user.sessions import SimulatedUser
from s2m.simulated_user.settings import Count, Positive, Settings, Share
from s2m.training.config import LoadingConfig, OptimiserConfig, RunConfig


class CompactDataConfig(LoadingConfig):
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
        wholes: for sets of one kind of thing, and sets whose images are divided into regions, the share of their
            targets that are a whole bunch of touching ones.  Such a target is marked on several members.
        bunch: share of the samples of salient and instance sets in which many copies of an object are pasted close to
            one another.  Three in five are about all of them, the others about one.
        thin: share of the samples with a pole, cable or strap laid over the photograph, which is the target.
        small: share of the samples that are about an object below 1 % of the image, where there is one, at a quarter
            of the crop.
        poor_light: share of the photographs that are made dark, shadowed or lit from behind, with noise.
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
    wholes: dict[str, Share] = {}
    bunch: Share = 0.0
    thin: Share = 0.0
    small: Share = 0.0
    poor_light: Share = 0.0

    @model_validator(mode="after")
    def _shares_fit(self) -> CompactDataConfig:
        if self.whole_image + self.close_up > 1:
            raise ValueError(f"whole_image {self.whole_image} and close_up {self.close_up} are more than 1 together")
        if strangers := sorted(set(self.wholes) - set(self.sets)):
            raise ValueError(
                f"wholes names {', '.join(strangers)}, but sets does not; add it there or take it out here"
            )
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


class CompactOptimiserConfig(OptimiserConfig):
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

    def rate_factor(self, iteration: int) -> float:
        """Warm-up, plateau, cosine fall."""
        if iteration < self.warmup:
            return (iteration + 1) / self.warmup
        into_decay = iteration - (self.iterations - self.decay)
        if into_decay < 0:
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * min(1.0, into_decay / max(1, self.decay))))


class LossConfig(Settings):
    """Weights of the parts of the loss: binary cross-entropy and soft IoU."""

    cross_entropy: Annotated[float, Field(ge=0)] = 1.0
    soft_iou: Annotated[float, Field(ge=0)] = 0.5


class CompactConfig(RunConfig):
    """Everything that a run depends on but the code and the data.

    Attributes:
        rounds: how long the sessions of the simulated user are.
        simulated_user: how they begin and what is drawn.
        loss: the weights of its parts.
        encoder: which EfficientNet-Lite.
        freeze_general: keep the encoder's early stages and depthwise kernels as they are at the start, which makes a
            step on a CPU three times as fast.
        freeze_encoder: train the decoder alone.
    """

    data: CompactDataConfig
    rounds: RoundsConfig = RoundsConfig()
    simulated_user: SimulatedUser = SimulatedUser()
    optimiser: CompactOptimiserConfig = CompactOptimiserConfig()
    loss: LossConfig = LossConfig()
    encoder: EncoderName = "lite2"
    freeze_general: bool = True
    freeze_encoder: bool = False
