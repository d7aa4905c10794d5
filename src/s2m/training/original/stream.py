"""Sets of labelled images in; an endless, seeded stream of the original's training batches out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from s2m.data.labelled_images import DataSet, LabelledImage
from s2m.errors import DataError
from s2m.networks.original.model import PROMPT_DIAMETER_PX
from s2m.training.original.config import OriginalConfig
from s2m.training.original.samples import OriginalSample, draw_sample


@dataclass(frozen=True)
class OriginalBatch:
    """What one pass learns from.

    Attributes:
        images: (B, 3, S, S) uint8, RGB.
        prompts: (B, 3, S, S) float32 in 0..1: positive, negative, previous mask.
        targets: (B, S, S) uint8: 0 background, 1 the object, 255 unknown.
    """

    images: Tensor
    prompts: Tensor
    targets: Tensor

    def pin_memory(self) -> OriginalBatch:
        """The batch in memory that a GPU copies from without waiting; the loader calls it."""
        return OriginalBatch(self.images.pin_memory(), self.prompts.pin_memory(), self.targets.pin_memory())


class OriginalStream(Dataset[OriginalSample]):
    """Sample number i is a function of the seed and i alone, so that a run can be resumed by any number of processes.

    An epoch passes over each set as often as its ``repeats`` say, in an order shuffled anew each time.
    """

    def __init__(self, sets: Sequence[DataSet], config: OriginalConfig) -> None:
        self.config = config
        self.sets = tuple(sets)
        self.ends = np.cumsum([len(each.images) * each.repeats for each in self.sets], dtype=np.int64)
        if len(self.sets) == 0 or self.ends[-1] == 0:
            raise DataError(
                "there is nothing to train on; give --lvis-root, --static-root or sets in the configuration"
            )

    @property
    def epoch_length(self) -> int:
        """Samples of one epoch."""
        return int(self.ends[-1])

    def __getitem__(self, index: int) -> OriginalSample:
        rng = np.random.default_rng([self.config.seed, index])
        return draw_sample(
            self.image_of(index),
            self.config.data.crop_size,
            PROMPT_DIAMETER_PX,
            self.config.augmentation,
            self.config.simulator,
            rng,
        )

    def image_of(self, index: int) -> LabelledImage:
        """The image that sample number ``index`` is drawn from."""
        epoch, place = divmod(index, self.epoch_length)
        position = int(_order(self.config.seed, epoch, self.epoch_length)[place])
        chosen = int(np.searchsorted(self.ends, position, side="right"))
        images = self.sets[chosen].images
        return images[(int(self.ends[chosen]) - 1 - position) % len(images)]


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, length: int) -> NDArray[np.int64]:
    """The shuffled order of one epoch."""
    return np.random.default_rng([seed, epoch, length]).permutation(length)


def collate(samples: Sequence[OriginalSample]) -> OriginalBatch:
    """Join samples into a batch."""
    images = torch.from_numpy(np.stack([sample.image_rgb for sample in samples]))
    return OriginalBatch(
        images.permute(0, 3, 1, 2),
        torch.from_numpy(np.stack([sample.prompts for sample in samples])),
        torch.from_numpy(np.stack([sample.target for sample in samples])),
    )
