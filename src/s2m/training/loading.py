"""A loader in; its batches, from worker processes that share no threads with this one, out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, TypeVar

import cv2
import torch
from torch.utils.data import DataLoader

_Batch = TypeVar("_Batch")


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
