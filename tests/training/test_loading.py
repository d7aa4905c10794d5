from __future__ import annotations

import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from torch.utils.data import DataLoader

from s2m.training.loading import limit_threads, start_loading, timed

pytestmark = pytest.mark.slow


class Blurred:
    """Ten samples that need OpenCV."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> float:
        noise = np.random.default_rng(index).normal(size=(600, 600, 3)).astype(np.float32)
        return float(cv2.warpAffine(noise, np.array([[0.9, 0.1, 0], [0, 1.1, 3.0]]), (500, 500)).sum())


def test_workers_start_after_threads_of_opencv_have_been_at_work() -> None:
    """Without care the forked workers wait for threads that do not exist."""
    samples = Blurred()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(4)
    try:
        expected = [samples[index] for index in range(10)]
        loader: DataLoader[float] = DataLoader(
            samples,  # type: ignore[arg-type]
            batch_size=None,
            num_workers=2,
            worker_init_fn=limit_threads,
        )
        assert np.allclose([float(value) for value in start_loading(loader)], expected)
        assert cv2.getNumThreads() == 4
    finally:
        cv2.setNumThreads(threads)


def test_the_time_spent_waiting_comes_with_each_batch() -> None:
    def slow() -> Iterator[str]:
        yield "at once"
        time.sleep(0.05)
        yield "late"

    (first, short), (second, long) = timed(slow())
    assert (first, second) == ("at once", "late")
    assert short < 0.05 <= long
