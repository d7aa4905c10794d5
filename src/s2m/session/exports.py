"""A project in; its annotations in the formats of other tools, as a folder, out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from s2m.engine.segmenter import Segmenter
from s2m.errors import BatchError, DataError, JournalError
from s2m.files.exports import ExportReport, ExportSettings, check_annotations, check_replaceable, write_export
from s2m.files.formats.annotation import ImageAnnotation, KeptStroke, ObjectAnnotation, PlacedMask
from s2m.files.images import read_image
from s2m.session.answers import predictor_of
from s2m.session.classes import Classes, present_name
from s2m.session.history import last_model, replayed
from s2m.session.journal import read_journal
from s2m.session.project import Project
from s2m.session.session import Session
from s2m.session.state import AnnotationState
from s2m.types import FloatArray

Follow = Callable[[int, int], None]
"""Told before each image how many of how many are done; what it raises ends the work, and nothing is written."""


def export(
    project: Project | Path | str,
    formats: str | Sequence[str] = "coco",
    output: Path | str | None = None,
    *,
    only_done: bool = False,
    classes: Sequence[str] = (),
    splits: Mapping[str, str | float] | None = None,
    seed: int = 0,
    with_images: bool = True,
    as_predictions: bool = False,
    segmenter: Callable[[], Segmenter] = Segmenter,
    follow: Follow | None = None,
) -> ExportReport:
    """Write the annotations of a project as a data set.

    The folder appears as a whole or not at all; an earlier export in it is replaced.

    Args:
        project: the project, or its output folder.
        formats: names of formats, see docs/formats.md; several get a folder each.
        output: the folder to write; by default ``export`` in the project's folder.
        only_done: only images that are marked as done.
        classes: only objects of these classes; all where empty.
        splits: shares such as ``{"train": 0.8, "val": 0.2}``, or paths of lists with a name of an image a line.
        seed: of shares.
        with_images: whether layouts that have a place for the images get copies of them.
        as_predictions: whether Label Studio takes the masks for a model's.
        segmenter: called where masks were never saved, to compute them.
        follow: told how far it is.

    Raises:
        ConfigError: an unknown format, splits that are none, or a folder that is no project.
        DataError: there is nothing to export.
        BatchError: a journal cannot be read; an export that leaves it out would be taken for whole.
        OutputError: the folder holds something else, or cannot be written.
    """
    project, names, settings = _prepared(
        project,
        only_done,
        ExportSettings(
            _names_of(formats),
            tuple(classes),
            {name: str(given) for name, given in (splits or {}).items()},
            seed,
            with_images,
            as_predictions,
        ),
    )
    folder = Path(output) if output is not None else project.output / "export"
    check_replaceable(folder)
    about = {"project": str(project.output), "model": _model_of(project, names), "only_done": only_done}
    images = _followed(annotated_images(project, names, segmenter), len(names), follow)
    return write_export(folder, names, images, project.settings.class_names, settings, about)


def export_image(
    session: Session,
    name: str,
    path: Path,
    folder: Path,
    formats: str | Sequence[str] = "coco",
    *,
    classes: Classes = (),
    with_images: bool = True,
) -> ExportReport:
    """Write the annotation of one image, which need not stand in a project; errors as ``export``.

    Args:
        session: the annotation.
        name: what the image is called in files.
        path: of the image.
        folder: made, or replaced if it is an earlier export or empty.
        formats: see ``export``.
        classes: those of the project, if there is one.
        with_images: see ``export``.
    """
    one = replace(annotation_of(session.state, classes, Path(name).stem, path), name=name)
    settings = ExportSettings(_names_of(formats), with_images=with_images)
    about = {"model": session.recorded_model or ""}
    return write_export(folder, [name], [one], [each.name for each in classes], settings, about)


def check_export(
    project: Project | Path | str,
    *,
    only_done: bool = False,
    classes: Sequence[str] = (),
    segmenter: Callable[[], Segmenter] = Segmenter,
    follow: Follow | None = None,
) -> list[str]:
    """What in a project looks like a mistake, a sentence each; nothing is written.

    Empty objects, specks, images without objects, classes without objects.  Arguments and errors are those of
    ``export``.
    """
    project, names, settings = _prepared(project, only_done, ExportSettings(classes=tuple(classes)))
    images = _followed(annotated_images(project, names, segmenter), len(names), follow)
    return check_annotations(images, project.settings.class_names, settings)


def _prepared(
    project: Project | Path | str, only_done: bool, settings: ExportSettings
) -> tuple[Project, list[str], ExportSettings]:
    opened = project if isinstance(project, Project) else Project.reopen(Path(project))
    return opened, annotated_names(opened, only_done), settings


def _names_of(formats: str | Sequence[str]) -> tuple[str, ...]:
    parts = formats.split(",") if isinstance(formats, str) else formats
    return tuple(name.strip() for name in parts)


def annotated_names(project: Project, only_done: bool) -> list[str]:
    """The images to export.

    Raises:
        DataError: there is none.
        BatchError: a journal cannot be read.
    """
    broken = [f"{entry.name}: {entry.error}" for entry in project.images if entry.error is not None]
    if broken:
        raise BatchError(f"{len(broken)} images cannot be exported\n  " + "\n  ".join(broken))
    wanted = ("done",) if only_done else ("in_progress", "done", "flagged")
    names = [entry.name for entry in project.images if entry.status in wanted]
    if not names:
        raise DataError(f"no image of {project.output} is {' or '.join(wanted).replace('_', ' ')}; annotate some first")
    return names


def annotated_images(
    project: Project, names: Sequence[str], segmenter: Callable[[], Segmenter]
) -> Iterator[ImageAnnotation]:
    """The annotations one by one, with a progress bar in a terminal; a model is only loaded where it is needed."""
    ready: Segmenter | None = None
    for name in tqdm(names, unit="image", disable=None):
        state = project.kept_state(name)
        if state is None:
            ready = ready or segmenter()
            state = _computed(project, ready, name)
        yield annotation_of(state, project.settings.classes, project.label_path(name).stem, project.entry(name).path)


def _followed(images: Iterable[ImageAnnotation], total: int, follow: Follow | None) -> Iterator[ImageAnnotation]:
    for done, image in enumerate(images):
        if follow is not None:
            follow(done, total)
        yield image


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


def annotation_of(state: AnnotationState, classes: Classes, stem: str, path: Path) -> ImageAnnotation:
    """What other tools are told of an image: objects with their classes as they are called now, masks, strokes."""

    def logits_of(object_id: int) -> FloatArray | None:
        logits = state.layer.of(object_id)
        return None if logits is None else logits.astype("float32")

    objects = tuple(
        ObjectAnnotation(
            one.object_id,
            one.name,
            present_name(classes, one.class_name),
            PlacedMask.of(state.object_mask(one.object_id)),
        )
        for one in state.objects
    )
    image = ImageAnnotation(state.image_name, state.size_hw, objects, stem, path=path, logits_of=logits_of)
    strokes = (*state.past_strokes, *state.strokes)
    return image.with_strokes(
        KeptStroke.model_validate(one.model_dump(exclude={"pressures", "key"})) for one in strokes
    )


def _model_of(project: Project, names: Sequence[str]) -> str:
    """The models that answered, or "" where none did."""
    readings = (last_model(read_journal(project.journal_path(name))) for name in names)
    return ", ".join(sorted({model for model in readings if model}))


def as_sentences(report: ExportReport) -> list[str]:
    """What to say about an export: counts, findings, losses."""
    lines = [f"{report.images} images, {report.objects} objects: {report.folder}"]
    lines += [f"check: {finding}" for finding in report.findings]
    for name, losses in report.losses.items():
        for reason in dict.fromkeys(loss.reason for loss in losses):
            pixels = sum(loss.pixels for loss in losses if loss.reason == reason)
            lines.append(f"{name}: {pixels} pixels differ ({reason}); manifest.json names the objects")
    return lines
