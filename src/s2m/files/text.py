"""The bytes of a text file in any Unicode encoding in; its text, or the value of its JSON, out."""

from __future__ import annotations

import codecs
import csv
import io
import json
from pathlib import Path
from typing import Any

from s2m.errors import S2MError
from s2m.files.reading import read_bytes

MAX_TEXT_BYTES = 250_000_000
"""Larger texts are refused: as JSON they would take gigabytes of memory."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, with the encodings that they announce; the longer of two that begin alike stands first."""


def read_text(path: Path, error: type[S2MError]) -> str:
    """The text of a file: UTF-8, or UTF-16 or UTF-32 with a byte order mark; lines end in "\\n".

    Raises:
        S2MError: of the kind ``error``: the file cannot be read, is too large, or is in another encoding.
    """
    return decoded(read_bytes(path, error, MAX_TEXT_BYTES), str(path), error)


def read_json(path: Path, error: type[S2MError]) -> Any:
    """The value of a JSON file; see ``parsed``.

    Raises:
        S2MError: of the kind ``error``: as ``read_text``, or no JSON.
    """
    return parsed(read_bytes(path, error, MAX_TEXT_BYTES), str(path), error)


def read_rows(path: Path, error: type[S2MError]) -> list[list[str]]:
    """The rows of a CSV file, at least one; empty lines are left out.

    Raises:
        S2MError: of the kind ``error``: as ``read_text``, or no CSV, or empty.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(read_text(path, error))) if row]
    except csv.Error as refusal:
        raise error(f"{path} is no CSV ({refusal}); write it again") from refusal
    if not rows:
        raise error(f"{path} is empty; wanted a line of column names")
    return rows


def encoding_of(head: bytes) -> tuple[str, int]:
    """The encoding that the first bytes of a text announce, and how many of them are its mark; UTF-8 without one."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    # JSON begins with an ASCII character, so a zero beside it shows UTF-16.
    if len(head) > 1 and (head[0] == 0) != (head[1] == 0):
        return ("utf-16-be" if head[0] == 0 else "utf-16-le"), 0
    return "utf-8", 0


def decoded(data: bytes, name: str, error: type[S2MError]) -> str:
    """The text of a file's bytes; ``name`` stands in messages.  See ``read_text``."""
    encoding, length = encoding_of(data[:4])
    try:
        text = data[length:].decode(encoding)
    except UnicodeDecodeError as refusal:
        raise error(
            f"{name} is no text in {encoding.upper()} (byte {refusal.start + length} is strange); save it as UTF-8"
        ) from refusal
    return text.replace("\r\n", "\n").replace("\r", "\n")


def in_utf8(data: bytes, name: str, error: type[S2MError]) -> bytes:
    """The bytes of a text in UTF-8, without a byte order mark; see ``read_text``."""
    return decoded(data, name, error).encode()


def parsed(data: bytes, name: str, error: type[S2MError]) -> Any:
    """The value of JSON; "NaN" and "Infinity" are floats, as many programs write them.

    Args:
        data: the bytes of the file.
        name: of it, for messages.
        error: what to raise.

    Raises:
        S2MError: of the kind ``error``: no text, no JSON, nested too deep, or a number of thousands of digits.
    """
    text = decoded(data, name, error)
    try:
        return json.loads(text)
    except json.JSONDecodeError as refusal:
        raise error(
            f"{name} is no JSON: {refusal.msg} in line {refusal.lineno}, column {refusal.colno}; mend or write it again"
        ) from refusal
    except RecursionError as refusal:
        raise error(f"{name} is nested too deep; wanted JSON as other programs write it") from refusal
    except ValueError as refusal:
        raise error(f"{name} has a number that is too long; wanted JSON as other programs write it") from refusal
