"""Times of the steps of annotating in; a file of them out, and back; who is how many times as fast as whom."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from s2m.errors import DataError
from s2m.files.atomic import write_atomically


@dataclass(frozen=True)
class Timing:
    """How long one step takes.

    Attributes:
        method: who did it, such as a model's name and version.
        step: what was done.
        objects: on the image, one of them drawn on.
        megapixels: of the image.
        median_ms: half of the runs took less.
        p95_ms: nineteen of twenty took less.
        runs: how many were measured.
    """

    method: str
    step: str
    objects: int
    megapixels: float
    median_ms: float
    p95_ms: float
    runs: int


@dataclass(frozen=True)
class Speed:
    """What ``s2m bench --json`` writes.

    Attributes:
        models: names and versions of the models, in the order given.
        threads: of the processor.
        timings: of every step, all from one run.
        peak_megabytes: memory of the process, before the other methods were loaded.
    """

    models: tuple[str, ...]
    threads: int
    timings: tuple[Timing, ...]
    peak_megabytes: float

    def find(self, method: str, step: str, objects: int = 1, megapixels: float | None = None) -> Timing | None:
        """The timing of one step, of the first size that was measured unless one is given; None where it was not."""
        wanted = (method, step, objects)
        found = (one for one in self.timings if (one.method, one.step, one.objects) == wanted)
        return next((one for one in found if megapixels in (None, one.megapixels)), None)


_SPEED = TypeAdapter(Speed)


def timing_of(
    method: str, step: str, milliseconds: Sequence[float], *, objects: int = 1, megapixels: float = 0.0
) -> Timing:
    """The timing of some runs."""
    p95 = statistics.quantiles(milliseconds, n=20, method="inclusive")[-1] if len(milliseconds) > 1 else milliseconds[0]
    return Timing(
        method,
        step,
        objects,
        round(megapixels, 2),
        round(statistics.median(milliseconds), 2),
        round(p95, 2),
        len(milliseconds),
    )


def milliseconds_of(step: Callable[[], object]) -> float:
    """How long a step takes once."""
    started = time.perf_counter()
    step()
    return (time.perf_counter() - started) * 1000


def write_speed(path: Path, speed: Speed) -> None:
    """Write measured times as JSON."""
    write_atomically(path, _SPEED.dump_json(speed, indent=2) + b"\n")


def read_speed(path: Path) -> Speed:
    """Read measured times.

    Raises:
        DataError: the file is missing, damaged or of an older format.
    """
    try:
        return _SPEED.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError(f"{path} cannot be read; write it with s2m bench --json {path}") from error


def counted(objects: int) -> str:
    """How many objects, in words."""
    return "1 object" if objects == 1 else f"{objects} objects"
