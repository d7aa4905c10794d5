"""Outcomes in; one line of summary and a JSON report out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s2m.batch.segmenting import Outcome
from s2m.errors import BatchError
from s2m.files.atomic import write_atomically
from s2m.files.reading import printable

FORMAT = "s2m-segment-report"


@dataclass(frozen=True)
class BatchReport:
    """What became of a folder.

    Attributes:
        outcomes: in the order of the images.
        folder: of the output.
        seconds: that the whole took.
        about: engine, model and settings.
    """

    outcomes: tuple[Outcome, ...]
    folder: Path
    seconds: float
    about: Mapping[str, Any]

    def summary(self) -> str:
        """One line."""
        counts = Counter(outcome.status for outcome in self.outcomes)
        more = f", {counts['skipped']} were there already" if counts["skipped"] else ""
        more += f", {counts['failed']} failed" if counts["failed"] else ""
        done = f"{counts['segmented']} of {len(self.outcomes)} images segmented into {self.folder}"
        return f"{done} in {self.seconds:.1f} s{more}"

    def check(self) -> None:
        """Make sure that no image failed.

        Raises:
            BatchError: some did; it names them.
        """
        lines = [f"{outcome.image}: {outcome.error}" for outcome in self.outcomes if outcome.status == "failed"]
        if lines:
            raise BatchError(f"{len(lines)} of {len(self.outcomes)} images failed\n  " + "\n  ".join(lines))

    def write(self, path: Path) -> None:
        """Write the report as JSON.

        Raises:
            OutputError: the file cannot be written.
        """
        content = {
            "format": FORMAT,
            "version": 1,
            **self.about,
            "output": printable(self.folder),
            "seconds": round(self.seconds, 3),
            "counts": dict(sorted(Counter(outcome.status for outcome in self.outcomes).items())),
            "images": [_entry(outcome) for outcome in self.outcomes],
        }
        write_atomically(path, json.dumps(content, indent=1).encode() + b"\n")


def in_order(outcomes: Sequence[Outcome], images: Sequence[str]) -> tuple[Outcome, ...]:
    """Outcomes in the order of their images."""
    place = {name: number for number, name in enumerate(images)}
    return tuple(sorted(outcomes, key=lambda outcome: place[outcome.image]))


def _entry(outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {"image": printable(outcome.image), "status": outcome.status}
    if outcome.status == "failed":
        return entry | {"error": outcome.code, "message": outcome.error}
    entry |= {"files": [printable(path.name) for path in outcome.files], "objects": list(outcome.objects)}
    return entry | ({"milliseconds": round(outcome.seconds * 1000)} if outcome.status == "segmented" else {})
