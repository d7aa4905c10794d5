"""Lines of a journal in, a file on the disk out: nothing of it is lost, and one process alone writes it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from s2m.errors import JournalError, OutputError, ReadOnlyError
from s2m.session.journal import (
    JournalHeader,
    JournalLine,
    JournalReading,
    OpenedJournal,
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

    def append(self, line: JournalLine) -> None:
        """Put a line on the disk: when this returns it is there; when it raises, nothing of it is.

        Raises:
            ReadOnlyError: the journal was opened read-only.
            JournalError: another program has begun this image's journal in the meantime.
            OutputError: the disk refuses.
        """
        if self.is_read_only:
            raise ReadOnlyError(f"{self.path.name} was opened read-only; annotate into another folder with -o")
        try:
            if self._descriptor is None and not self._closed:
                self._begin()
            self._write(line_bytes(line))
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
        f"cannot write {path}: {error.strerror or error}; nothing was lost, but free some space or choose another "
        "folder with -o before you go on"
    )
