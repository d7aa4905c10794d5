from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from s2m.errors import DataError
from s2m.evaluation.summaries import SUMMARY_NAME, read_summaries


def write(folder: Path, protocol: str = "clicks") -> None:
    settings = {"data": "discs", "protocol": protocol, "contender": "tiny"}
    content: dict[str, Any] = {"settings": settings, "figures": {"clicks": {"NoC@90": 2.0}}}
    groups = [{"name": "small", "objects": 3, "iou": 0.7, "wrong": 1.0}]
    content |= {"differences": {}, "convergence": {}, "sizes": {"clicks": groups}, "reliability": {}}
    folder.mkdir(parents=True)
    (folder / SUMMARY_NAME).write_text(json.dumps(content))


def test_summaries_are_found_anywhere_below_the_folders(tmp_path: Path) -> None:
    write(tmp_path / "a" / "discs" / "clicks" / "tiny")
    write(tmp_path / "b" / "deep", protocol="strokes")
    found = read_summaries([tmp_path / "a", tmp_path / "b"])
    assert [summary.protocol for summary in found] == ["clicks", "strokes"]
    assert found[0].figures["clicks"]["NoC@90"] == 2
    assert found[0].sizes == {"clicks": {"small": 0.7}}


def test_no_summary_two_of_one_run_and_an_older_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no summary.json lies below"):
        read_summaries([tmp_path])
    write(tmp_path / "a")
    write(tmp_path / "b")
    with pytest.raises(DataError, match="second summary of discs, clicks, tiny"):
        read_summaries([tmp_path])
    (tmp_path / "b" / SUMMARY_NAME).write_text('{"settings": {"data": "discs"}}')
    with pytest.raises(DataError, match="older format"):
        read_summaries([tmp_path])
