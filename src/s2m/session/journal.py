"""The journal of an image: a file in, its whole lines out, however it was damaged; what a session writes to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from s2m.errors import JournalError
from s2m.session.commands import Command, DrawnStroke, Key
from s2m.session.masks import Overlap
from s2m.types import Frozen

JOURNAL_VERSION = 1


class JournalHeader(Frozen):
    """The first line of a journal; what it says beside this is of no account."""

    model_config = ConfigDict(extra="ignore")

    s2m_journal: Literal[1] = 1
    image: str
    size_hw: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    overlap: Overlap


class StrokePart(Frozen):
    """Points of a stroke that is still being drawn: those since its last part, under the key of the stroke."""

    stroke: DrawnStroke


class DroppedStroke(Frozen):
    """A stroke in progress that was given up."""

    dropped_key: Key


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


class _LineInFile(BaseModel):
    n: int
    at: str
    label: str = ""
    request: str = ""
    command: Annotated[Command, Field(discriminator="kind")] | None = None
    part: StrokePart | DroppedStroke | None = None


def _read_line(text: bytes, number: int) -> JournalLine | None:
    """The line, or None where it is damaged."""
    try:
        line = _LineInFile.model_validate_json(text)
    except ValidationError:
        return None
    entry = line.command or line.part
    return None if entry is None or line.n != number else JournalLine(number, line.at, line.label, entry, line.request)


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

    def append(self, line: JournalLine) -> None:
        """Write a line: when this returns it is there; when it raises, nothing of it is."""

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

    def append(self, line: JournalLine) -> None:
        """Nothing has to be kept.

        Raises:
            JournalError: the journal is closed.
        """
        del line
        if self._closed:
            raise JournalError("the session is closed; open the image again")

    def close(self) -> None:
        """Refuse lines from now on."""
        self._closed = True
