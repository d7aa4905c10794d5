from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from s2m.errors import OutputError
from s2m.files.atomic import remove_leftovers, write_atomically, write_new


def test_a_file_and_its_folders_are_made(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b" / "mask.png", b"new")

    assert (tmp_path / "a" / "b" / "mask.png").read_bytes() == b"new"
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["mask.png"]


def test_an_existing_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    path.write_bytes(b"old")
    path.chmod(0o640)

    write_atomically(path, b"new")

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "not writable")],
)
def test_a_disk_that_refuses_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    path = tmp_path / "mask.png"
    path.write_bytes(b"old")

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("s2m.files.atomic.os.fsync", refuse)
    with pytest.raises(OutputError, match=advice):
        write_atomically(path, b"new")

    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["mask.png"]


def test_a_folder_that_cannot_be_written_to_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("s2m.files.atomic.tempfile.mkstemp", refuse)
    with pytest.raises(OutputError, match=r"cannot write .*mask.png: Permission denied; .* choose another with -o"):
        write_atomically(tmp_path / "mask.png", b"new")


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "output").write_bytes(b"a file")

    with pytest.raises(OutputError, match="choose another folder with -o"):
        write_atomically(tmp_path / "output" / "mask.png", b"new")


def test_a_folder_where_the_file_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "mask.png").mkdir()

    with pytest.raises(OutputError, match="folder stands where the file should be"):
        write_atomically(tmp_path / "mask.png", b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["mask.png"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600), (0o027, 0o640)])
def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "folder" / "mask.png", b"new")
    finally:
        after = os.umask(before)

    assert (tmp_path / "folder" / "mask.png").stat().st_mode & 0o777 == mode
    assert after == umask


@pytest.mark.parametrize("name", ["\udce9.png", "é" * 120 + ".png", "x" * 251 + ".png", "x" * 255 + ".png", "a\0b"])
def test_a_name_is_written_or_is_one_error(tmp_path: Path, name: str) -> None:
    with contextlib.suppress(OutputError):
        write_atomically(tmp_path / name, b"new")
        assert (tmp_path / name).read_bytes() == b"new"
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("refused", [None, errno.EPERM, errno.EOPNOTSUPP])
def test_a_new_file_never_replaces_another_with_and_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int | None
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(refused, "no links here")

    if refused is not None:
        monkeypatch.setattr("s2m.files.atomic.os.link", refuse)
    write_new(tmp_path / "new.jpg", b"first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "new.jpg", b"second")
    assert (tmp_path / "new.jpg").read_bytes() == b"first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["new.jpg"]


def test_a_kill_leaves_no_part_under_the_name_and_what_it_leaves_is_removed_later(tmp_path: Path) -> None:
    program = """
import os, pathlib, signal, sys
from s2m.files import atomic
atomic.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
atomic.write_new(pathlib.Path(sys.argv[1]), b"photograph")
"""
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path / "new.jpg")], check=False)
    assert ended.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".")
    others = [tmp_path / name for name in (".mine.part", ".s2m-mine.jpg", "s2m-a.part")]
    for other in others:
        other.write_bytes(b"of the user")
        os.utime(other, (0, 0))
    remove_leftovers(tmp_path)
    assert left.exists(), "another program may still be writing it"
    os.utime(left, (time.time() - 3600,) * 2)
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(others)
