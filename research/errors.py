"""What goes wrong in a finished evaluation: ``python -m research.errors RESULTS DATA``.

``errors.md``, ``errors.csv`` and two pictures are written into RESULTS.  No model is run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import click

from research.findings import COLUMNS, Finding, findings_of, of_first_variant, row_of, worst_first
from research.pictures import examples_png, worst_png
from research.report import WORST, errors_markdown
from s2m.errors import DataError, S2MError
from s2m.evaluation.interaction import curves_by_variant
from s2m.evaluation.journal import ObjectResult, read_journal
from s2m.evaluation.scene import Scene, load_scene, name_of, read_images
from s2m.files.atomic import write_atomically

REPORT_NAME, TABLE_NAME, WORST_NAME, EXAMPLES_NAME = "errors.md", "errors.csv", "worst.png", "examples.png"


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--images", "images_folder", type=click.Path(path_type=Path), help="Images of a COCO JSON file.")
@click.option("--examples", type=click.IntRange(1), default=1, show_default=True, help="Best, median, worst drawn.")
def main(results: Path, data: Path, images_folder: Path | None, examples: int) -> None:
    """Explain the errors in RESULTS, a folder OUTPUT/DATA/PROTOCOL/METHOD of s2m evaluate, measured on DATA."""
    try:
        analyse(results, data, images_folder, examples)
    except S2MError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"what goes wrong: {results / REPORT_NAME}")


def analyse(results: Path, data: Path, images_folder: Path | None, examples: int) -> None:
    """Write the report, the table and the pictures.

    Raises:
        S2MError: no journal, another data set, no object, or a disk that refuses.
    """
    settings, found = read_journal(results)
    if settings.data != name_of(data):
        raise DataError(f"{results} was measured on {settings.data}, not on {name_of(data)}; give its data set")
    images = {image.name: image for image in read_images(data, images_folder)}
    findings: list[Finding] = []
    for result in found:
        findings += findings_of(load_scene(images[result.image]), result)
    if not findings:
        raise DataError(f"no object of {results} took part in the protocol")
    first = of_first_variant(findings)
    objects = {
        (result.image, one.object_id): one
        for result in found
        for one in result.objects
        if one.variant == first[0].variant
    }

    def kept_of(finding: Finding) -> tuple[Scene, ObjectResult]:
        return load_scene(images[finding.image]), objects[finding.image, finding.object_id]

    write_atomically(results / TABLE_NAME, _table(findings))
    write_atomically(results / WORST_NAME, worst_png(worst_first(first)[:WORST], kept_of))
    write_atomically(results / EXAMPLES_NAME, examples_png(first, kept_of, examples))
    curves = curves_by_variant(row for result in found for row in result.rows)[first[0].variant]
    report = errors_markdown(settings, curves, findings, [WORST_NAME, EXAMPLES_NAME])
    write_atomically(results / REPORT_NAME, report.encode())


def _table(findings: Sequence[Finding]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(row_of, findings))
    return buffer.getvalue().encode()


if __name__ == "__main__":
    main()
