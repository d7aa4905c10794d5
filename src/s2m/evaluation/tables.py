"""Records in; a folder that grows image by image and CSV tables out, so that an interrupted run goes on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from s2m.errors import DataError, OutputError
from s2m.evaluation.findings import Finding, Record, record_of_json, row_names, row_of
from s2m.evaluation.turns import Line
from s2m.files.atomic import write_atomically

SETTINGS_NAME = "settings.json"
JOURNAL_NAME = "lines.jsonl"
TABLE_NAME = "lines.csv"
OBJECTS_NAME = "objects.csv"

FORMAT = 2
"""Of the journal; a run does not go on from a journal of another format."""


@dataclass(frozen=True)
class Settings:
    """What a table was measured with; a run goes on only with the same.

    Attributes:
        data: name of the data set.
        protocol: name of the protocol.
        contender: name of what was measured.
        fingerprint: of its files.
        seed: of every choice.
        format: of the journal.
    """

    data: str
    protocol: str
    contender: str
    fingerprint: str
    seed: int
    format: int = FORMAT


class Journal:
    """The finished images of one run, one line of JSON each, in ``folder``.

    Args:
        folder: made when it is missing.
        settings: of this run.

    Raises:
        DataError: the folder holds a run with other settings, or a damaged one.
        OutputError: the folder cannot be written.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make {folder} ({error.strerror}); choose another --output") from error
        content = _read_whole_lines(folder / JOURNAL_NAME)
        if content:
            _check_settings(folder / SETTINGS_NAME, settings)
        self._finished = _finished_of(content, folder / JOURNAL_NAME)
        if not self._finished:
            wanted = json.dumps(asdict(settings), indent=2) + "\n"
            write_atomically(folder / SETTINGS_NAME, wanted.encode())

    @property
    def finished(self) -> Mapping[str, Record]:
        """The record of every finished image, by its name."""
        return self._finished

    def add(self, image: str, record: Record) -> None:
        """Keep the record of an image; it is on disk when this returns."""
        entry = json.dumps({"image": image, **asdict(record)})
        try:
            with (self.folder / JOURNAL_NAME).open("a", encoding="utf-8") as file:
                file.write(entry + "\n")
        except OSError as error:
            raise OutputError(
                f"cannot write {self.folder / JOURNAL_NAME} ({error.strerror}); free some space"
            ) from error
        self._finished[image] = record


def write_table(path: Path, lines: Iterable[Line]) -> None:
    """Write lines as CSV, one row a turn."""
    _write_rows(path, [field.name for field in fields(Line)], (asdict(line) for line in lines))


def write_objects(path: Path, findings: Iterable[Finding]) -> None:
    """Write findings as CSV, one row an object and way of drawing."""
    _write_rows(path, row_names(), map(row_of, findings))


def _write_rows(path: Path, names: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, buffer.getvalue().encode())


def _check_settings(path: Path, settings: Settings) -> None:
    """Make sure that the finished images of an old run were measured with the same settings."""
    wanted = asdict(settings)
    try:
        got: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is missing or damaged ({error}); delete its folder and run again") from error
    changed = sorted(key for key in wanted if not isinstance(got, dict) or got.get(key) != wanted[key])
    if changed:
        raise DataError(
            f"{path.parent} holds a run that differs in {', '.join(changed)}; choose another --output, or delete it"
        )


def _read_whole_lines(path: Path) -> bytes:
    """The content of a journal; a last line cut off by an interruption is dropped from the file."""
    if not path.exists():
        return b""
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        write_atomically(path, whole)
    return whole


def _finished_of(content: bytes, path: Path) -> dict[str, Record]:
    try:
        entries = [json.loads(entry) for entry in content.splitlines()]
        return {entry["image"]: record_of_json(entry) for entry in entries}
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path} is damaged ({error}); delete its folder and run again") from error
