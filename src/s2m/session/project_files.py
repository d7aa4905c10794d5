"""What a project keeps beside its label maps: settings, views and summaries; values in, JSON files out, and back."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, FiniteFloat, JsonValue, ValidationError

from s2m.errors import ConfigError, ImageError, OutputError
from s2m.files.atomic import write_atomically
from s2m.files.images import IMAGE_SUFFIXES, check_name, find_images
from s2m.session.classes import Classes
from s2m.session.commands import Draw, MarkImage
from s2m.session.history import History, history_of, last_model
from s2m.session.journal import is_barely_begun, read_journal
from s2m.session.masks import Overlap
from s2m.types import Frozen


class ProjectSettings(Frozen):
    """What holds for all images of a project.

    Attributes:
        classes: in the order offered.
        overlap: whether objects of images begun from now on exclude one another.
        preferences: whatever the page wants to keep, such as keys.

    Settings of earlier versions that are gone are ignored.
    """

    model_config = ConfigDict(extra="ignore")

    classes: Classes = ()
    overlap: Overlap = "exclusive"
    preferences: Mapping[str, JsonValue] = {}

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(one.name for one in self.classes)


class ViewState(Frozen):
    """Where the annotator was in an image.

    Attributes:
        zoom: screen pixels to an image pixel.
        centre_xy: image pixel in the middle of the screen.
        fitted: whether the whole image is shown, whatever the screen.
        selected_object_id: the object drawn on.
        contrast_limits: the values of a 16-bit or float image shown as black and as white; None for the usual ones.
        preferences: whatever else the page wants to keep.
    """

    zoom: FiniteFloat | None = None
    centre_xy: tuple[FiniteFloat, FiniteFloat] | None = None
    fitted: bool = True
    selected_object_id: int = 1
    contrast_limits: tuple[FiniteFloat, FiniteFloat] | None = None
    preferences: Mapping[str, JsonValue] = {}


class ProjectFile(Frozen):
    """What ``s2m-project.json`` holds: where the images were, settings, and which image was open last."""

    s2m_project: Literal[1] = 1
    source: str
    settings: ProjectSettings
    last_image: str | None = None


class _Version(BaseModel):
    s2m_project: int | None = None


def read_project_file(path: Path) -> ProjectFile:
    """Read a project file.

    Raises:
        ConfigError: unreadable, damaged or of another version; it is left as it is.
    """
    try:
        data = path.read_bytes()
        version = _Version.model_validate_json(data).s2m_project
        if version != 1:
            raise ConfigError(f"{path} has version {version}, wanted 1; open it with the s2m that wrote it")
        return ProjectFile.model_validate_json(data)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} is damaged ({type(error).__name__}); move it away, no annotation is in it"
        ) from error


JOURNAL_FOLDER = "journals"

EntryStatus = Literal["untouched", "in_progress", "done", "flagged", "unreadable"]

_LONGEST_PAUSE_S = 60.0
"""Longer pauses do not count as work."""


class ImageSummary(Frozen):
    """What a list of images says about an annotated one.

    Attributes:
        version: of this file's form.
        journal_nbytes: length of the journal that it sums up.
        journal_sha256: its hash.
        status: what the annotator said, or "untouched" where nothing is done.
        strokes: drawn and not undone.
        seconds: spent, pauses of more than a minute counted as a minute.
        model_id: the model that answered last.
        written_sha256: hashes of the label files that were written last, the newest at the end.
    """

    version: Literal[1] = 1
    journal_nbytes: int
    journal_sha256: str = ""
    status: EntryStatus
    strokes: int
    seconds: FiniteFloat
    model_id: str | None
    written_sha256: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageEntry:
    """One image of the list.

    Attributes:
        name: its file name, and its name in the project.
        path: its file.
        status: how far it is.
        strokes: drawn on it.
        seconds: spent on it.
        error: why it cannot be read or opened, or None.
    """

    name: str
    path: Path
    status: EntryStatus
    strokes: int = 0
    seconds: float = 0.0
    error: str | None = None


def summary_of(
    history: History,
    times: Sequence[str],
    journal_nbytes: int,
    journal_sha256: str,
    model_id: str | None,
    written_sha256: tuple[str, ...],
) -> ImageSummary:
    """Sum up what was done."""
    marks = [entry.command.status for entry in history.done if isinstance(entry.command, MarkImage)]
    status: EntryStatus = "untouched" if not history.done else marks[-1] if marks else "in_progress"
    drawn = [len(entry.command.strokes) for entry in history.done if isinstance(entry.command, Draw)]
    return ImageSummary(
        journal_nbytes=journal_nbytes,
        journal_sha256=journal_sha256,
        status=status,
        strokes=sum(drawn),
        seconds=seconds_spent(times),
        model_id=model_id,
        written_sha256=written_sha256,
    )


def read_summary(path: Path, journal: Path) -> ImageSummary | None:
    """The summary kept at ``path`` if it is still that of the journal, or else one made from the journal.

    Returns:
        None where there is no journal, or one that a kill ended in its first line.

    Raises:
        JournalError: the journal cannot be read.
    """
    kept = _kept_summary(path)
    if not journal.exists() or (kept is None and is_barely_begun(journal)):
        return None
    if kept is not None and kept.journal_nbytes == journal.stat().st_size:
        return kept
    reading = read_journal(journal)
    times = [line.at for line in reading.lines]
    return summary_of(
        history_of(reading),
        times,
        reading.nbytes,
        sha256_of_start(journal, reading.nbytes),
        last_model(reading),
        written_masks(path, journal),
    )


def written_masks(path: Path, journal: Path) -> tuple[str, ...]:
    """Hashes of the label files that a journal has given, according to the summary kept at ``path``.

    Returns:
        none where the summary is of another journal: it cannot give those masks again.
    """
    kept = _kept_summary(path)
    if kept is None or sha256_of_start(journal, kept.journal_nbytes) != kept.journal_sha256:
        return ()
    return kept.written_sha256


def is_label_map_behind(label_map: Path, summary: Path, journal: Path) -> bool:
    """Whether a label map is missing, or one that this journal gave before its last line.

    Raises:
        OSError: a file cannot be read.
    """
    kept = _kept_summary(summary)
    if kept is None or kept.journal_nbytes != journal.stat().st_size or not label_map.exists():
        return True
    digest = hashlib.sha256(label_map.read_bytes()).hexdigest()
    return digest in kept.written_sha256[:-1] and digest != kept.written_sha256[-1]


def sha256_of_start(path: Path, nbytes: int) -> str:
    """Hash of the first bytes of a file, "" where it is not there or shorter."""
    try:
        with path.open("rb") as file:
            data = file.read(max(0, nbytes))
    except OSError:
        return ""
    return hashlib.sha256(data).hexdigest() if len(data) == nbytes else ""


def write_summary(path: Path, summary: ImageSummary) -> None:
    """Keep a summary.

    Raises:
        OutputError: the file cannot be written.
    """
    write_atomically(path, summary.model_dump_json(indent=1).encode() + b"\n")


def seconds_spent(times: Sequence[str]) -> float:
    """Seconds between the first and the last of some times, long pauses shortened."""
    moments = [datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp() for at in times]
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    return round(sum(min(max(gap, 0.0), _LONGEST_PAUSE_S) for gap in gaps), 1)


def _kept_summary(path: Path) -> ImageSummary | None:
    try:
        return ImageSummary.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def kept_copy(path: Path, folder: Path, known_sha256: tuple[str, ...] = ()) -> Path | None:
    """Copy a file into a folder of backups; None where there is no file or its hash is known.

    Raises:
        OutputError: the disk refuses.
    """
    if not path.exists():
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OutputError(f"cannot read {path} to keep a copy of it: {error.strerror or error}") from error
    if hashlib.sha256(data).hexdigest() in known_sha256:
        return None
    number = 1
    while (backup := folder / f"{path.stem}-{number}{path.suffix}").exists():
        number += 1
    write_atomically(backup, data)
    return backup


def images_of(source: Path) -> dict[str, Path]:
    """The image, or those of a folder, by name in natural order; none in an empty folder.

    Raises:
        ImageError: it does not exist or cannot be listed.
    """
    if source.is_file():
        check_name(source)
        return {source.name: source}
    if not source.exists():
        raise ImageError(f"{source} does not exist; name an image or a folder of images")
    try:
        empty = not any(path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() for path in source.iterdir())
    except OSError as error:
        raise ImageError(f"cannot list {source}: {error.strerror or error}; name a folder that you may read") from error
    return {} if empty else {path.name: path for path in find_images(source)}


def check_outputs(images: Mapping[str, Path], output: Path) -> None:
    """Make sure that label maps replace no image.

    Raises:
        OutputError: an image lies in the output folder.
    """
    folders = {path.parent.resolve() for path in images.values()}
    if output.resolve() in folders:
        raise OutputError(f"label maps in {output} could replace the images there; choose another folder with -o")


def can_be_entered(output: Path) -> bool:
    """Whether what is in a folder can be read, should it be there."""
    there = [folder for folder in (output / JOURNAL_FOLDER, output, *output.parents) if os.access(folder, os.F_OK)]
    return all(os.access(folder, os.X_OK) and folder.is_dir() for folder in there)
