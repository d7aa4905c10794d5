"""Lines of a journal in, a file on the disk out: nothing of it is lost, and one process alone writes it."""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from s2m.errors import JournalError, OutputError, ReadOnlyError
from s2m.files.atomic import make_folder, sync_folder, write_atomically
from s2m.session.journal import (
    JournalHeader,
    JournalLine,
    JournalReading,
    OpenedJournal,
    header_bytes,
    line_bytes,
    read_journal,
)


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
        self._is_torn = False
        self.is_read_only = False

    @staticmethod
    def open(path: Path, header: JournalHeader) -> OpenedJournal:
        """Open the journal of an image, or prepare to begin it.

        Args:
            path: the file, there or not.
            header: of the journal to begin, if there is none.

        Returns:
            the journal, what it says, and sentences about damage that was mended, the damaged file being kept beside,
            and about another machine that may have it open.

        Raises:
            JournalError: of another version or an image of another size, or open elsewhere.
            OutputError: the disk refuses.
        """
        journal = JournalFile(path, header)
        if not path.exists():
            return OpenedJournal(journal, JournalReading(header, (), 0, None))
        try:
            notices = journal._open(os.O_RDWR)
            reading = _read_journal_of(path, header)
            if reading.damage is not None:
                notices += journal._mend(reading)
            elif journal._descriptor is not None:
                journal._nbytes = reading.nbytes
                journal._end_last_line()
        except OSError as error:
            journal.close()
            raise _output_error(path, error) from error
        except (JournalError, OutputError):
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
            JournalError: unreadable, another version, or of an image of another size.
        """
        journal = JournalFile(path, header)
        journal.is_read_only = True
        if not path.exists():
            return OpenedJournal(journal, JournalReading(header, (), 0, None))
        reading = _read_journal_of(path, header)
        journal._nbytes = reading.nbytes
        notices = () if reading.damage is None else (f"{reading.damage}; everything before is shown",)
        return OpenedJournal(journal, reading, notices)

    def append(self, line: JournalLine) -> str | None:
        """Put a line on the disk: when this returns it is there; when it raises, nothing of it is.

        Returns:
            a sentence, where the file was taken away meanwhile and has been written again; else None.

        Raises:
            ReadOnlyError: the journal was opened read-only.
            JournalError: another program has begun, replaced or written this journal in the meantime.
            OutputError: the disk refuses.
        """
        if self.is_read_only:
            raise ReadOnlyError(f"{self.path.name} was opened read-only; annotate into another folder with -o")
        before = self._nbytes
        try:
            if self._descriptor is None and not self._closed:
                self._begin()
                before = self._nbytes
            self._write(line_bytes(line))
            try:
                return self._restore()
            except (OSError, JournalError):
                self._cut(before)
                raise
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
            with suppress(OSError):
                self._mark.unlink()

    @property
    def _opened(self) -> int:
        if self._descriptor is None:
            raise JournalError(f"the journal {self.path.name} is closed; open the image again")
        return self._descriptor

    @property
    def _mark(self) -> Path:
        """Says who has the journal open, as not every disk that is shared over a network locks files."""
        return self.path.with_name(f"{self.path.name}.open")

    def _open(self, flags: int) -> tuple[str, ...]:
        """Open and lock the file; a sentence about another machine that may have it open."""
        try:
            self._descriptor = os.open(self.path, flags | getattr(os, "O_BINARY", 0), 0o666)
        except FileExistsError as error:
            raise JournalError(f"another program has begun {self.path.name}; open the image again") from error
        other = _other_machine(self._mark)
        try:
            _lock(self._descriptor)
        except OSError as error:
            os.close(self._descriptor)
            self._descriptor = None
            raise JournalError(
                f"{self.path.name} is being edited by another s2m{f' ({other})' if other else ''}; close it there, or "
                "annotate into another folder with -o"
            ) from error
        with suppress(OSError):
            self._mark.write_text(json.dumps({"machine": socket.gethostname(), "process": os.getpid()}))
        if other is None:
            return ()
        return (f"{self.path.name} was opened by s2m on another machine ({other}); make sure that it is closed there",)

    def _begin(self) -> None:
        make_folder(self.path.parent)
        self._open(os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            self._write(header_bytes(self._header))
        except OSError:
            os.close(self._opened)
            self._descriptor = None
            self.path.unlink(missing_ok=True)
            self._mark.unlink(missing_ok=True)
            raise
        sync_folder(self.path.parent)

    def _mend(self, reading: JournalReading) -> tuple[str, ...]:
        """Bring a damaged file to its whole lines; what was there is kept beside.  Gives a sentence about it."""
        data = self.path.read_bytes()
        kept = _kept_beside(self.path, "damaged", data) if data else None
        where = f"the damaged file is {kept.name}" if kept else "it was empty"
        if reading.has_header:
            os.ftruncate(self._opened, reading.nbytes)
            self._nbytes = reading.nbytes
            return (f"{reading.damage}; everything before was recovered, {where}",)
        self.close()
        self._closed = False
        if not reading.lines:
            self.path.unlink()
            return (f"{reading.damage}; a new one is begun, {where}",)
        whole = header_bytes(self._header) + b"".join(map(line_bytes, reading.lines))
        write_atomically(self.path, whole)
        self._open(os.O_RDWR)
        self._nbytes = len(whole)
        return (f"{reading.damage}; {len(reading.lines)} lines after it were recovered, {where}",)

    def _restore(self) -> str | None:
        """Write the file again where it has no name any more; gives a sentence about it.

        Raises:
            JournalError: another file has its name and says something else.
            OSError: the disk refuses.
        """
        if _is_at(self._opened, self.path):
            return None
        whole = _read_all(self._opened, self._nbytes)
        there = self.path.read_bytes() if self.path.exists() else None
        if there is not None and not whole.startswith(there):
            kept = _kept_beside(self.path, "replaced", whole)
            self.close()
            raise JournalError(
                f"another program has replaced {self.path.name}; what was drawn is kept in {kept.name}; open the "
                "image again"
            )
        without_name = self._opened
        make_folder(self.path.parent)
        try:
            self._open(os.O_RDWR | (0 if there is not None else os.O_CREAT | os.O_EXCL))
            _write_all(self._opened, whole)
        except (OSError, JournalError):
            if self._descriptor not in (None, without_name):
                os.close(self._opened)
            self._descriptor = without_name
            raise
        os.close(without_name)
        sync_folder(self.path.parent)
        return f"{self.path.name} was taken away while it was open; it was written again with everything in it"

    def _write(self, data: bytes) -> None:
        if self._is_torn:
            self._cut(self._nbytes)
        if os.fstat(self._opened).st_size != self._nbytes:
            raise JournalError(f"another program has written to {self.path.name}; open the image again")
        os.lseek(self._opened, self._nbytes, os.SEEK_SET)
        try:
            _write_all(self._opened, data)
        except OSError:
            # Nothing of a line that is not whole may stay; if even this fails, opening the journal repairs it.
            self._cut(self._nbytes)
            raise
        self._nbytes += len(data)

    def _cut(self, nbytes: int) -> None:
        """Take back what was written last."""
        if self._descriptor is None:
            return
        self._is_torn = True
        self._nbytes = nbytes
        os.ftruncate(self._opened, nbytes)
        self._is_torn = False

    def _end_last_line(self) -> None:
        """A last line that is whole but for its end gets its end."""
        os.lseek(self._opened, self._nbytes - 1, os.SEEK_SET)
        if os.read(self._opened, 1) != b"\n":
            self._write(b"\n")


def _read_journal_of(path: Path, wanted: JournalHeader) -> JournalReading:
    """What a journal says, which must be of an image of the size wanted."""
    reading = read_journal(path, wanted)
    if reading.header.size_hw != wanted.size_hw:
        (height, width), (wanted_height, wanted_width) = reading.header.size_hw, wanted.size_hw
        raise JournalError(
            f"the journal {path} is about an image of {width} x {height} pixels, but {wanted.image} has "
            f"{wanted_width} x {wanted_height}; put the old image back, or move the journal away"
        )
    return reading


def _kept_beside(path: Path, why: str, data: bytes) -> Path:
    """A new file beside ``path`` that holds what would be lost."""
    number = 1
    while (kept := path.with_name(f"{path.name}.{why}-{number}")).exists():
        number += 1
    write_atomically(kept, data)
    return kept


def _other_machine(mark: Path) -> str | None:
    """The machine that has a journal open according to its mark, and since when it writes; None where it is this."""
    try:
        fields = json.loads(mark.read_bytes())
        machine, process = str(fields["machine"])[:100], int(fields["process"])
        if machine == socket.gethostname():
            return None
        since = datetime.fromtimestamp(mark.stat().st_mtime).isoformat(" ", "minutes")
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return f"{machine}, process {process}, since {since}"


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file still has its name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _read_all(descriptor: int, nbytes: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts: list[bytes] = []
    while nbytes > 0 and (part := os.read(descriptor, nbytes)):
        parts.append(part)
        nbytes -= len(part)
    return b"".join(parts)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def _lock(descriptor: int) -> None:
    """Keep other processes from writing the same journal.

    Raises:
        OSError: one does.
    """
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 2**40, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _output_error(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot write {path}: {error.strerror or error}; nothing was lost, but free some space or choose another "
        "folder with -o before you go on"
    )
