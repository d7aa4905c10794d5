"""``s2m export``: the annotations of a project in, a data set in a common format out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click

from s2m.engine.segmenter import Segmenter
from s2m.errors import BatchError, DataError, JournalError
from s2m.files.exports import (
    CocoShape,
    ExportedImage,
    ExportedObject,
    ExportFormat,
    write_coco,
    write_label_maps,
    write_masks,
)
from s2m.files.images import read_image
from s2m.networks.loading import load_model
from s2m.session import Project, read_journal
from s2m.session.answers import predictor_of
from s2m.session.classes import Classes, present_name
from s2m.session.history import replayed
from s2m.session.state import AnnotationState


@click.command()
@click.argument("project_folder", metavar="PROJECT", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(get_args(ExportFormat)), default="coco", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Folder to write into.  [default: PROJECT/export]"
)
@click.option(
    "--shapes",
    type=click.Choice(get_args(CocoShape)),
    default="rle",
    show_default=True,
    help="How COCO holds masks: run lengths, or outlines of objects without holes.",
)
@click.option("--only-done", is_flag=True, help="Only images that are marked as done.")
@click.option("--images", type=click.Path(path_type=Path), help="The images, if they are not where they were.")
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model, for masks that were never saved.")
def export(
    project_folder: Path,
    kind: ExportFormat,
    output: Path | None,
    shapes: CocoShape,
    only_done: bool,
    images: Path | None,
    model: Path | None,
) -> None:
    """Write the annotations of PROJECT (its output folder) as a data set."""
    project = Project.reopen(project_folder, images)
    folder = output or project_folder / "export"
    names = annotated_names(project, only_done)
    annotated = annotated_images(project, names, model)
    classes = project.settings.class_names
    if kind == "coco":
        count = write_coco(folder / "annotations.json", annotated, classes, shapes)
        click.echo(f"{len(names)} images, {count} objects: {folder / 'annotations.json'}")
    elif kind == "label-maps":
        count = write_label_maps(folder, annotated, classes)
        click.echo(f"{count} images: {folder / 'objects'} and {folder / 'classes'}")
    else:
        count = write_masks(folder, annotated)
        click.echo(f"{len(names)} images, {count} masks: {folder}")


def annotated_names(project: Project, only_done: bool) -> list[str]:
    """The images to export.

    Raises:
        DataError: there is none.
        BatchError: a journal cannot be read; an export that leaves it out would be taken for whole.
    """
    broken = [f"{entry.name}: {entry.error}" for entry in project.images if entry.error is not None]
    if broken:
        raise BatchError(f"{len(broken)} images cannot be exported\n  " + "\n  ".join(broken))
    wanted = ("done",) if only_done else ("in_progress", "done", "flagged")
    names = [entry.name for entry in project.images if entry.status in wanted]
    if not names:
        raise DataError(f"no image of {project.output} is {' or '.join(wanted).replace('_', ' ')}; annotate some first")
    return names


def annotated_images(project: Project, names: list[str], model: Path | None) -> Iterator[ExportedImage]:
    """The annotations one by one; a model is only loaded where masks were never saved."""
    segmenter: Segmenter | None = None
    for name in names:
        state = project.kept_state(name)
        if state is None:
            segmenter = segmenter or Segmenter(load_model(model, None))
            state = _computed(project, segmenter, name)
        yield _exported(state, project.label_path(name).stem, project.settings.classes)


def _computed(project: Project, segmenter: Segmenter, name: str) -> AnnotationState:
    """The annotation of an image, whose label map is written too; where it is open elsewhere, that s2m writes it."""
    try:
        session = project.open_session(name, segmenter)
    except JournalError:
        predictor = predictor_of(segmenter, read_image(project.entry(name).path))
        return replayed(read_journal(project.journal_path(name)), predictor)
    try:
        project.save(session)
        return session.state
    finally:
        session.close()


def _exported(state: AnnotationState, stem: str, classes: Classes) -> ExportedImage:
    objects = tuple(
        ExportedObject(one.object_id, one.name, present_name(classes, one.class_name), state.object_mask(one.object_id))
        for one in state.objects
    )
    return ExportedImage(state.image_name, stem, state.label_map(), objects)
