"""A trainer in; images a second of its loader alone, by number of workers, and of its step alone out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch

from s2m.training.processes import Processes

_Batch = TypeVar("_Batch")


class Measurable(Protocol[_Batch]):
    """What is timed of a trainer of either architecture."""

    processes: Processes
    iteration: int

    def batches(self, end: int, workers: int) -> Iterator[_Batch]:
        """What is learnt from in each iteration from the next one to the one before ``end``."""

    def step(self, batch: _Batch) -> object:
        """Learn from the batch of one iteration."""


@dataclass(frozen=True)
class LoaderRate:
    """What a loader prepares with nobody learning.

    Attributes:
        workers: processes that prepare samples beside each training process.
        images_per_second: of all processes together.
    """

    workers: int
    images_per_second: float


@dataclass(frozen=True)
class Throughput:
    """Images a second, of all processes together.

    Attributes:
        step: learnt from with the batch at hand.
        loaders: prepared with nobody learning, for each number of workers.
    """

    step: float
    loaders: tuple[LoaderRate, ...]

    def ratio(self, loader: LoaderRate) -> float:
        """How many times as fast as the step a loader is; below 1 the device waits for data."""
        return loader.images_per_second / self.step


def measure_throughput(trainer: Measurable[_Batch], batch_size: int, steps: int, workers: Sequence[int]) -> Throughput:
    """Time ``steps`` iterations of the loader for each number of workers, then of the step on one batch.

    The first batch of each worker and the first step, which start processes and choose algorithms, are not timed.

    Args:
        trainer: a run that may be spoilt: it learns from the batches.
        batch_size: images of one iteration, of all processes.
        steps: how many iterations are timed, at least one.
        workers: numbers of workers to try, at least one.
    """
    images = steps * batch_size
    loaders = []
    for count in workers:
        untimed = max(1, count)
        batches = trainer.batches(trainer.iteration + untimed + steps, count)
        for _ in range(untimed):
            next(batches)
        started = time.monotonic()
        for batch in batches:
            last = batch
        loaders.append(LoaderRate(count, images / (time.monotonic() - started)))
    trainer.step(last)
    _finish(trainer.processes.device)
    started = time.monotonic()
    for _ in range(steps):
        trainer.step(last)
    _finish(trainer.processes.device)
    return Throughput(images / (time.monotonic() - started), tuple(loaders))


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
