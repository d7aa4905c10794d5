"""Lines in; a folder that grows image by image and a CSV table out, so that an interrupted run goes on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from s2m.errors import DataError, OutputError
from s2m.evaluation.turns import Line
from s2m.safe_files import write_atomically

SETTINGS_NAME = "settings.json"
JOURNAL_NAME = "lines.jsonl"
TABLE_NAME = "lines.csv"


@dataclass(frozen=True)
class Settings:
    """What a table was measured with; a run goes on only with the same.

    Attributes:
        data: name of the data set.
        protocol: name of the protocol.
        contender: name of what was measured.
        fingerprint: of its files.
        seed: of every choice.
    """

    data: str
    protocol: str
    contender: str
    fingerprint: str
    seed: int


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
        self._finished = _read_journal(folder / JOURNAL_NAME)
        if self._finished:
            _check_settings(folder / SETTINGS_NAME, settings)
        else:
            content = json.dumps(asdict(settings), indent=2) + "\n"
            write_atomically(folder / SETTINGS_NAME, content.encode())

    @property
    def finished(self) -> Mapping[str, Sequence[Line]]:
        """The lines of every finished image, by its name."""
        return self._finished

    def add(self, image: str, lines: Sequence[Line]) -> None:
        """Keep the lines of an image; they are on disk when this returns."""
        entry = json.dumps({"image": image, "lines": [asdict(line) for line in lines]})
        try:
            with (self.folder / JOURNAL_NAME).open("a", encoding="utf-8") as file:
                file.write(entry + "\n")
        except OSError as error:
            raise OutputError(
                f"cannot write {self.folder / JOURNAL_NAME} ({error.strerror}); free some space"
            ) from error
        self._finished[image] = tuple(lines)


def write_table(path: Path, lines: Iterable[Line]) -> None:
    """Write lines as CSV, one row a turn."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, [field.name for field in fields(Line)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(line) for line in lines)
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


def _read_journal(path: Path) -> dict[str, Sequence[Line]]:
    """The finished images; a last line cut off by an interruption is dropped from the file."""
    if not path.exists():
        return {}
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        write_atomically(path, whole)
    try:
        entries = [json.loads(entry) for entry in whole.splitlines()]
        return {entry["image"]: tuple(Line(**line) for line in entry["lines"]) for entry in entries}
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path} is damaged ({error}); delete its folder and run again") from error
