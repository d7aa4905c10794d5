"""The journal of an image: commands in, lines on the disk; a file in, whole lines out, however it was damaged."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol

from pydantic import Field, ValidationError

from s2m.errors import JournalError, OutputError, ReadOnlyError
from s2m.session.commands import Command, DrawnStroke, Key, LocalEdits, command_from_json
from s2m.session.masks import Overlap
from s2m.session.packed_masks import Value

JOURNAL_VERSION = 1


class JournalHeader(Value):
    """The first line of a journal."""

    s2m_journal: Literal[1] = 1
    image: str
    size_hw: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    overlap: Overlap
    local_edits: LocalEdits


class StrokePart(Value):
    """Points of a stroke that is still being drawn: those since its last part, under the key of the stroke."""

    stroke: DrawnStroke


@dataclass(frozen=True)
class JournalLine:
    """One line after the header: a command, a part of a stroke, or the end of a stroke that was given up.

    Attributes:
        number: counts lines from 1.
        at: when, ISO 8601, UTC.
        label: what the command is called.
        entry: what happened.
        request: the name that whoever sent it gave it, or "".
    """

    number: int
    at: str
    label: str
    entry: Command | StrokePart | DroppedStroke
    request: str = ""


class DroppedStroke(Value):
    """A stroke in progress that was given up."""

    dropped_key: Key


@dataclass(frozen=True)
class JournalReading:
    """What a journal says.

    Attributes:
        header: its first line.
        lines: the others, whole and in order.
        nbytes: how much of the file they take; what follows is damaged.
        damage: a sentence about what is damaged, or None.
    """

    header: JournalHeader
    lines: tuple[JournalLine, ...]
    nbytes: int
    damage: str | None


def read_journal(path: Path) -> JournalReading:
    """Read a journal up to the first line that is not whole.  The file is not changed.

    Raises:
        JournalError: unreadable, not a journal, or of another version.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(
            f"cannot read the journal {path}: {error.strerror or error}; check its permissions"
        ) from error
    raw = data.split(b"\n")
    header = _read_header(raw[0], path)
    nbytes = min(len(raw[0]) + 1, len(data))
    lines: list[JournalLine] = []
    for index, text in enumerate(raw[1:], start=1):
        is_last = index == len(raw) - 1
        if is_last and not text:
            break
        line = _read_line(text, len(lines) + 1)
        if line is None:
            what = "its last line is torn" if is_last else f"it cannot be read from line {index + 1} on"
            return JournalReading(header, tuple(lines), nbytes, f"the journal {path.name} is damaged: {what}")
        lines.append(line)
        nbytes += len(text) + (0 if is_last else 1)
    return JournalReading(header, tuple(lines), nbytes, None)


def _read_header(text: bytes, path: Path) -> JournalHeader:
    try:
        fields: Any = json.loads(text)
        version = fields["s2m_journal"]
    except (ValueError, TypeError, KeyError) as error:
        raise JournalError(f"{path} is not a journal of s2m, or its first line is damaged; move it away") from error
    if version != JOURNAL_VERSION:
        raise JournalError(
            f"the journal {path} has version {version}, wanted {JOURNAL_VERSION}; open it with the s2m that wrote it"
        )
    try:
        return JournalHeader.model_validate_json(text)
    except ValidationError as error:
        raise JournalError(f"the first line of the journal {path} is damaged ({error.errors()[0]['msg']})") from error


def _read_line(text: bytes, number: int) -> JournalLine | None:
    """The line, or None where it is damaged."""
    try:
        fields: Any = json.loads(text)
        if fields["n"] != number:
            return None
        label, request = str(fields.get("label", "")), str(fields.get("request", ""))
        return JournalLine(number, str(fields["at"]), label, _read_entry(fields), request)
    except (ValueError, TypeError, KeyError, JournalError):
        return None


def _read_entry(fields: dict[str, Any]) -> Command | StrokePart | DroppedStroke:
    if "command" in fields:
        return command_from_json(json.dumps(fields["command"]))
    model = StrokePart if "stroke" in fields["part"] else DroppedStroke
    return model.model_validate_json(json.dumps(fields["part"]))


def line_bytes(line: JournalLine) -> bytes:
    """A line as it stands in the file."""
    fields: dict[str, Any] = {"n": line.number, "at": line.at}
    if line.label:
        fields["label"] = line.label
    if line.request:
        fields["request"] = line.request
    name = "part" if isinstance(line.entry, StrokePart | DroppedStroke) else "command"
    fields[name] = line.entry.model_dump(mode="json")
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class Journal(Protocol):
    """Where a session writes down what is done."""

    @property
    def nbytes(self) -> int:
        """Length of the file; 0 where nothing is written."""

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be appended."""

    def append(self, lines: Iterable[JournalLine]) -> None:
        """Write lines: when this returns they are there; when it raises, nothing of them is."""

    def close(self) -> None:
        """Let the journal go; nothing can be appended after it."""


class OpenedJournal(NamedTuple):
    """A journal, what it says, and sentences about damage."""

    journal: Journal
    reading: JournalReading
    notices: tuple[str, ...] = ()


class MemoryJournal:
    """The journal of a session of which nothing is kept: the session itself knows what was done."""

    nbytes = 0
    is_read_only = False

    def __init__(self) -> None:
        self._closed = False

    @staticmethod
    def begin(header: JournalHeader) -> OpenedJournal:
        """A journal in memory, for a session on an image without a project."""
        return OpenedJournal(MemoryJournal(), JournalReading(header, (), 0, None))

    def append(self, lines: Iterable[JournalLine]) -> None:
        """Nothing has to be kept.

        Raises:
            JournalError: the journal is closed.
        """
        del lines
        if self._closed:
            raise JournalError("the session is closed; open the image again")

    def close(self) -> None:
        """Refuse lines from now on."""
        self._closed = True


class JournalFile:
    """An open journal, written by this process alone.

    The file comes into being with its first line, so that an image that is only viewed leaves nothing behind.
    """

    def __init__(self, path: Path, header: JournalHeader) -> None:
        self.path = path
        self._header = header
        self._descriptor: int | None = None
        self._nbytes = 0
        self._closed = False
        self.is_read_only = False

    @staticmethod
    def open(path: Path, header: JournalHeader) -> OpenedJournal:
        """Open the journal of an image, or prepare to begin it.

        Args:
            path: the file, there or not.
            header: of the journal to begin, if there is none.

        Returns:
            the journal, what it says, and sentences about damage that was mended: the damaged file is kept beside.

        Raises:
            JournalError: not a journal, another version, of an image of another size, or open elsewhere.
            OutputError: the disk refuses.
        """
        journal = JournalFile(path, header)
        if not path.exists():
            return OpenedJournal(journal, JournalReading(header, (), 0, None))
        try:
            journal._open(os.O_RDWR)
            reading = _read_journal_of(path, header)
            notices: tuple[str, ...] = ()
            if reading.damage is not None:
                kept = _keep_damaged(path)
                os.ftruncate(journal._opened, reading.nbytes)
                notices = (f"{reading.damage}; everything before was recovered, the damaged file is {kept.name}",)
            journal._nbytes = reading.nbytes
            journal._end_last_line()
        except OSError as error:
            journal.close()
            raise _output_error(path, error) from error
        except JournalError:
            journal.close()
            raise
        return OpenedJournal(journal, reading, notices)

    @staticmethod
    def open_read_only(path: Path, header: JournalHeader) -> OpenedJournal:
        """Read the journal of an image, if there is one, and write nothing: nothing is locked, repaired or begun.

        Args:
            path: the file, there or not.
            header: of an image without a journal.

        Returns:
            the journal, what it says, and a sentence about damage.

        Raises:
            JournalError: unreadable, not a journal, another version, or of an image of another size.
        """
        journal = JournalFile(path, header)
        journal.is_read_only = True
        if not path.exists():
            return OpenedJournal(journal, JournalReading(header, (), 0, None))
        reading = _read_journal_of(path, header)
        journal._nbytes = reading.nbytes
        notices = () if reading.damage is None else (f"{reading.damage}; everything before is shown",)
        return OpenedJournal(journal, reading, notices)

    def append(self, lines: Iterable[JournalLine]) -> None:
        """Put lines on the disk: when this returns they are there; when it raises, nothing of them is.

        Raises:
            ReadOnlyError: the journal was opened read-only.
            JournalError: another program has begun this image's journal in the meantime.
            OutputError: the disk refuses.
        """
        if self.is_read_only:
            raise ReadOnlyError(f"{self.path.name} was opened read-only; annotate into another folder with -o")
        data = b"".join(line_bytes(line) for line in lines)
        try:
            if self._descriptor is None and not self._closed:
                self._begin()
            self._write(data)
        except FileExistsError as error:
            raise JournalError(f"another program has begun {self.path.name}; open the image again") from error
        except OSError as error:
            raise _output_error(self.path, error) from error

    @property
    def nbytes(self) -> int:
        """Length of the file."""
        return self._nbytes

    def close(self) -> None:
        """Let others open the journal."""
        self._closed = True
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def _opened(self) -> int:
        if self._descriptor is None:
            raise JournalError(f"the journal {self.path.name} is closed; open the image again")
        return self._descriptor

    def _open(self, flags: int) -> None:
        self._descriptor = os.open(self.path, flags | getattr(os, "O_BINARY", 0), 0o644)
        _lock(self._descriptor, self.path)

    def _begin(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._open(os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            self._write(self._header.model_dump_json().encode() + b"\n")
        except OSError:
            os.close(self._opened)
            self._descriptor = None
            self.path.unlink(missing_ok=True)
            raise
        _sync_folder(self.path.parent)

    def _write(self, data: bytes) -> None:
        os.lseek(self._opened, self._nbytes, os.SEEK_SET)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._opened, left) :]
            os.fsync(self._opened)
        except OSError:
            # Nothing of a line that is not whole may stay; if even this fails, opening the journal repairs it.
            os.ftruncate(self._opened, self._nbytes)
            raise
        self._nbytes += len(data)

    def _end_last_line(self) -> None:
        """A last line that is whole but for its end gets its end."""
        os.lseek(self._opened, self._nbytes - 1, os.SEEK_SET)
        if os.read(self._opened, 1) != b"\n":
            self._write(b"\n")


def _read_journal_of(path: Path, wanted: JournalHeader) -> JournalReading:
    """What a journal says, which must be of an image of the size wanted."""
    reading = read_journal(path)
    if reading.header.size_hw != wanted.size_hw:
        (height, width), (wanted_height, wanted_width) = reading.header.size_hw, wanted.size_hw
        raise JournalError(
            f"the journal {path} is about an image of {width} x {height} pixels, but {wanted.image} has "
            f"{wanted_width} x {wanted_height}; put the old image back, or move the journal away"
        )
    return reading


def _keep_damaged(path: Path) -> Path:
    number = 1
    while (kept := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    shutil.copy2(path, kept)
    return kept


def _lock(descriptor: int, path: Path) -> None:
    """Keep other processes from writing the same journal."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 2**40, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise JournalError(
            f"{path.name} is being edited by another s2m; close it there, or annotate into another folder with -o"
        ) from error


def _sync_folder(folder: Path) -> None:
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _output_error(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot write {path}: {error.strerror or error}; nothing was lost, but make room or choose another folder "
        "with -o before you go on"
    )
