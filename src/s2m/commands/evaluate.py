"""``s2m evaluate``: folders of labelled images and models in, a report of figures out."""

from __future__ import annotations

from pathlib import Path

import click
from tqdm import tqdm


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--protocol", "protocol_names", multiple=True, default=("clicks",), show_default=True, help="How to draw."
)
@click.option(
    "--model", "models", type=click.Path(path_type=Path), multiple=True, help="Model folder; may be repeated."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("evaluation"), show_default=True)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--limit", type=click.IntRange(1), help="Only the first so many images.")
def evaluate(
    data: Path,
    protocol_names: tuple[str, ...],
    models: tuple[Path, ...],
    output: Path,
    jobs: int,
    seed: int,
    limit: int | None,
) -> None:
    """Measure models on the labelled images of DATA."""
    from s2m.data.labelled_images import LabelledFolder
    from s2m.evaluation.entrants import Entrant, ModelEntrant
    from s2m.evaluation.protocols import PROTOCOLS
    from s2m.evaluation.report import figures_json, figures_markdown
    from s2m.evaluation.runs import Run
    from s2m.evaluation.tables import Journal, Settings, write_table
    from s2m.safe_files import write_atomically

    images = LabelledFolder(data)[:limit]
    entrants: list[Entrant] = [ModelEntrant(path.resolve().name, path) for path in models] or [
        ModelEntrant("shipped", None)
    ]
    for protocol_name in protocol_names:
        protocol = PROTOCOLS[protocol_name]
        by_contender = {}
        for entrant in entrants:
            folder = output / data.resolve().name / protocol.name / entrant.name
            settings = Settings(data.resolve().name, protocol.name, entrant.name, entrant.fingerprint, seed)
            journal = Journal(folder, settings)
            with tqdm(total=len(images), initial=len(journal.finished), desc=entrant.name, unit="image") as bar:
                lines = Run(protocol, entrant, seed, jobs).carry_out(images, journal, lambda *_: bar.update())
            by_contender[entrant.name] = protocol.figures(lines)
            write_table(folder / "lines.csv", lines)
            write_atomically(folder / "summary.json", figures_json(by_contender[entrant.name]))
        click.echo(figures_markdown(by_contender))
