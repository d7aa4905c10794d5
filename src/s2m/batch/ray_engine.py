"""Jobs in; outcomes out, from the machines of a Ray cluster, or from this one.

Rows of paths go through Ray Data to actors with a model each.  An actor reads its images itself, so all machines must
see the same folders.  Moritz et al., Ray: A distributed framework for emerging AI applications, OSDI 2018.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from s2m.batch.jobs import Job, Wanted
from s2m.batch.segmenting import ModelSettings, Outcome, Worker

Row = dict[str, Any]

_PATHS = ("image", "strokes", "boxes", "mask")


def on_ray(jobs: Sequence[Job], settings: ModelSettings, wanted: Wanted, again: bool, count: int) -> Iterator[Outcome]:
    """Do jobs in ``count`` actors, each with one processor; outcomes come as they are ready.

    Raises:
        ModuleNotFoundError: the extra is not installed.
    """
    import ray  # An extra.
    import ray.data

    if not ray.is_initialized():
        # On a cluster its own number of processors holds.
        own = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": count}
        ray.init(log_to_driver=False, **own)
    # An actor that dies costs its images, which are named below, and not the others.
    ray.data.DataContext.get_current().max_errored_blocks = -1
    settings = replace(settings, path=None if settings.path is None else settings.path.absolute())
    wanted = replace(wanted, folder=wanted.folder.absolute())
    rows = ray.data.from_items([row_of(job) for job in jobs], override_num_blocks=len(jobs))
    done = rows.map(
        RowWorker,
        fn_constructor_args=(settings, wanted, again),
        compute=ray.data.ActorPoolStrategy(size=count),
        num_cpus=1,
    )
    left = {job.image.name for job in jobs}
    for row in done.iter_rows():
        outcome = outcome_of(row)
        left.discard(outcome.image)
        yield outcome
    for name in sorted(left):
        words = "its actor ended; if memory was short, scale the image down"
        yield Outcome(name, "failed", error=words, code="error")


class RowWorker:
    """What an actor does: a row of paths in, a row with the outcome out."""

    def __init__(self, settings: ModelSettings, wanted: Wanted, again: bool) -> None:
        self._worker = Worker(settings.load(), settings.digest(), settings.channel_order, wanted, again)

    def __call__(self, row: Row) -> Row:
        """Do the job of a row."""
        return {"outcome": json.dumps(asdict(self._worker.outcome(job_of(row))), default=str)}


def row_of(job: Job) -> Row:
    """A job as a row of texts, "" for what it lacks; paths are absolute."""
    paths = {name: getattr(job, name) for name in _PATHS}
    texts = {name: "" if path is None else str(path.absolute()) for name, path in paths.items()}
    return {**texts, "style": job.style, "mask_kind": job.mask_kind}


def job_of(row: Row) -> Job:
    """The job of a row."""
    paths = {name: Path(row[name]) if row[name] else None for name in _PATHS}
    return Job(Path(row["image"]), paths["strokes"], paths["boxes"], paths["mask"], row["style"], row["mask_kind"])


def outcome_of(row: Row) -> Outcome:
    """The outcome in a row."""
    content = json.loads(row["outcome"])
    files = tuple(Path(file) for file in content["files"])
    return Outcome(**{**content, "files": files, "objects": tuple(content["objects"])})
