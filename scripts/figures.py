"""Figures of finished evaluations as Markdown: ``python scripts/figures.py OUTPUT... [--into README.md]``.

``--into`` makes every block of a document between ``<!-- figures: NAME -->`` and ``<!-- end of figures -->`` anew;
without it the tables are printed.
"""

from __future__ import annotations

from pathlib import Path

import click

from s2m.evaluation.figure_tables import TABLES, with_figures
from s2m.evaluation.summaries import read_summaries
from s2m.files.atomic import write_atomically


@click.command()
@click.argument("outputs", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--table", type=click.Choice(list(TABLES)), default="headline", show_default=True, help="What to print.")
@click.option(
    "--into", "documents", type=click.Path(path_type=Path), multiple=True, help="Documents to bring up to date."
)
def main(outputs: tuple[Path, ...], table: str, documents: tuple[Path, ...]) -> None:
    """Print a table of the evaluations below OUTPUTS, or write tables into documents."""
    summaries = read_summaries(outputs)
    if not documents:
        click.echo(TABLES[table](summaries))
    for document in documents:
        text = with_figures(document.read_text(encoding="utf-8"), summaries)
        write_atomically(document, text.encode())
        click.echo(f"{document} is up to date")


if __name__ == "__main__":
    main()
