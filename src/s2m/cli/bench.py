"""``s2m bench``: the times that an annotator waits for, beside those of other methods, from one run."""

from __future__ import annotations

import importlib.util
import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from s2m.batch.segmenting import ModelSettings
from s2m.batch.throughput import batch_milliseconds
from s2m.cli.provider_option import precision_option, provider_option
from s2m.engine.models import available_cores
from s2m.engine.precision import Precision
from s2m.engine.providers import Provider
from s2m.evaluation.figures import speed_tables
from s2m.evaluation.speed import Speed, Timing, timing_of, write_speed
from s2m.evaluation.timing import LARGE_MEGAPIXELS, MEGAPIXELS, baseline_timings, model_timings, original_timings
from s2m.files.demo import DEMO_IMAGE, DEMO_STROKES
from s2m.files.images import read_image
from s2m.files.stroke_files import read_strokes
from s2m.networks.loading import load_model

_BATCHES = 3


@click.command()
@click.option(
    "--model", "models", type=click.Path(path_type=Path), multiple=True, help="Folder of a model; repeatable."
)
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True, help="Measurements of each step.")
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads.  [default: all cores]")
@provider_option
@precision_option
@click.option("--large", is_flag=True, help="Also open an image of 100 megapixels.")
@click.option("--without-others", is_flag=True, help="Measure no other methods; then PyTorch is not needed.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write the times to this file.")
def bench(
    models: tuple[Path, ...],
    rounds: int,
    threads: int | None,
    provider: Provider,
    precision: Precision,
    large: bool,
    without_others: bool,
    json_path: Path | None,
) -> None:
    """Measure the steps of annotating on this machine, and other methods on the same.

    Prints medians and 95th percentiles as Markdown, and how many times as fast as the original network a stroke is.
    """
    threads = threads or available_cores()
    if not without_others:
        _check_pytorch()
    image_rgb = read_image(DEMO_IMAGE)
    stroke = read_strokes(DEMO_STROKES, (image_rgb.shape[0], image_rgb.shape[1]))[0]
    sizes = (*MEGAPIXELS, LARGE_MEGAPIXELS) if large else MEGAPIXELS
    timings: list[Timing] = []
    names = []
    for path in models or (None,):
        model = load_model(path, threads, provider, precision)
        names.append(f"{model.card.name} {model.card.version}")
        timings += _told(model_timings(model, names[-1], image_rgb, stroke, rounds, sizes))
        timings += _told(_batch_timings(names[-1], ModelSettings(path, 1, provider, precision=precision), rounds))
    peak = _peak_megabytes()
    if not without_others:
        timings += _told(baseline_timings(image_rgb, [stroke], rounds))
        timings += _told(original_timings(threads, rounds))
    speed = Speed(tuple(names), threads, tuple(timings), peak)
    click.echo(f"{threads} threads; the process took {peak:.0f} MB at most for the models\n")
    click.echo(speed_tables(speed))
    if json_path is not None:
        write_speed(json_path, speed)


def _batch_timings(name: str, settings: ModelSettings, rounds: int) -> Iterator[Timing]:
    """An image of a batch with one process, and with as many as there are cores."""
    for count in dict.fromkeys((1, available_cores())):
        step = f"an image of a batch, {count} {'process' if count == 1 else 'processes'}"
        yield timing_of(name, step, [batch_milliseconds(settings, count) for _ in range(min(rounds, _BATCHES))])


def _check_pytorch() -> None:
    """Say at once, and not after minutes, what the original network needs."""
    if importlib.util.find_spec("torch") is None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")


def _told(timings: Iterable[Timing]) -> list[Timing]:
    """The timings, each told as it is measured, as all of them take minutes."""
    found = []
    for timing in timings:
        click.echo(f"{timing.method}: {timing.step}, {timing.objects}: {timing.median_ms:.1f} ms", err=True)
        found.append(timing)
    return found


def _peak_megabytes() -> float:
    """The most memory that the process has taken so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
