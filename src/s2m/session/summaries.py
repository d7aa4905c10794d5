"""A journal in; what a list of images says about it out: status, strokes, time spent."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from s2m.files.atomic import write_atomically
from s2m.session.commands import Draw, MarkImage
from s2m.session.history import History, history_of, last_model
from s2m.session.journal import read_journal
from s2m.session.packed_masks import Value

EntryStatus = Literal["untouched", "in_progress", "done", "flagged", "unreadable"]

_LONGEST_PAUSE_S = 60.0
"""Longer pauses do not count as work."""


class Summary(Value):
    """What a list of images says about an annotated one.

    Attributes:
        version: of this file's form.
        journal_nbytes: length of the journal that it sums up.
        status: what the annotator said, or "untouched" where nothing is done.
        strokes: drawn and not undone.
        seconds: spent, pauses of more than a minute counted as a minute.
        model_id: the model that answered last.
        written_sha256: hashes of the label files that were written last, the newest at the end.
    """

    version: Literal[1] = 1
    journal_nbytes: int
    status: EntryStatus
    strokes: int
    seconds: float
    model_id: str | None
    written_sha256: tuple[str, ...] = ()


def summary_of(
    history: History,
    times: Sequence[str],
    journal_nbytes: int,
    model_id: str | None,
    written_sha256: tuple[str, ...],
) -> Summary:
    """Sum up what was done."""
    marks = [entry.command.status for entry in history.done if isinstance(entry.command, MarkImage)]
    status: EntryStatus = "untouched" if not history.done else marks[-1] if marks else "in_progress"
    drawn = [len(entry.command.strokes) for entry in history.done if isinstance(entry.command, Draw)]
    return Summary(
        journal_nbytes=journal_nbytes,
        status=status,
        strokes=sum(drawn),
        seconds=seconds_spent(times),
        model_id=model_id,
        written_sha256=written_sha256,
    )


def read_summary(path: Path, journal: Path) -> Summary | None:
    """The summary kept at ``path`` if it is still that of the journal, or else one made from the journal.

    Returns:
        None where there is no journal.

    Raises:
        JournalError: the journal cannot be read.
    """
    if not journal.exists():
        return None
    kept = _kept_summary(path)
    if kept is not None and kept.journal_nbytes == journal.stat().st_size:
        return kept
    reading = read_journal(journal)
    times = [line.at for line in reading.lines]
    written = () if kept is None else kept.written_sha256
    return summary_of(history_of(reading), times, reading.nbytes, last_model(reading), written)


def write_summary(path: Path, summary: Summary) -> None:
    """Keep a summary.

    Raises:
        OutputError: the file cannot be written.
    """
    write_atomically(path, summary.model_dump_json(indent=1).encode() + b"\n")


def seconds_spent(times: Sequence[str]) -> float:
    """Seconds between the first and the last of some times, long pauses shortened."""
    moments = [datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp() for at in times]
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    return round(sum(min(max(gap, 0.0), _LONGEST_PAUSE_S) for gap in gaps), 1)


def _kept_summary(path: Path) -> Summary | None:
    try:
        return Summary.model_validate_json(path.read_bytes())
    except (OSError, ValidationError, json.JSONDecodeError):
        return None
