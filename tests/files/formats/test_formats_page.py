"""docs/formats.md is what the formats do; what the readers see is asked by ``make test-readers``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from s2m.files.formats.table import FORMATS
from scripts.formats_page import JUDGES, PAGE, bridges, drawn_case, fifty, hard, page, pixels_that_differ, present_rows


def test_the_page_is_written_by_its_script() -> None:
    assert PAGE.read_text() == page(present_rows())


def test_every_format_has_a_reader_and_none_loses_a_pixel_but_yolo_the_bridges() -> None:
    rows = [re.findall(r"`([a-z-]+)` \| ([a-z-]+) [\d.]+ \| (\d+) \| (\d+) \| (\d+)", row)[0] for row in present_rows()]
    assert [row[:2] for row in rows] == [(kind, package) for kind, _, package in JUDGES]
    assert {row[0] for row in rows} == set(FORMATS)
    lost = [(row[0], int(row[2]), int(row[3]), int(row[4])) for row in rows]
    assert [row[:3] for row in lost if row[0] == "yolo"] == [("yolo", bridges(hard()), bridges(fifty()))]
    assert {row[1:] for row in lost if row[0] != "yolo"} == {(0, 0, 0)}


@pytest.mark.readers
@pytest.mark.parametrize(("kind", "reader", "package"), JUDGES)
def test_the_reader_sees_every_pixel(pytestconfig: pytest.Config, kind: str, reader: str, package: str) -> None:
    python: Path = pytestconfig.getoption("--readers")
    images = (hard(), fifty())
    wanted = [bridges(image) if kind == "yolo" else 0 for image in images]
    assert pixels_that_differ(python, kind, reader, [drawn_case(image) for image in images]) == wanted, package
