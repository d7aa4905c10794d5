from __future__ import annotations

from pathlib import Path

import pytest

from s2m.errors import DataError, StrokeError
from s2m.files.reading import file_at_hand, is_utf8, printable, read_bytes


def test_the_file_that_is_read_is_at_hand(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")

    assert read_bytes(tmp_path / "a.txt", DataError) == b"abc"
    assert file_at_hand() == str(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("name", "words"),
    [("none", "does not exist"), (".", "is a folder"), ("a\0b", "cannot read"), ("x" * 300, "cannot read")],
)
def test_what_cannot_be_read_is_one_error(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(StrokeError, match=words):
        read_bytes(tmp_path / name, StrokeError)


def test_a_device_without_an_end_is_refused() -> None:
    with pytest.raises(DataError, match="is a device"):
        read_bytes("/dev/zero", DataError)


def test_a_file_over_the_limit_is_refused_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(10**12)

    with pytest.raises(DataError, match="over 3 MB"):
        read_bytes(tmp_path / "large", DataError, 3_000_000)


def test_names_that_are_no_utf8_are_printed_with_their_bytes() -> None:
    assert printable("caf\udce9.jpg") == r"caf\xe9.jpg"
    assert printable("café.jpg") == "café.jpg"
    assert not is_utf8("caf\udce9.jpg")
    assert is_utf8("café.jpg")
