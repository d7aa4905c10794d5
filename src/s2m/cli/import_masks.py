"""``s2m import-masks``: masks made elsewhere become the starting masks of a project's images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from tqdm import tqdm

from s2m.errors import BatchError, DataError, S2MError
from s2m.session import Project
from s2m.session.imports import CocoFile, MaskFolder, import_image, masks_source


@click.command()
@click.argument("images", metavar="IMAGE_OR_FOLDER", type=click.Path(path_type=Path))
@click.argument("masks", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("output"),
    show_default=True,
    help="Folder for masks and journals.",
)
@click.option("--again", is_flag=True, help="Also images that are annotated already; undo in the page takes it back.")
def import_masks(images: Path, masks: Path, output: Path, again: bool) -> None:
    """Start from MASKS, a folder of label maps or a COCO file, when IMAGE_OR_FOLDER is annotated."""
    source = masks_source(masks)
    project = Project.open(images, output)
    outcome = import_into(project, source, again)
    click.echo(
        f"{outcome.imported} of {len(project.images)} images imported into {project.output}; "
        f"{outcome.without_masks} without masks, {outcome.annotated} annotated already"
    )
    if outcome.failures:
        raise BatchError(f"{len(outcome.failures)} images failed\n  " + "\n  ".join(outcome.failures))
    if outcome.without_masks == len(project.images):
        raise DataError(f"{masks} has no masks for these images; names must agree: NAME.png for NAME.jpg")


@dataclass(frozen=True)
class ImportOutcome:
    """How many images got masks, had none, or were left alone; and a line for each that failed."""

    imported: int
    without_masks: int
    annotated: int
    failures: tuple[str, ...]


def import_into(project: Project, source: MaskFolder | CocoFile, again: bool) -> ImportOutcome:
    """Import the masks of all images that have some.

    Args:
        project: to import into.
        source: of the masks.
        again: whether images that are annotated already get them too.
    """
    imported = without_masks = annotated = 0
    failures: list[str] = []
    for entry in tqdm(project.images, unit="image", disable=None):
        try:
            if not source.has_masks(entry.name):
                without_masks += 1
            elif entry.status != "untouched" and not again:
                annotated += 1
            else:
                import_image(project, source, entry)
                imported += 1
        except S2MError as error:
            failures.append(f"{entry.name}: {error}")
    return ImportOutcome(imported, without_masks, annotated, tuple(failures))
