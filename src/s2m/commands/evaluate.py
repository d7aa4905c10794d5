"""``s2m evaluate``: labelled images and models in, figures and a report out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from tqdm import tqdm

if TYPE_CHECKING:
    from s2m.evaluation.benchmark import Progress
    from s2m.evaluation.entrants import Entrant

PROTOCOL_NAMES = ("clicks", "strokes", "human-strokes", "objects", "correcting", "robustness")
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
    baselines: tuple[str, ...],
    images_folder: Path | None,
    output: Path,
    jobs: int,
    seed: int,
    limit: int | None,
) -> None:
    """Measure models on the labelled images of DATA.

    DATA is a folder of pairs NAME.jpg and NAME.png, a folder in the layout of DAVIS or of GrabCut, or a
    COCO JSON file.  Tables, summaries, plots and a report for each protocol go to OUTPUT/DATA/PROTOCOL; an
    interrupted run goes on where it stopped when it is started again.
    """
    from s2m.evaluation.benchmark import REPORT_NAME, Benchmark
    from s2m.evaluation.folders import name_of, read_images
    from s2m.evaluation.protocols import PROTOCOLS
    from s2m.evaluation.report import figures_markdown

    images = read_images(data, images_folder)[:limit]
    benchmark = Benchmark(name_of(data), images, _entrants(models, baselines), output, seed, jobs)
    for protocol_name in dict.fromkeys(protocol_names):
        results = benchmark.carry_out(PROTOCOLS[protocol_name], _show_progress)
        click.echo(f"\n## {protocol_name}\n\n{figures_markdown(results)}")
        click.echo(f"\nThe whole report: {output / benchmark.data / protocol_name / REPORT_NAME}")


def _entrants(models: tuple[Path, ...], baselines: tuple[str, ...]) -> list[Entrant]:
    """What is measured, under names that differ."""
    from s2m.evaluation.baselines import BaselineEntrant, BaselineName
    from s2m.evaluation.entrants import ModelEntrant

    found: list[Entrant] = []
    for path in models:
        name = path.resolve().stem
        taken = sum(entrant.name == name or entrant.name.startswith(f"{name}-") for entrant in found)
        found.append(ModelEntrant(f"{name}-{taken + 1}" if taken else name, path))
    if not models:
        found.append(ModelEntrant(SHIPPED_NAME, None))
    return [*found, *(BaselineEntrant(cast(BaselineName, name)) for name in dict.fromkeys(baselines))]


def _show_progress(title: str, total: int, finished: int) -> AbstractContextManager[Progress]:
    bar: AbstractContextManager[Progress] = tqdm(total=total, initial=finished, desc=title, unit="image")
    return bar
