"""A model in; how long an image of ``s2m segment`` takes with one process and with several, out."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from s2m.batch.jobs import Job, Wanted
from s2m.batch.run import segment_jobs
from s2m.batch.segmenting import ModelSettings, Outcome
from s2m.files.demo import DEMO_IMAGE, DEMO_STROKES

_IMAGES_EACH = 12
"""Images of each process that are timed, after one to warm up."""


def batch_milliseconds(settings: ModelSettings, count: int) -> float:
    """Milliseconds for an image of the shipped photograph's kind, label map written, over all processes.

    The start of processes, and the first image of each, are left out: a batch has many images.

    Args:
        settings: of the model.
        count: how many processes work at once.
    """
    finished: list[float] = []

    def watched(outcomes: Iterator[Outcome]) -> Iterable[Outcome]:
        for outcome in outcomes:
            finished.append(time.perf_counter())
            yield outcome

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = [_copied_job(folder, number) for number in range(count * (1 + _IMAGES_EACH))]
        segment_jobs(jobs, settings, Wanted(folder / "masks"), count=count, progress=watched).check()
    return (finished[-1] - finished[count - 1]) * 1000 / (len(finished) - count)


def _copied_job(folder: Path, number: int) -> Job:
    image, strokes = folder / f"{number}{DEMO_IMAGE.suffix}", folder / f"{number}{DEMO_STROKES.suffix}"
    shutil.copyfile(DEMO_IMAGE, image)
    shutil.copyfile(DEMO_STROKES, strokes)
    return Job(image, strokes)
