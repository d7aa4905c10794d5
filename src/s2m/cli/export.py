"""``s2m export``: the annotations of a project in, a data set in common formats out."""

from __future__ import annotations

from pathlib import Path

import click

from s2m.engine.segmenter import Segmenter
from s2m.errors import BatchError
from s2m.files.formats.table import FORMATS
from s2m.networks.loading import load_model
from s2m.session import Project
from s2m.session.exports import as_sentences, check_export
from s2m.session.exports import export as export_project

_MOST_SAID = 20


@click.command(epilog="Formats: " + ", ".join(f"{name} ({one.title})" for name, one in FORMATS.items()) + ".")
@click.argument("project_folder", metavar="PROJECT", type=click.Path(path_type=Path))
@click.option("--format", "formats", default="coco", show_default=True, help="Formats, with commas between them.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder to write.  [default: PROJECT/export]")
@click.option("--only-done", is_flag=True, help="Only images that are marked as done.")
@click.option("--class", "classes", multiple=True, help="Only objects of this class; may be given again.")
@click.option(
    "--split",
    "splits",
    multiple=True,
    metavar="NAME=SHARE|NAME=FILE",
    help="A split by share, or by a text file with a name of an image a line; give it again for each split.",
)
@click.option("--seed", default=0, show_default=True, help="Another seed draws other images for shares.")
@click.option(
    "--without-images", is_flag=True, help="Copy no images; YOLO, VOC, labelme, CVAT and ImageFolder have them."
)
@click.option("--predictions", is_flag=True, help="Label Studio: as predictions of the model, to be looked over.")
@click.option("--check", is_flag=True, help="Only look for mistakes: empty objects, specks, unused classes.")
@click.option("--strict", is_flag=True, help="Write nothing if the check finds anything.")
@click.option("--images", type=click.Path(path_type=Path), help="The images, if they are not where they were.")
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model, for masks that were never saved.")
def export(
    project_folder: Path,
    formats: str,
    output: Path | None,
    only_done: bool,
    classes: tuple[str, ...],
    splits: tuple[str, ...],
    seed: int,
    without_images: bool,
    predictions: bool,
    check: bool,
    strict: bool,
    images: Path | None,
    model: Path | None,
) -> None:
    """Write the annotations of PROJECT (its output folder) as a data set."""

    def segmenter() -> Segmenter:
        return Segmenter(load_model(model, None))

    project = Project.reopen(project_folder, images)
    if check or strict:
        findings = check_export(project, only_done=only_done, classes=classes, segmenter=segmenter)
        if findings:
            raise BatchError("the check found:\n  " + "\n  ".join(findings))
        if check:
            click.echo("the check found nothing")
            return
    report = export_project(
        project,
        formats,
        output,
        only_done=only_done,
        classes=classes,
        splits=_splits_of(splits),
        seed=seed,
        with_images=not without_images,
        as_predictions=predictions,
        segmenter=segmenter,
    )
    lines = as_sentences(report)
    for line in lines[:_MOST_SAID]:
        click.echo(line)
    if len(lines) > _MOST_SAID:
        click.echo(f"and {len(lines) - _MOST_SAID} more in {report.folder / 'manifest.json'}")


def _splits_of(given: tuple[str, ...]) -> dict[str, str]:
    splits: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not value or name in splits:
            raise click.UsageError(f'a split is NAME=SHARE or NAME=FILE, each name once; got "{text}"')
        splits[name] = value
    return splits
