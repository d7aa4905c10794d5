"""The journal of an image: a file in, its whole lines out, however it was damaged; what a session writes to."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from s2m.errors import JournalError
from s2m.session.commands import Command, DrawnStroke, Key
from s2m.session.masks import Overlap
from s2m.types import Frozen

JOURNAL_VERSION = 2
_CHECKSUM = b',"crc32":"'
_CHECKSUM_BYTES = len(_CHECKSUM) + len('01234567"}')


class JournalHeader(Frozen):
    """The first line of a journal; what it says beside this is of no account."""

    model_config = ConfigDict(extra="ignore")

    s2m_journal: Literal[2] = 2
    image: str
    size_hw: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    overlap: Overlap


class StrokePart(Frozen):
    """Points of a stroke that is still being drawn: those since its last part, under the key of the stroke."""

    stroke: DrawnStroke


class DroppedStroke(Frozen):
    """A stroke in progress that was given up."""

    dropped_key: Key


JournalEntry = Command | StrokePart | DroppedStroke
"""What happened, as one line says it."""


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
    entry: JournalEntry
    request: str = ""


@dataclass(frozen=True)
class JournalReading:
    """What a journal says.

    Attributes:
        header: its first line.
        lines: the others, whole and in order.
        nbytes: how much of the file they take; what follows is damaged.
        damage: a sentence about what is damaged, or None.
        has_header: whether the first line was read; where not, the header is the one that was wanted.
    """

    header: JournalHeader
    lines: tuple[JournalLine, ...]
    nbytes: int
    damage: str | None
    has_header: bool = True


def read_journal(path: Path, wanted: JournalHeader | None = None) -> JournalReading:
    """Read a journal up to the first line that is not whole.  The file is not changed.

    Args:
        path: the file.
        wanted: takes the place of a first line that is damaged.

    Raises:
        JournalError: unreadable, of another version, or with a damaged first line and nothing in its place.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(
            f"cannot read the journal {path}: {error.strerror or error}; check its permissions"
        ) from error
    raw = data.split(b"\n")
    header = _read_header(raw[0], path)
    if header is None and wanted is None:
        raise JournalError(f"the first line of the journal {path} is damaged; open the image to recover the others")
    first = header or wanted
    assert first is not None
    nbytes = min(len(raw[0]) + 1, len(data))
    damage = None if header else "its first line is damaged"
    lines: list[JournalLine] = []
    for index, text in enumerate(raw[1:], start=1):
        is_last = index == len(raw) - 1
        if is_last and not text:
            break
        line = _read_line(text, len(lines) + 1)
        if line is None:
            damage = damage or ("its last line is torn" if is_last else f"it cannot be read from line {index + 1} on")
            break
        lines.append(line)
        nbytes += len(text) + (0 if is_last else 1)
    said = damage and f"the journal {path.name} is damaged: {damage}"
    return JournalReading(first, tuple(lines), nbytes, said, header is not None)


def is_barely_begun(path: Path) -> bool:
    """Whether a kill ended a journal in its first line, so that nothing was done yet."""
    with path.open("rb") as file:
        start = file.read(10_000)
    return b"\n" not in start and (b'{"s2m_journal":%d' % JOURNAL_VERSION).startswith(start[:16])


def _read_header(text: bytes, path: Path) -> JournalHeader | None:
    """The first line, or None where it is damaged."""
    content = _checked(text)
    try:
        version = _Version.model_validate_json(content or text).s2m_journal
        if version != JOURNAL_VERSION and (content is not None or _CHECKSUM not in text):
            raise JournalError(
                f"the journal {path} has version {version}, wanted {JOURNAL_VERSION}; open it with the s2m that "
                "wrote it"
            )
        return None if content is None else JournalHeader.model_validate_json(content)
    except ValidationError:
        return None


def header_bytes(header: JournalHeader) -> bytes:
    """The first line as it stands in the file."""
    return _with_checksum(header.model_dump_json().encode())


def _with_checksum(content: bytes) -> bytes:
    """A line of JSON with the CRC-32 of all before it as its last field."""
    body = content[:-1]
    return body + _CHECKSUM + f'{zlib.crc32(body):08x}"}}\n'.encode()


def _checked(text: bytes) -> bytes | None:
    """The JSON of a line without its checksum, or None where they do not agree."""
    body = text[:-_CHECKSUM_BYTES]
    content = body + b"}"
    return content if _with_checksum(content) == text + b"\n" else None


def _check_time(text: str) -> str:
    datetime.fromisoformat(text.replace("Z", "+00:00"))
    return text


class _Version(BaseModel):
    s2m_journal: int


class _LineInFile(BaseModel):
    n: int
    at: Annotated[str, AfterValidator(_check_time)]
    label: str = ""
    request: str = ""
    command: Annotated[Command, Field(discriminator="kind")] | None = None
    part: StrokePart | DroppedStroke | None = None


def _read_line(text: bytes, number: int) -> JournalLine | None:
    """The line, or None where it is damaged."""
    content = _checked(text)
    if content is None:
        return None
    try:
        line = _LineInFile.model_validate_json(content)
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
    return _with_checksum(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode())


class Journal(Protocol):
    """Where a session writes down what is done."""

    @property
    def nbytes(self) -> int:
        """Length of the file; 0 where nothing is written."""

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be appended."""

    def append(self, line: JournalLine) -> str | None:
        """Write a line: when this returns it is there; when it raises, nothing of it is.

        Returns:
            what is to be said about a file that had to be written again, or None.
        """

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
