from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import torch

from s2m.training.processes import Processes
from s2m.training.throughput import LoaderRate, Throughput, measure_throughput


class SlowTrainer:
    """Prepares a batch in 20 ms for each worker's share and learns from one in 5 ms."""

    def __init__(self) -> None:
        self.processes = Processes(0, 1, torch.device("cpu"))
        self.iteration = 0
        self.learnt: list[int] = []

    def batches(self, end: int, workers: int) -> Iterator[int]:
        for number in range(self.iteration, end):
            time.sleep(0.02 / max(1, workers))
            yield number

    def step(self, batch: int) -> None:
        time.sleep(0.005)
        self.learnt.append(batch)


def test_loader_and_step_are_timed_alone_for_each_number_of_workers() -> None:
    trainer = SlowTrainer()
    found = measure_throughput(trainer, batch_size=4, steps=5, workers=(1, 4))
    assert [loader.workers for loader in found.loaders] == [1, 4]
    one, four = (loader.images_per_second for loader in found.loaders)
    assert one <= 200  # Sleeping may take longer on a busy machine, never shorter.
    assert one < four <= 800
    assert one < found.step <= 800
    assert len(trainer.learnt) == 6
    assert len(set(trainer.learnt)) == 1


def test_a_ratio_below_one_means_that_the_device_waits() -> None:
    slow, fast = LoaderRate(1, 10.0), LoaderRate(4, 40.0)
    found = Throughput(20.0, (slow, fast))
    assert [found.ratio(loader) for loader in found.loaders] == pytest.approx([0.5, 2.0])
