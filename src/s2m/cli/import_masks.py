"""``s2m import``: masks made elsewhere become the starting masks of a project's images, or finished annotations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from tqdm import tqdm

from s2m.cli.left_out import say_left_out
from s2m.cli.mask_kind_option import mask_kind_option
from s2m.errors import BatchError, DataError
from s2m.files.formats.table import READERS
from s2m.files.mask_pictures import MaskKind
from s2m.session import ImageEntry, Project
from s2m.session.imports import import_masks

_MOST_SAID = 20


@click.command("import")
@click.argument("project_or_images", metavar="PROJECT", type=click.Path(path_type=Path))
@click.argument("masks", metavar="FILE_OR_FOLDER", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(list(READERS)), help="Of the masks.  [default: recognised]")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The project's folder, where PROJECT is images.  [output]"
)
@click.option("--again", is_flag=True, help="Also images that are annotated already; undo in the page takes it back.")
@click.option("--finished", is_flag=True, help="Mark the images as done: the masks are annotations, not a start.")
@mask_kind_option
@click.option("--without-crowds", is_flag=True, help="Leave out objects that COCO marks as crowds.")
@click.option("--images", type=click.Path(path_type=Path), help="The images, if they are not where they were.")
def import_(
    project_or_images: Path,
    masks: Path,
    kind: str | None,
    output: Path | None,
    again: bool,
    finished: bool,
    mask_kind: MaskKind,
    without_crowds: bool,
    images: Path | None,
) -> None:
    """Start from the masks in FILE_OR_FOLDER when PROJECT is annotated.

    PROJECT is an output folder, or an image or a folder of images.
    """
    project = _project(project_or_images, output, images)
    if project.source.is_dir():
        say_left_out(project.source)
    report = import_masks(
        project,
        masks,
        kind,
        again=again,
        finished=finished,
        crowds=not without_crowds,
        mask_kind=mask_kind,
        progress=_with_bar,
    )
    click.echo(
        f"{len(report.imported)} of {len(project.images)} images imported into {project.output}; "
        f"{report.without_masks} without masks, {len(report.annotated)} annotated already"
    )
    if report.problems:
        click.echo(f"{len(report.problems)} entries of {masks} were left out", err=True)
        for problem in report.problems[:_MOST_SAID]:
            click.echo(f"  {problem}", err=True)
        if len(report.problems) > _MOST_SAID:
            click.echo(f"  and {len(report.problems) - _MOST_SAID} more", err=True)
    if report.failures:
        raise BatchError(f"{len(report.failures)} images failed\n  " + "\n  ".join(report.failures))
    if report.without_masks == len(project.images):
        raise DataError(f"{masks} has no masks for these images; names must agree: NAME.png for NAME.jpg")


def _project(path: Path, output: Path | None, images: Path | None) -> Project:
    if output is None and (path / "s2m-project.json").exists():
        return Project.reopen(path, images)
    return Project.open(path, output or Path("output"))


def _with_bar(entries: Sequence[ImageEntry]) -> Iterable[ImageEntry]:
    bar: Iterable[ImageEntry] = tqdm(entries, unit="image", disable=None)
    return bar
