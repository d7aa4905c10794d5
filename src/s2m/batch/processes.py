"""Jobs in; outcomes out, as they come, from this process or from several.

A process has one job at a time and a pipe of its own.  So memory does not grow with the number of jobs, a process that
dies takes one job with it, and processes whose parent is gone finish their image and end.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from s2m.batch.jobs import Job, Wanted
from s2m.batch.segmenting import ModelSettings, Outcome, Worker

_SECONDS_TO_FINISH = 60.0


def in_processes(
    jobs: Sequence[Job], settings: ModelSettings, wanted: Wanted, again: bool, count: int
) -> Iterator[Outcome]:
    """Do jobs in ``count`` processes, each with a model of its own; outcomes come in the order in which they end."""
    waiting = iter(jobs)
    processes: dict[Connection, _Process] = {}
    try:
        for _ in range(min(count, len(jobs))):
            _start(processes, waiting, settings, wanted, again)
        while processes:
            for pipe in wait(list(processes)):
                assert isinstance(pipe, Connection)
                process = processes[pipe]
                try:
                    outcome: Outcome = pipe.recv()
                except (EOFError, OSError):
                    del processes[pipe]
                    yield process.as_failure()
                    _start(processes, waiting, settings, wanted, again)
                    continue
                yield outcome
                if not process.give_next(waiting):
                    del processes[pipe]
                    process.end()
    finally:
        for process in processes.values():
            process.pipe.close()
        for process in processes.values():
            process.end()


class _Process:
    """A process, our end of its pipe, and the job that it has."""

    def __init__(self, settings: ModelSettings, wanted: Wanted, again: bool, job: Job) -> None:
        # A fresh interpreter: copies of this one would share the threads of its libraries.
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.job = job
        self.process: BaseProcess = context.Process(target=_work, args=(theirs, settings, wanted, again), daemon=True)
        self.process.start()
        theirs.close()
        self._send()

    def give_next(self, waiting: Iterator[Job]) -> bool:
        """Send it the next job; False where there is none."""
        job = next(waiting, None)
        if job is None:
            return False
        self.job = job
        self._send()
        return True

    def _send(self) -> None:
        try:
            self.pipe.send(self.job)
        except OSError:
            # It has died; receiving from it says so.
            return

    def as_failure(self) -> Outcome:
        """The outcome of the job that the process died of."""
        self.end()
        code = self.process.exitcode or 0
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        words = f"its process ended {how}; if memory was short, take fewer --jobs or scale the image down"
        return Outcome(self.job.image.name, "failed", error=words, code="memory" if code == -9 else "error")

    def end(self) -> None:
        """Let it finish its image, and wait for it."""
        self.pipe.close()
        self.process.join(_SECONDS_TO_FINISH)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join()


def _start(
    processes: dict[Connection, _Process],
    waiting: Iterator[Job],
    settings: ModelSettings,
    wanted: Wanted,
    again: bool,
) -> None:
    job = next(waiting, None)
    if job is not None:
        process = _Process(settings, wanted, again, job)
        processes[process.pipe] = process


def _work(pipe: Connection, settings: ModelSettings, wanted: Wanted, again: bool) -> None:
    """What a process does: jobs from its pipe, until there are no more."""
    # A keyboard interrupt is for the parent, which lets us finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker(settings.load(), settings.digest(), settings.channel_order, wanted, again)
    while True:
        try:
            job: Job = pipe.recv()
        except EOFError:
            return
        outcome = worker.outcome(job)
        try:
            pipe.send(outcome)
        except OSError:
            return
