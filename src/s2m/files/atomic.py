"""Bytes in, a complete file out: written beside its place and renamed, so no reader ever sees half a file."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
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

_BESIDE = (".s2m-", ".part")
"""How names of files begin and end that are not complete yet; what begins with a dot is no image and no mask."""

_LEFT_AFTER_S = 60.0
"""Such a file that has not changed for as long is of a program that was killed."""

_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.EINVAL)
"""What disks answer that know no hard links, such as FAT and some of a network."""


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` as a whole or not at all.

    The bytes go to a new file in the same folder, reach the disk, and then take the place of ``path``, so that it is
    there after a power cut.  Missing folders are made.  Whatever stood at ``path`` stays untouched unless everything
    succeeded.  A new file has the permissions that the umask leaves, one that is replaced keeps its own.

    Raises:
        OutputError: the folder is missing and cannot be made, is read-only or full, or is a file.
    """
    _write(Path(path), data, os.replace)


def write_new(path: Path, data: bytes) -> None:
    """As ``write_atomically``, but a file that is there already is never replaced.

    Where the disk knows no hard links, a kill within a few microseconds leaves the name with an empty file.

    Raises:
        FileExistsError: there is a file already.
        OutputError: as ``write_atomically``.
    """
    _write(path, data, _take_free_place)


def remove_leftovers(folder: Path) -> None:
    """Remove what writers that were killed left in a folder; a file that is still being written stays."""
    pattern = re.compile("[a-z0-9_]+".join(map(re.escape, _BESIDE)))
    # What cannot be listed or removed harms nobody.
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if pattern.fullmatch(path.name) and time.time() - path.stat().st_mtime > _LEFT_AFTER_S:
                path.unlink(missing_ok=True)


def _write(path: Path, data: bytes, put: Callable[[Path, Path], None]) -> None:
    """Write a file aside, and ``put`` it into its place."""
    try:
        make_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_BESIDE[0], suffix=_BESIDE[1])
    except (OSError, ValueError) as error:
        raise _output_error(path, error) from error
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(_mode_of(path))
        put(beside, path)
        sync_folder(path.parent)
    except FileExistsError:
        raise
    except (OSError, ValueError) as error:
        raise _output_error(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


def _take_free_place(beside: Path, path: Path) -> None:
    """Give a file a name that no other file has.

    Raises:
        FileExistsError: one has it.
    """
    try:
        os.link(beside, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Whoever makes the empty file has the name.
        path.open("xb").close()
        beside.replace(path)


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
