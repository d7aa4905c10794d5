"""A stream of samples in; its batches, from worker processes that share no threads with this one, out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import cv2
import torch
from torch.utils.data import DataLoader, Dataset

from s2m.training.processes import ShardedOrder

_Sample = TypeVar("_Sample")
_Batch = TypeVar("_Batch")


def make_loader(
    stream: Dataset[_Sample], collate: Callable[[Sequence[_Sample]], _Batch], order: ShardedOrder, workers: int
) -> DataLoader[_Batch]:
    """Batches of one pass of this process, in order, prepared by ``workers`` processes beside it."""
    return DataLoader(
        stream,  # type: ignore[arg-type]  # A loader of samples gives what its collate function makes of them.
        batch_size=order.share,
        sampler=order,
        num_workers=workers,
        collate_fn=collate,
        prefetch_factor=4 if workers else None,
        pin_memory=order.processes.device.type == "cuda",
        worker_init_fn=limit_threads,
    )


def start_loading(loader: DataLoader[Any]) -> Iterator[Any]:
    """Start the workers of a loader.

    Threads of OpenCV do not live on in a forked process, which then waits for them for ever; so there are
    none while the workers are forked.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return iter(loader)
    finally:
        cv2.setNumThreads(threads)


def timed(batches: Iterator[_Batch]) -> Iterator[tuple[_Batch, float]]:
    """The batches, each with the seconds that were spent waiting for it."""
    while True:
        started = time.monotonic()
        try:
            batch = next(batches)
        except StopIteration:
            return
        yield batch, time.monotonic() - started


def limit_threads(_worker: int) -> None:
    """One thread for each worker; a loader calls it in the new process."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
