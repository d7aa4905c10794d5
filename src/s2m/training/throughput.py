"""A trainer in; images a second of its loader alone and of its step alone out."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from s2m.training.original_loop import OriginalTrainer


@dataclass(frozen=True)
class Throughput:
    """Images a second, of all processes together.

    Attributes:
        loader: prepared with nobody learning.
        step: learnt from with the batch at hand.
    """

    loader: float
    step: float

    @property
    def ratio(self) -> float:
        """How many times as fast the loader is; below 1 the device waits for data."""
        return self.loader / self.step


def measure_throughput(trainer: OriginalTrainer, steps: int) -> Throughput:
    """Time ``steps`` iterations of the loader, then of the step on one batch over and over.

    The first iteration of each, which starts workers and chooses algorithms, is not timed.
    """
    images = steps * trainer.config.optimiser.batch_size
    passing = trainer.batches(steps + 1)
    batches = next(passing)
    started = time.monotonic()
    for _ in range(steps):
        batches = next(passing)
    loader_seconds = time.monotonic() - started
    trainer.step(batches)
    _finish(trainer.processes.device)
    started = time.monotonic()
    for _ in range(steps):
        trainer.step(batches)
    _finish(trainer.processes.device)
    return Throughput(images / loader_seconds, images / (time.monotonic() - started))


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
