"""A folder of images in; a list of their states, their sessions, and an output folder of label maps out."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from s2m.engine.segmenter import Segmenter
from s2m.errors import ConfigError, ImageError, JournalError, OutputError, ReadOnlyError
from s2m.files.atomic import write_atomically
from s2m.files.images import read_image
from s2m.files.label_files import label_map_bytes
from s2m.files.mask_pictures import MaskKind
from s2m.session.answers import ImagePredictor, predictor_of
from s2m.session.history import history_of
from s2m.session.imports import ImportReport, import_masks
from s2m.session.journal import JournalHeader, read_journal
from s2m.session.journal_file import JournalFile
from s2m.session.project_files import (
    JOURNAL_FOLDER,
    ImageEntry,
    ImageSummary,
    ProjectFile,
    ProjectSettings,
    ViewState,
    can_be_entered,
    check_outputs,
    images_of,
    is_label_map_behind,
    kept_copy,
    read_project_file,
    read_summary,
    sha256_of_start,
    summary_of,
    write_summary,
    written_masks,
)
from s2m.session.session import Session
from s2m.session.state import AnnotationState
from s2m.session.state_files import read_states, write_states

PROJECT_FILE = "s2m-project.json"
BACKUP_FOLDER = "backups"

_HASHES_KEPT = 4


@dataclass(frozen=True)
class SaveResult:
    """What saving did.

    Attributes:
        path: the label map.
        backup: where a file of the user's own that stood there was kept, or None.
        seconds: how long it took.
    """

    path: Path
    backup: Path | None
    seconds: float


class Project:
    """Images, their annotations and the output folder; safe to use from threads.

    Made by ``Project.open``, or ``Project.open_read_only`` where nothing can be changed.

    Attributes:
        source: the folder of images, or the image.
        output: the output folder.
        read_only: why nothing can be changed, and what to do; None where everything can.
    """

    def __init__(
        self, source: Path, images: Mapping[str, Path], output: Path, file: ProjectFile, read_only: str | None = None
    ) -> None:
        self._paths, self.source, self.output, self._file = dict(images), source, output, file
        self.read_only = read_only
        self._stems = Counter(Path(name).stem.lower() for name in self._paths)
        self._lower_names = {name.lower() for name in self._paths}
        self._lock = threading.RLock()
        self._save_lock = threading.Lock()
        self._saved: dict[str, str] = {}
        self._unreadable: dict[str, str] = {}
        self._entries = {name: self._entry(name) for name in self._paths}

    @staticmethod
    def open(source: Path, output: Path, settings: ProjectSettings | None = None) -> Project:
        """Open a folder of images, or one image, for annotation.

        Args:
            source: the folder (not the folders in it), or the image.
            output: where label maps and journals go; made if missing.
            settings: for a new project; one that exists keeps its own.

        Raises:
            ImageError: ``source`` does not exist or cannot be listed.
            OutputError: ``output`` cannot be written, or label maps would replace images.
            ConfigError: the project file is damaged or of another version; it is left as it is.
        """
        images = images_of(source)
        check_outputs(images, output)
        path = output / PROJECT_FILE
        new = ProjectFile(source=str(source.resolve()), settings=settings or ProjectSettings())
        file = read_project_file(path).model_copy(update={"source": new.source}) if os.access(path, os.F_OK) else new
        write_atomically(path, file.model_dump_json(indent=1).encode() + b"\n")
        return Project(source, images, output, file)

    @staticmethod
    def open_read_only(source: Path, output: Path, refusal: OutputError) -> Project:
        """Open a folder of images, or one image, and what was annotated of it, to view: nothing is written.

        Args:
            source: the folder (not the folders in it), or the image.
            output: holds label maps and journals, or nothing yet.
            refusal: why it cannot be written.

        Raises:
            OutputError: the refusal, where ``output`` is no folder, or one that cannot be entered.
            ImageError, ConfigError: as ``open``.
        """
        images = images_of(source)
        check_outputs(images, output)
        if not can_be_entered(output):
            raise refusal
        path = output / PROJECT_FILE
        file = read_project_file(path) if path.exists() else ProjectFile(source=str(source), settings=ProjectSettings())
        cause = refusal.__cause__
        reason = (isinstance(cause, OSError) and cause.strerror) or str(refusal)
        what = f"view only: the folder {output} cannot be written ({reason})"
        return Project(source, images, output, file, f"{what}; start again with another folder (-o) to draw")

    def check_writable(self) -> None:
        """Make sure that something can be changed.

        Raises:
            ReadOnlyError: the project was opened read-only.
        """
        if self.read_only is not None:
            raise ReadOnlyError(self.read_only)

    @staticmethod
    def reopen(output: Path, source: Path | None = None) -> Project:
        """Open a project by its output folder.

        Args:
            output: holds ``s2m-project.json``.
            source: the images, if they are not where they were.

        Raises:
            ConfigError: no project there, or it is damaged; and as ``open``.
        """
        if not (output / PROJECT_FILE).exists():
            raise ConfigError(f"{output} holds no {PROJECT_FILE}; name the output folder of an annotated project")
        file = read_project_file(output / PROJECT_FILE)
        return Project.open(source or Path(file.source), output)

    @property
    def images(self) -> tuple[ImageEntry, ...]:
        """All images, in their order."""
        with self._lock:
            return tuple(self._entries.values())

    def look_again(self) -> tuple[str, ...]:
        """Take in images that came into the folder since; they stand last until the project is opened again.

        Returns:
            their names.

        Raises:
            ImageError: the folder cannot be listed.
            OutputError: they lie in the output folder.
        """
        found = images_of(self.source)
        with self._lock:
            new = {name: path for name, path in found.items() if name not in self._paths}
            check_outputs(new, self.output)
            self._paths.update(new)
            self._entries.update({name: self._entry(name) for name in new})
        return tuple(new)

    def entry(self, name: str) -> ImageEntry:
        """One image.

        Raises:
            ImageError: it is not among those of the project.
        """
        with self._lock:
            if name not in self._entries:
                raise ImageError(f"there is no image {name} in this project; reload the list")
            return self._entries[name]

    def report_unreadable(self, name: str, message: str) -> None:
        """An image cannot be read: it stays in the list, with the reason."""
        self.entry(name)
        with self._lock:
            self._unreadable[name] = message
            self._entries[name] = self._entry(name)

    def open_image(self, name: str, size_hw: tuple[int, int], predictor: ImagePredictor, model_id: str) -> Session:
        """The annotation of an image, as it was left; where nothing can be changed, one that cannot either.

        Args:
            name: of the image.
            size_hw: (H, W) of its upright pixels.
            predictor: the network on this image.
            model_id: name of the model, for the record.

        Raises:
            ImageError: there is no such image.
            JournalError: its journal is of another version or image, or being edited elsewhere.
            OutputError: the disk refuses.
        """
        self.entry(name)
        settings = self.settings
        header = JournalHeader(image=name, size_hw=size_hw, overlap=settings.overlap)
        journal = self._beside(name, "jsonl")
        known = read_states(self._beside(name, "masks.npz"), journal)
        open_journal = JournalFile.open if self.read_only is None else JournalFile.open_read_only
        session = Session(open_journal(journal, header), predictor, model_id, known)
        with self._lock:
            self._unreadable.pop(name, None)
        return session

    def open_session(self, name: str, segmenter: Segmenter) -> Session:
        """The annotation of an image, answered by a segmenter, to be drawn on without the page; see ``open_image``.

        Raises:
            ImageError: there is no such image, or it cannot be read.
            JournalError: its journal is of another version or image, or being edited elsewhere.
            OutputError: the disk refuses.
        """
        image_rgb = read_image(self.entry(name).path)
        predictor = predictor_of(segmenter, image_rgb)
        size_hw = (image_rgb.shape[0], image_rgb.shape[1])
        return self.open_image(name, size_hw, predictor, segmenter.model.card.model_id)

    def import_masks(
        self,
        path: Path | str,
        kind: str | None = None,
        *,
        again: bool = False,
        finished: bool = False,
        crowds: bool = True,
        mask_kind: MaskKind = "auto",
    ) -> ImportReport:
        """Import masks made elsewhere, in any format of docs/formats.md, for all images that the file names.

        Bad entries are named in the report, and the rest comes in.  Each import can be undone.

        Args:
            path: a file, a folder or a ZIP archive.
            kind: the name of the format; recognised where it is None.
            again: whether images that are annotated already get them too.
            finished: whether the images are marked as done.
            crowds: whether objects that COCO marks as crowds come in.
            mask_kind: what the values of label maps mean; see docs/files.md.

        Raises:
            ReadOnlyError: the project was opened read-only.
            ConfigError: an unknown format.
            DataError: the file cannot be read, or is of no known format.
        """
        return import_masks(self, Path(path), kind, again=again, finished=finished, crowds=crowds, mask_kind=mask_kind)

    def save(self, session: Session) -> SaveResult:
        """Write the label map of an image, and what makes opening it quick.

        A file that stands there and that was not written by this project is kept in the folder of backups first.  An
        image on which nothing was done is not written.

        Raises:
            ReadOnlyError: the project was opened read-only.
            OutputError: the disk refuses; what was there is untouched, and the journal holds everything.
        """
        self.check_writable()
        started = time.perf_counter()
        snapshot = session.snapshot()
        name, nbytes = snapshot.state.image_name, snapshot.journal_nbytes
        path, journal = self.label_path(name), self.journal_path(name)
        with self._save_lock:
            journal_sha256 = sha256_of_start(journal, nbytes)
            if snapshot.number == 0 or self._saved.get(name) == journal_sha256:
                return SaveResult(path, None, time.perf_counter() - started)
            known = written_masks(self._beside(name, "saved.json"), journal)
            backup = kept_copy(path, self.output / BACKUP_FOLDER, known)
            data = label_map_bytes(snapshot.state.indices)
            written = (*known, hashlib.sha256(data).hexdigest())[-_HASHES_KEPT:]
            summary = summary_of(
                snapshot.history, snapshot.times, nbytes, journal_sha256, session.recorded_model, written
            )
            # The hash is on the disk before the file: a crash in between must not make our own file a stranger.
            write_summary(self._beside(name, "saved.json"), summary)
            write_atomically(path, data)
            write_states(self._beside(name, "masks.npz"), snapshot.states, journal, nbytes)
            self._saved[name] = journal_sha256
        with self._lock:
            if not (self.output / PROJECT_FILE).exists():
                self._change_file({})  # The output folder was taken away meanwhile.
            self._entries[name] = self._entry(name, summary)
        return SaveResult(path, backup, time.perf_counter() - started)

    def is_behind(self, name: str) -> bool:
        """Whether the label map of an image is older than its journal, or missing, as after a kill; ``save`` mends it.

        A label map that this project did not write is not taken for old.
        """
        journal = self.journal_path(name)
        if self.read_only is not None or self.entry(name).error is not None or not journal.exists():
            return False
        return is_label_map_behind(self.label_path(name), self._beside(name, "saved.json"), journal)

    def back_up(self, name: str) -> Path | None:
        """Keep a copy of the present label map of an image; None where there is none.

        Raises:
            ReadOnlyError: the project was opened read-only.
            OutputError: the disk refuses.
        """
        self.check_writable()
        return kept_copy(self.label_path(name), self.output / BACKUP_FOLDER)

    def label_path(self, name: str) -> Path:
        """Where the label map of an image goes: named after it, with its ending where it would be another's."""
        stem = Path(name).stem
        is_taken = self._stems[stem.lower()] > 1 or stem.lower() in self._lower_names
        return self.output / (f"{name}.png" if is_taken else f"{stem}.png")

    def journal_path(self, name: str) -> Path:
        """Where the journal of an image is, once it is begun."""
        return self._beside(self.entry(name).name, "jsonl")

    def kept_state(self, name: str) -> AnnotationState | None:
        """The annotation as it was saved last, if nothing was done since; no network is asked."""
        journal = self.journal_path(name)
        states = read_states(self._beside(name, "masks.npz"), journal)
        if not states:
            return None
        done = history_of(read_journal(journal)).done
        return states.get(done[-1].number if done else 0)

    def view(self, name: str) -> ViewState | None:
        """Where the annotator was in an image, or None where nothing was kept."""
        try:
            return ViewState.model_validate_json(self._beside(self.entry(name).name, "view.json").read_bytes())
        except (OSError, ValidationError):
            return None

    def keep_view(self, name: str, view: ViewState) -> None:
        """Remember where the annotator is in an image.

        Raises:
            ReadOnlyError: the project was opened read-only.
            OutputError: the disk refuses.
        """
        self.check_writable()
        write_atomically(self._beside(self.entry(name).name, "view.json"), view.model_dump_json().encode())
        with self._lock:
            if self._file.last_image != name:
                self._change_file({"last_image": name})

    @property
    def last_image(self) -> str | None:
        """The image that was open last, if it is still there."""
        return self._file.last_image if self._file.last_image in self._paths else None

    @property
    def settings(self) -> ProjectSettings:
        """What holds for all images."""
        return self._file.settings

    def change_settings(self, settings: ProjectSettings) -> None:
        """Keep other settings; images that are begun keep their own way of overlapping.

        Raises:
            ReadOnlyError: the project was opened read-only.
            OutputError: the disk refuses.
        """
        self.check_writable()
        with self._lock:
            self._change_file({"settings": settings})

    def _change_file(self, changes: dict[str, Any]) -> None:
        file = self._file.model_copy(update=changes)
        write_atomically(self.output / PROJECT_FILE, file.model_dump_json(indent=1).encode() + b"\n")
        self._file = file

    def _beside(self, name: str, ending: str) -> Path:
        return self.output / JOURNAL_FOLDER / f"{name}.{ending}"

    def _entry(self, name: str, summary: ImageSummary | None = None) -> ImageEntry:
        path = self._paths[name]
        if name in self._unreadable:
            return ImageEntry(name, path, "unreadable", error=self._unreadable[name])
        error: str | None = None
        if summary is None:
            try:
                summary = read_summary(self._beside(name, "saved.json"), self._beside(name, "jsonl"))
            except (JournalError, OSError) as refusal:
                error = str(refusal)
        if summary is None:
            return ImageEntry(name, path, "untouched" if error is None else "in_progress", error=error)
        return ImageEntry(name, path, summary.status, summary.strokes, summary.seconds)
