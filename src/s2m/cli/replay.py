"""``s2m replay``: the journals of a project under another model; a report of what changes; the change on request."""

from __future__ import annotations

import html
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from PIL import Image
from tqdm import tqdm

from s2m.cli.provider_option import provider_option
from s2m.engine.providers import Provider
from s2m.engine.segmenter import Segmenter
from s2m.errors import BatchError, MaskError, S2MError
from s2m.files.atomic import write_atomically
from s2m.files.images import read_image
from s2m.files.label_files import object_ids, read_label_map
from s2m.files.overlays import draw_overlay
from s2m.networks.loading import load_model
from s2m.session import ImagePredictor, Project, read_journal
from s2m.session.answers import predictor_of
from s2m.session.history import last_model, replayed
from s2m.session.state import AnnotationState
from s2m.types import ByteArray, LabelMap

_PICTURE_HEIGHT = 480


@dataclass(frozen=True)
class ObjectChange:
    """How one object differs between two label maps.

    Attributes:
        object_id: which.
        iou: intersection over union of old and new, 0..1.
        old_area_px: pixels before.
        new_area_px: pixels after.
    """

    object_id: int
    iou: float
    old_area_px: int
    new_area_px: int


@dataclass(frozen=True)
class ImageChange:
    """What changes in one image.

    Attributes:
        name: of the image.
        old_model: that gave the masks so far, None where no network was asked.
        changes: of its objects, the worst first.
        picture: file name of the side-by-side picture, "" where it has none.
    """

    name: str
    old_model: str | None
    changes: tuple[ObjectChange, ...]
    picture: str = ""

    @property
    def worst_iou(self) -> float:
        """IoU of the object that changes most; 1 where there is none."""
        return self.changes[0].iou if self.changes else 1.0


@click.command()
@click.argument("project_folder", metavar="PROJECT", type=click.Path(path_type=Path))
@click.option("--images", type=click.Path(path_type=Path), help="The images, if they are not where they were.")
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model.  [default: the shipped one]")
@click.option("--replace", is_flag=True, help="Put the new masks in the place of the old, which go to backups/.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Folder of the report.  [default: PROJECT/replay]"
)
@click.option("--pictures", type=click.IntRange(min=0), default=50, show_default=True, help="Side-by-side pictures.")
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads.  [default: all cores]")
@provider_option
def replay(
    project_folder: Path,
    images: Path | None,
    model: Path | None,
    replace: bool,
    output: Path | None,
    pictures: int,
    threads: int | None,
    provider: Provider,
) -> None:
    """Compute the masks of PROJECT (its output folder) again under a model, and report what changes.

    Nothing in the project changes without --replace.
    """
    project = Project.reopen(project_folder, images)
    segmenter = Segmenter(load_model(model, threads, provider))
    report = output or project_folder / "replay"
    changes, failures = replay_project(project, segmenter, report, pictures)
    click.echo(f"{summary_line(changes)}; report: {report / 'index.html'}")
    if replace:
        replaced = [change.name for change in changes if change.worst_iou < 1]
        for name in tqdm(replaced, desc="replacing", unit="image", disable=None):
            replace_masks(project, segmenter, name)
        click.echo(f"{len(replaced)} label maps replaced; the old ones are in {project.output / 'backups'}")
    if failures:
        raise BatchError(f"{len(failures)} images could not be replayed\n  " + "\n  ".join(failures))


def replay_project(
    project: Project, segmenter: Segmenter, report: Path, pictures: int
) -> tuple[list[ImageChange], list[str]]:
    """Replay every journal and write the report.

    Returns:
        The changes, the worst first, and a line for each image that failed.

    Raises:
        OutputError: the report cannot be written.
    """
    names = [entry.name for entry in project.images if project.journal_path(entry.name).exists()]
    changes: list[ImageChange] = []
    failures: list[str] = []
    for name in tqdm(names, unit="image", disable=None):
        try:
            changes.append(compare_image(project, segmenter, name))
        except S2MError as error:
            failures.append(f"{name}: {error}")
    changes.sort(key=lambda change: change.worst_iou)
    shown = [_with_picture(project, segmenter, change, report) for change in changes[:pictures] if change.worst_iou < 1]
    with_pictures = {change.name: change for change in shown}
    changes = [with_pictures.get(change.name, change) for change in changes]
    write_report(report, changes, failures, segmenter.model.card.model_id)
    return changes, failures


def compare_image(project: Project, segmenter: Segmenter, name: str) -> ImageChange:
    """The old label map of an image against the one that its journal gives under the model."""
    old_model = last_model(read_journal(project.journal_path(name)))
    state = _replayed(project, segmenter, name)
    return ImageChange(name, old_model, object_changes(_old_label_map(project, name, state), state.label_map()))


def object_changes(old: LabelMap, new: LabelMap) -> tuple[ObjectChange, ...]:
    """The changes of all objects that are in either map, the worst first.

    Raises:
        MaskError: the maps have different sizes.
    """
    if old.shape != new.shape:
        raise MaskError(f"label maps of {old.shape} and {new.shape} cannot be compared; they must be of one image")
    changes = []
    for object_id in object_ids(old, new):
        before, after = old == object_id, new == object_id
        # An id is in one of the maps at least, so the union is never empty.
        iou = float((before & after).sum() / (before | after).sum())
        changes.append(ObjectChange(object_id, iou, int(before.sum()), int(after.sum())))
    return tuple(sorted(changes, key=lambda change: (change.iou, change.object_id)))


def replace_masks(project: Project, segmenter: Segmenter, name: str) -> None:
    """Save the masks that the journal gives under the model, after keeping the present label map.

    Raises:
        JournalError: the image is being edited.
        OutputError: the disk refuses.
    """
    predictor = _predictor(project, segmenter, name)
    state = _replayed(project, segmenter, name)
    project.back_up(name)
    session = project.open_image(name, state.size_hw, predictor, segmenter.model.card.model_id)
    try:
        session.take_model(state)
        project.save(session)
    finally:
        session.close()


def summary_line(changes: Sequence[ImageChange]) -> str:
    """One sentence about all changes."""
    ious = [change.iou for image in changes for change in image.changes]
    if not ious:
        return "no objects in the journals"
    below = sum(iou < 0.9 for iou in ious)
    return (
        f"{len(changes)} images, {len(ious)} objects: mean IoU of old and new {np.mean(ious):.3f}, "
        f"worst {min(ious):.3f}, {below} below 0.9"
    )


def write_report(folder: Path, changes: Sequence[ImageChange], failures: Sequence[str], model: str) -> None:
    """Write ``report.json`` and ``index.html``.

    Raises:
        OutputError: the disk refuses.
    """
    content = {"version": 1, "model": model, "images": [asdict(change) for change in changes], "failures": failures}
    write_atomically(folder / "report.json", json.dumps(content, indent=1).encode() + b"\n")
    write_atomically(folder / "index.html", _page(changes, failures, model).encode())


def _predictor(project: Project, segmenter: Segmenter, name: str) -> ImagePredictor:
    return predictor_of(segmenter, read_image(project.entry(name).path))


def _replayed(project: Project, segmenter: Segmenter, name: str) -> AnnotationState:
    return replayed(read_journal(project.journal_path(name)), _predictor(project, segmenter, name))


def _old_label_map(project: Project, name: str, state: AnnotationState) -> LabelMap:
    """The label map as it was saved; where none was, an empty one."""
    path = project.label_path(name)
    return read_label_map(path) if path.exists() else np.zeros(state.size_hw, dtype=np.int32)


def _with_picture(project: Project, segmenter: Segmenter, change: ImageChange, report: Path) -> ImageChange:
    """Write the side-by-side picture of an image: photograph, old masks, new masks."""
    image_rgb = read_image(project.entry(change.name).path)
    state = _replayed(project, segmenter, change.name)
    old = _old_label_map(project, change.name, state)
    parts = [image_rgb, draw_overlay(image_rgb, old), draw_overlay(image_rgb, state.label_map())]
    file_name = f"{change.name}.jpg"
    write_atomically(report / "pictures" / file_name, _side_by_side(parts))
    return ImageChange(change.name, change.old_model, change.changes, file_name)


def _side_by_side(pictures: Sequence[ByteArray]) -> bytes:
    thumbnails = []
    for picture in pictures:
        thumbnail = Image.fromarray(picture)
        thumbnail.thumbnail((4 * _PICTURE_HEIGHT, _PICTURE_HEIGHT))
        thumbnails.append(np.asarray(thumbnail))
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(thumbnails, axis=1)).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _page(changes: Sequence[ImageChange], failures: Sequence[str], model: str) -> str:
    rows = "\n".join(_row(change) for change in changes)
    failed = "".join(f"<li>{html.escape(failure)}</li>" for failure in failures)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Replay</title>'
        "<style>body{font:15px system-ui;margin:2rem;max-width:90rem}td{padding:.4rem .8rem;vertical-align:top}"
        "img{max-width:100%}</style>"
        f"<h1>Replay under {html.escape(model)}</h1><p>{html.escape(summary_line(changes))}</p>"
        f"<ul>{failed}</ul><table><tr><th>image<th>model so far<th>objects: IoU, pixels before and after"
        f"<th>photograph, before, after</tr>\n{rows}\n</table></html>\n"
    )


def _row(change: ImageChange) -> str:
    objects = "<br>".join(
        f"{one.object_id}: {one.iou:.3f}, {one.old_area_px} to {one.new_area_px}" for one in change.changes
    )
    picture = f'<img loading="lazy" src="pictures/{html.escape(change.picture)}" alt="">' if change.picture else ""
    name, model = html.escape(change.name), html.escape(change.old_model or "none")
    return f"<tr><td>{name}<td>{model}<td>{objects}<td>{picture}</tr>"
