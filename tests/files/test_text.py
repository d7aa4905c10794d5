from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from s2m.errors import ConfigError, DataError
from s2m.files.text import decoded, in_utf8, parsed, read_json, read_rows, read_text

WORDS = '{"name": "Käfer 猫"}'
ENCODED = [
    WORDS.encode(),
    codecs.BOM_UTF8 + WORDS.encode(),
    codecs.BOM_UTF16_LE + WORDS.encode("utf-16-le"),
    codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"),
    codecs.BOM_UTF32_LE + WORDS.encode("utf-32-le"),
    codecs.BOM_UTF32_BE + WORDS.encode("utf-32-be"),
    WORDS.encode("utf-16-le"),
    WORDS.encode("utf-16-be"),
]


@pytest.mark.parametrize("data", ENCODED, ids=lambda data: data[:4].hex())
def test_every_unicode_encoding_is_read(data: bytes) -> None:
    assert parsed(data, "a.json", DataError) == {"name": "Käfer 猫"}
    assert in_utf8(data, "a.json", DataError) == WORDS.encode()


def test_lines_may_end_as_on_any_system(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"cat\r\ndog\rcow\n")

    assert read_text(tmp_path / "a.txt", ConfigError) == "cat\ndog\ncow\n"


@pytest.mark.parametrize("data", ["Käfer".encode("latin-1"), b"\xff\xfea", b"abc\xff"])
def test_another_encoding_is_named_with_the_place(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"a\.txt is no text in UTF-\S+ \(byte \d+ is strange\); save it as UTF-8"):
        decoded(data, "a.txt", ConfigError)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no JSON: Expecting value in line 1, column 1"),
        (b"{'a': 1}", "is no JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deep"),
        (b"[" + b"9" * 5000 + b"]", "a number that is too long"),
    ],
    ids=["empty", "quotes", "deep list", "deep table", "digits"],
)
def test_what_is_no_json_is_one_line(data: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        parsed(data, "a.json", DataError)
    assert "\n" not in str(caught.value)


def test_json_and_tables_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(codecs.BOM_UTF8 + b"[1, NaN]")
    (tmp_path / "a.csv").write_bytes(codecs.BOM_UTF8 + b'split,name\r\n\r\ntrain,"a, b"\r\n')

    assert read_json(tmp_path / "a.json", DataError)[0] == 1
    assert read_rows(tmp_path / "a.csv", DataError) == [["split", "name"], ["train", "a, b"]]


@pytest.mark.parametrize("data", [b"", b"\r\n", b"a" * 200_000])
def test_what_is_no_table_is_one_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.csv is (empty|no CSV)"):
        read_rows(tmp_path / "a.csv", DataError)
