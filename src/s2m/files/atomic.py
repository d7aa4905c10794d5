"""Bytes in, a complete file out: written beside its place and renamed, so no reader ever sees half a file."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from pathlib import Path

from s2m.errors import OutputError
from s2m.files.reading import printable

_ADVICE = {
    errno.EACCES: "the folder is not writable; choose another with -o or change its permissions",
    errno.EPERM: "the folder is not writable; choose another with -o or change its permissions",
    errno.EROFS: "the folder is read-only; choose another with -o",
    errno.ENOSPC: "the disk is full; free some space or choose another folder with -o",
    errno.EDQUOT: "your quota is used up; free some space or choose another folder with -o",
    errno.ENOTDIR: "a part of the path is a file; choose another folder with -o",
    errno.EEXIST: "a file stands where the folder should be; choose another folder with -o",
    errno.EISDIR: "a folder stands where the file should be; remove it or choose another folder with -o",
    errno.ENAMETOOLONG: "the name is too long for this disk; choose a shorter one",
}


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` as a whole or not at all.

    The bytes go to a new file in the same folder, reach the disk, and then take the place of ``path``, so that it is
    there after a power cut.  Missing folders are made.  Whatever stood at ``path`` stays untouched unless everything
    succeeded.  A new file has the permissions that the umask leaves, one that is replaced keeps its own.

    Raises:
        OutputError: the folder is missing and cannot be made, is read-only or full, or is a file.
    """
    path = Path(path)
    try:
        make_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    except (OSError, ValueError) as error:
        raise _output_error(path, error) from error
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(_mode_of(path))
        beside.replace(path)
        sync_folder(path.parent)
    except (OSError, ValueError) as error:
        raise _output_error(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing, so that they are there after a power cut.

    Raises:
        OSError: one cannot be made.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder reach the disk; not every kind of disk can do so for folders.

    Raises:
        OSError: the disk fails.
    """
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno in (errno.EIO, errno.ENOSPC, errno.EDQUOT):
            raise


def _mode_of(path: Path) -> int:
    """The permissions that the new file takes over: those of the old one, or what the umask leaves."""
    if path.exists():
        return path.stat().st_mode & 0o777
    # The umask can only be read by setting it; files that another thread makes meanwhile are at least not for all.
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask


def _output_error(path: Path, error: OSError | ValueError) -> OutputError:
    number, reason = (error.errno, error.strerror) if isinstance(error, OSError) else (None, None)
    advice = _ADVICE.get(number or 0, "choose another folder with -o")
    return OutputError(f"cannot write {printable(path)}: {reason or error}; {advice}")
