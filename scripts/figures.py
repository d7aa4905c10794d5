"""Figures of evaluations as Markdown: ``python scripts/figures.py OUTPUT... [--bench FILE] [--into DOCUMENT]``.

``--into`` makes every block of a document between ``<!-- figures: NAME -->`` and ``<!-- end of figures -->`` anew;
without it a table is printed.  ``docs/benchmarks.md`` has the whole command.
"""

from __future__ import annotations

from pathlib import Path

import click

from s2m.evaluation.figures import TABLES, Measured, with_figures
from s2m.evaluation.result import read_results
from s2m.evaluation.speed import read_speed
from s2m.files.atomic import write_atomically


@click.command()
@click.argument("outputs", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--bench", type=click.Path(path_type=Path), help="Times: the file of s2m bench --json.")
@click.option("--table", type=click.Choice(list(TABLES)), default="readme", show_default=True, help="What to print.")
@click.option(
    "--into", "documents", type=click.Path(path_type=Path), multiple=True, help="Documents to bring up to date."
)
def main(outputs: tuple[Path, ...], bench: Path | None, table: str, documents: tuple[Path, ...]) -> None:
    """Print a table of the evaluations below OUTPUTS, or write tables into documents."""
    measured = Measured(read_results(outputs), None if bench is None else read_speed(bench))
    if not documents:
        click.echo(TABLES[table](measured))
    for document in documents:
        text = with_figures(document.read_text(encoding="utf-8"), measured)
        write_atomically(document, text.encode())
        click.echo(f"{document} is up to date")


if __name__ == "__main__":
    main()
