"""Jobs, a model and an engine in; a report, and label maps on disk, out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, get_args

from s2m.batch.jobs import Job, Wanted
from s2m.batch.processes import in_processes
from s2m.batch.ray_engine import on_ray
from s2m.batch.report import BatchReport, in_order
from s2m.batch.segmenting import ModelSettings, Outcome, Worker
from s2m.engine.models import OnnxModel

Engine = Literal["local", "ray"]
ENGINE_NAMES = get_args(Engine)


def segment_jobs(
    jobs: Sequence[Job],
    settings: ModelSettings,
    wanted: Wanted,
    *,
    count: int = 1,
    engine: Engine = "local",
    again: bool = False,
    progress: Callable[[Iterator[Outcome]], Iterable[Outcome]] = iter,
) -> BatchReport:
    """Segment image after image; one that fails does not stop the others.

    Label maps depend neither on ``count`` nor on the engine.

    Args:
        jobs: the images.
        settings: of the model.
        wanted: what to write.
        count: how many processes work at once.
        engine: what runs them.
        again: whether images are segmented whose files are there already, from the same inputs.
        progress: goes through the outcomes, such as a progress bar.

    Raises:
        ModelError: the model cannot be loaded.
        ModuleNotFoundError: Ray is wanted and its extra not installed.
    """
    started = time.perf_counter()
    outcomes: Iterator[Outcome]
    segmenter = settings.load()
    if isinstance(segmenter.model, OnnxModel):
        # All processes compute with the same: each would measure for itself what is fastest.
        settings = replace(settings, provider=segmenter.model.provider.name)
    digest = settings.digest()
    about = {"engine": engine, "jobs": count, "model": segmenter.model.card.model_id, "model_sha256": digest}
    if engine == "ray":
        del segmenter
        outcomes = on_ray(jobs, settings, wanted, again, count)
    elif count == 1:
        worker = Worker(segmenter, digest, settings.channel_order, wanted, again)
        outcomes = map(worker.outcome, jobs)
    else:
        del segmenter
        outcomes = in_processes(jobs, settings, wanted, again, count)
    found = in_order(list(progress(outcomes)), [job.image.name for job in jobs])
    return BatchReport(found, wanted.folder, time.perf_counter() - started, about)
