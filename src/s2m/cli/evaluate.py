"""``s2m evaluate``: labelled images and models in, figures and a report out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from s2m.cli.channel_order_option import channel_order_option
from s2m.cli.provider_option import precision_option
from s2m.engine.channel_order import ChannelOrder
from s2m.engine.precision import Precision

if TYPE_CHECKING:
    from s2m.evaluation.baselines import BaselineName
    from s2m.evaluation.benchmark import ProgressBar
    from s2m.evaluation.method import Method

PROTOCOL_NAMES = (
    "clicks",
    "strokes",
    "human-strokes",
    "objects",
    "finished",
    "correcting",
    "erasing",
    "robustness",
    "wholes",
    "thin",
)
BASELINE_NAMES = ("grabcut", "random-walker")
SHIPPED_NAME = "shipped"
"""What the model that the package brings is called in reports."""


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--protocol",
    "protocol_names",
    type=click.Choice(PROTOCOL_NAMES),
    multiple=True,
    default=("clicks",),
    show_default=True,
    help="How to draw; may be repeated.",
)
@click.option(
    "--model",
    "models",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Model folder or .pth file; may be repeated to compare. By default the shipped model.",
)
@channel_order_option
@precision_option
@click.option("--baseline", "baselines", type=click.Choice(BASELINE_NAMES), multiple=True, help="Measured as well.")
@click.option("--images", "images_folder", type=click.Path(path_type=Path), help="Images of a COCO JSON file.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("output/evaluation"), show_default=True)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes; they share the cores.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--limit", type=click.IntRange(1), help="Only the first so many images.")
def evaluate(
    data: Path,
    protocol_names: tuple[str, ...],
    models: tuple[Path, ...],
    channel_order: ChannelOrder,
    precision: Precision,
    baselines: tuple[BaselineName, ...],
    images_folder: Path | None,
    output: Path,
    jobs: int,
    seed: int,
    limit: int | None,
) -> None:
    """Measure models on the labelled images of DATA.

    DATA is a folder of pairs NAME.jpg and NAME.png, a folder in the layout of DAVIS or of GrabCut, or a
    COCO JSON file.  Tables, plots and a report for each protocol go to OUTPUT/DATA/PROTOCOL.  An interrupted
    run goes on where it stopped when it is started again.
    """
    from s2m.evaluation.benchmark import REPORT_NAME, Benchmark
    from s2m.evaluation.protocols import PROTOCOLS
    from s2m.evaluation.report import figures_markdown
    from s2m.evaluation.scene import name_of, read_images

    images = read_images(data, images_folder)[:limit]
    methods = _methods(models, channel_order, precision, baselines)
    benchmark = Benchmark(name_of(data), images, methods, output, seed, jobs)
    for protocol_name in dict.fromkeys(protocol_names):
        results = benchmark.carry_out(PROTOCOLS[protocol_name], _show_progress)
        click.echo(f"\n## {protocol_name}\n\n{figures_markdown(results)}")
        click.echo(f"\nThe whole report: {output / benchmark.data / protocol_name / REPORT_NAME}")


def _methods(
    models: tuple[Path, ...], channel_order: ChannelOrder, precision: Precision, baselines: tuple[BaselineName, ...]
) -> list[Method]:
    """What is measured, under names that differ."""
    from s2m.evaluation.baselines import BaselineMethod
    from s2m.evaluation.method import ModelMethod

    named: dict[str, Path | None] = {} if models else {SHIPPED_NAME: None}
    for path in models:
        stem = path.resolve().stem
        names = [stem, *(f"{stem}-{number}" for number in range(2, len(models) + 1))]
        named[next(name for name in names if name not in named)] = path
    found: list[Method] = [ModelMethod(name, path, channel_order, precision) for name, path in named.items()]
    return [*found, *(BaselineMethod(name) for name in dict.fromkeys(baselines))]


def _show_progress(title: str, total: int, finished: int) -> AbstractContextManager[ProgressBar]:
    bar: AbstractContextManager[ProgressBar] = tqdm(total=total, initial=finished, desc=title, unit="image")
    return bar
