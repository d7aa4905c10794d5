"""Masks made elsewhere in, in any format; starting masks or finished annotations of a project's images out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from s2m.errors import DataError, ModelError, S2MError
from s2m.files.formats.annotation import ImageAnnotation
from s2m.files.formats.reading import Source
from s2m.files.formats.recognition import opened_source
from s2m.files.images import image_size
from s2m.files.mask_pictures import MaskKind
from s2m.session.commands import DrawnStroke, ImportMasks, MarkImage, NamedMask
from s2m.session.packed_masks import PackedMask
from s2m.session.project_files import ImageEntry
from s2m.types import ByteArray, FloatArray, ObjectLogits, Stroke

if TYPE_CHECKING:
    from s2m.session.project import Project

_NO_MODEL = "imported masks"
_NEVER_SAVED = "this image has strokes that were never saved; open and save it in the page first"


@dataclass(frozen=True)
class ImportReport:
    """What became of an import.

    Attributes:
        imported: names of the images that got masks.
        annotated: names of those left alone, as they are annotated already.
        without_masks: how many images of the project the file says nothing about.
        failures: images that got no masks, and why.
        problems: entries of the file that were left out, and why.
    """

    imported: tuple[str, ...]
    annotated: tuple[str, ...]
    without_masks: int
    failures: tuple[str, ...]
    problems: tuple[str, ...]


def import_masks(
    project: Project,
    path: Path,
    kind: str | None = None,
    *,
    again: bool = False,
    finished: bool = False,
    crowds: bool = True,
    mask_kind: MaskKind = "auto",
    progress: Callable[[Sequence[ImageEntry]], Iterable[ImageEntry]] = iter,
) -> ImportReport:
    """Import the masks of all images that have some; see ``Project.import_masks``.

    Args:
        progress: goes through the images, such as a progress bar.
    """
    project.check_writable()
    imported, annotated, failures, without = list[str](), list[str](), list[str](), 0
    with opened_source(path, kind, crowds, mask_kind) as source:
        matches = matching(source.names(), [entry.name for entry in project.images])
        failures += matches.failures
        for entry in progress(project.images):
            if entry.name not in matches.found:
                without += 1
            elif entry.status != "untouched" and not again:
                annotated.append(entry.name)
                _save_again(project, entry)
            else:
                try:
                    import_image(project, source, matches.found[entry.name], entry, path.name, finished)
                    imported.append(entry.name)
                except S2MError as error:
                    failures.append(f"{entry.name}: {error}")
        return ImportReport(tuple(imported), tuple(annotated), without, tuple(failures), tuple(source.problems))


def _save_again(project: Project, entry: ImageEntry) -> None:
    """Write the label map of an image that a killed import left without it; strokes are left to the page."""
    if project.is_behind(entry.name):
        with suppress(S2MError):
            session = project.open_image(entry.name, image_size(entry.path), _NoNetwork(), _NO_MODEL)
            try:
                project.save(session)
            finally:
                session.close()


def import_image(
    project: Project, source: Source, name: str, entry: ImageEntry, title: str, finished: bool = False
) -> None:
    """Import the masks of one image and save its label map.

    Args:
        project: it belongs to.
        source: of the masks.
        name: of the image in the source.
        entry: the image.
        title: where the masks come from, to be shown.
        finished: whether it is marked as done.

    Raises:
        S2MError: the image or its masks cannot be read, or the disk refuses.
    """
    size_hw = image_size(entry.path)
    command = command_of(source, name, size_hw, title)
    session = project.open_image(entry.name, size_hw, _NoNetwork(), _NO_MODEL)
    try:
        session.do(command)
        if finished:
            session.do(MarkImage(status="done"))
        project.save(session)
    finally:
        session.close()


def command_of(source: Source, name: str, size_hw: tuple[int, int], title: str) -> ImportMasks:
    """The command that brings the masks of an image into a session.

    Raises:
        DataError: no mask of it can be read.
        S2MError: it is of another size.
    """
    before = len(source.problems)
    annotation = source.read(name, size_hw)
    if not annotation.objects:
        reasons = source.problems[before:]
        raise DataError(f"it has no masks; {reasons[0]}" if reasons else "it has no masks in the file")
    return _command(annotation, title)


def _command(annotation: ImageAnnotation, title: str) -> ImportMasks:
    masks = tuple(
        NamedMask(
            object_id=one.object_id,
            name=one.name,
            class_name=one.class_name,
            mask=PackedMask.of_crop(one.mask.crop, one.mask.left, one.mask.top),
        )
        for one in annotation.objects
    )
    strokes = tuple(DrawnStroke.model_validate(stroke.model_dump()) for stroke in annotation.strokes)
    return ImportMasks(source=title[:200], size_hw=annotation.size_hw, masks=masks, strokes=strokes)


@dataclass(frozen=True)
class Matches:
    """Which image of a file is which of a project, by the name in the project; and a line for each that is unclear."""

    found: Mapping[str, str]
    failures: tuple[str, ...]


def matching(names: Sequence[str], images: Sequence[str]) -> Matches:
    """Find the images of a project in a file.

    A file name counts, without folders, drives or addresses around it; or else the name without its ending, or in
    other letter case, where that is clear.

    Args:
        names: in the file.
        images: in the project.
    """
    found, failures = dict[str, str](), dict[str, str]()
    for name_key, image_key in _WAYS:
        keys: dict[str, list[str]] = {}
        for name in names:
            keys.setdefault(name_key(base_name(name)), []).append(name)
        left = [image for image in images if image not in found and image not in failures]
        wanted = Counter(image_key(image) for image in left)
        taken = set(found.values())
        for image in left:
            candidates = [name for name in keys.get(image_key(image), ()) if name not in taken]
            if len(candidates) == 1 and wanted[image_key(image)] == 1:
                found[image] = candidates[0]
            elif len(candidates) > 1:
                several = ", ".join(candidates[:5])
                failures[image] = f"{image}: several images of the file may be this one: {several}; name one alone"
    return Matches(found, tuple(failures.values()))


_WAYS: tuple[tuple[Callable[[str], str], Callable[[str], str]], ...] = (
    (str, str),
    (str.lower, str.lower),
    (str.lower, lambda image: Path(image).stem.lower()),
    (lambda name: Path(name).stem.lower(), lambda image: Path(image).stem.lower()),
)
"""What is compared of a name in a file and of an image, the surest first."""


def base_name(name: str) -> str:
    """The file name at the end of a path of any system, or of an address."""
    if re.match(r"[a-z][a-z0-9+.-]+://", name, re.IGNORECASE):
        name = unquote(urlsplit(name).path)
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2]


class _NoNetwork:
    """Importing asks no network, unless strokes drawn earlier were never answered and saved."""

    def __call__(
        self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]
    ) -> FloatArray:
        del strokes, previous, object_ids
        raise ModelError(_NEVER_SAVED)

    def sharpen(self, labels: ByteArray, object_ids: Sequence[int]) -> ByteArray:
        del labels, object_ids
        raise ModelError(_NEVER_SAVED)
