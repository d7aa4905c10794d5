from __future__ import annotations

import json
from pathlib import Path

import pytest

from s2m.errors import DataError
from s2m.evaluation.findings import Record
from s2m.evaluation.tables import JOURNAL_NAME, SETTINGS_NAME, Journal, Settings

SETTINGS = Settings("discs", "clicks", "tiny", "abc", 0)


def test_finished_images_are_there_when_the_journal_is_opened_again(tmp_path: Path) -> None:
    Journal(tmp_path, SETTINGS).add("first", Record())
    assert dict(Journal(tmp_path, SETTINGS).finished) == {"first": Record()}


def test_a_journal_of_an_older_format_is_refused_as_such_and_not_as_damaged(tmp_path: Path) -> None:
    old = {"data": "discs", "protocol": "clicks", "contender": "tiny", "fingerprint": "abc", "seed": 0}
    (tmp_path / SETTINGS_NAME).write_text(json.dumps(old))
    (tmp_path / JOURNAL_NAME).write_text('{"image": "first", "lines": []}\n')
    with pytest.raises(DataError, match="differs in format"):
        Journal(tmp_path, SETTINGS)


def test_a_damaged_journal_is_refused(tmp_path: Path) -> None:
    Journal(tmp_path, SETTINGS).add("first", Record())
    (tmp_path / JOURNAL_NAME).write_text('{"image": "first"}\n')
    with pytest.raises(DataError, match="is damaged"):
        Journal(tmp_path, SETTINGS)
