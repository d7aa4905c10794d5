from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from s2m.errors import DataError
from s2m.evaluation.calibration import Calibration
from s2m.evaluation.figures import (
    PUBLISHED_NOC90,
    ROWS,
    TABLES,
    WIDEST,
    Measured,
    narrow_tables,
    protocol_markdown,
    published_markdown,
    readme_markdown,
    speed_markdown,
    whole_markdown,
    with_figures,
)
from s2m.evaluation.journal import Settings
from s2m.evaluation.metrics import Difference
from s2m.evaluation.protocols import PROTOCOLS
from s2m.evaluation.result import Convergence, Result, Size, SizeGroup
from s2m.evaluation.speed import Speed, timing_of
from s2m.evaluation.timing import FIRST, FORWARD, FURTHER, OPEN, ORIGINAL_ONNX

FIGURES = {"NoC@85": 1.8, "NoC@90": 2.14}


def result(data: str, protocol: str, method: str = "shipped") -> Result:
    return Result(Settings(data, protocol, method, "abc", 0), {}, {}, {}, {}, {})


CLICKS = replace(result("grabcut", "clicks"), figures={"clicks": FIGURES})
SPEED = Speed(
    ("s2m 1",),
    2,
    (
        timing_of("s2m 1", OPEN, [120.0], megapixels=2.0),
        timing_of("s2m 1", FIRST, [20.0], megapixels=12.0),
        timing_of("s2m 1", FIRST, [25.0], objects=5, megapixels=12.0),
        timing_of("s2m 1", FURTHER, [11.3], megapixels=12.0),
        timing_of(ORIGINAL_ONNX, FORWARD, [339.0]),
        timing_of(ORIGINAL_ONNX, FORWARD, [1700.0], objects=5),
    ),
    400.0,
)


def cells_of(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("|")[1:-1]]


def table_of(protocol: str, *results: Result) -> list[list[str]]:
    return [cells_of(row) for row in protocol_markdown(protocol, Measured(results)).splitlines()]


def test_a_protocol_has_a_column_for_each_data_set_and_only_rows_with_figures() -> None:
    other = replace(result("coco", "clicks"), figures={"clicks": {"NoC@85": 3.0, "NoC@90": 4.0}})
    head, _, clicks = table_of("clicks", CLICKS, other, result("coco", "strokes"))
    assert head == ["", "grabcut", "coco"]
    assert clicks == ["NoC@85 / NoC@90", "1.80 / 2.14", "3.00 / 4.00"]


def test_the_objects_of_a_data_set_are_counted_where_the_most_were_drawn() -> None:
    figures = {"boundary": {"objects": 21, "NoS@90": 3.0}, "inside": {"objects": 25, "NoS@90": 2.0}}
    rows = table_of("correcting", replace(result("coco", "correcting"), figures=figures))
    assert rows[2:] == [["objects", "25"], ["boundary: NoS@90", "3.00"], ["inside: NoS@90", "2.00"]]


def test_differences_stand_with_their_interval() -> None:
    found = {"jitter - as drawn": {"IoU@3": Difference(0.25, 0.15, 0.35)}}
    row = table_of("robustness", replace(result("coco", "robustness"), differences=found))[-1]
    assert row == ["jitter: change of IoU@3", "+0.2500 (+0.1500 to +0.3500)"]


def test_several_methods_are_told_apart() -> None:
    other = replace(result("grabcut", "clicks", "other"), figures={"clicks": {"NoC@85": 1.0, "NoC@90": 1.5}})
    assert table_of("clicks", CLICKS, other)[0] == ["", "grabcut, shipped", "grabcut, other"]


def test_calibration_and_convergence_have_their_rows() -> None:
    calibration = {
        "clicks": {name: Calibration((), (), 0, error, 0) for name, error in (("first", 0.1), ("last", 0.02))}
    }
    found = replace(CLICKS, convergence={"clicks": Convergence(9, 0.3, 0.025)}, calibration=calibration)
    rows = dict(table_of("clicks", found))
    assert rows["calibration error, 1st / last"] == "0.100 / 0.020"
    assert rows["clicks that lowered the IoU"] == "30.0 % / 2.5 %"


def test_jitter_is_told_by_the_size_of_objects() -> None:
    sizes: dict[str, dict[Size, SizeGroup]] = {
        "as drawn": {"small": SizeGroup(1, 0.8), "large": SizeGroup(1, 0.9)},
        "jitter": {"small": SizeGroup(1, 0.7), "large": SizeGroup(1, 0.895)},
    }
    row = table_of("robustness", replace(result("a", "robustness"), sizes=sizes))[-1]
    assert row[1] == "-0.100 / - / -0.005"


def test_published_figures_stand_beside_the_measured_one() -> None:
    table = published_markdown(Measured([CLICKS])).splitlines()
    assert cells_of(table[0])[1] == "shipped, measured"
    assert cells_of(table[-1]) == ["grabcut: NoC@90", "2.14", "1.62", "1.66", "1.68", "1.54"]


def test_the_readme_has_four_rows_and_the_ratio_to_the_original() -> None:
    figures = {"centre line": {"IoU@1": 0.5, "IoU@3": 0.75}}
    strokes = [replace(result(data, "strokes"), figures=figures) for data in ("coco", "pascal_s")]
    table = readme_markdown(Measured([CLICKS, *strokes], SPEED)).splitlines()
    assert cells_of(table[0]) == ["", "S2M", *PUBLISHED_NOC90]
    assert [cells_of(row)[1] for row in table[2:]] == ["2.14", "0.500 / 0.750", "0.500 / 0.750", "11.3 ms (30 x)"]
    assert max(map(len, table)) <= WIDEST


def test_times_stand_with_their_ratios() -> None:
    table = speed_markdown(Measured([], SPEED))
    rows = {row[0]: row[1:] for row in map(cells_of, table.splitlines()) if row}
    assert rows["first stroke of an object"] == ["20.0 / 20.0", "25.0 / 25.0"]
    assert rows["original, ONNX Runtime: forward pass for each object"] == ["339 / 339", "1700 / 1700"]
    assert rows["ratio to the original in ONNX Runtime, first stroke of an object"] == ["17 x", "68 x"]
    assert rows["ratio to the original in ONNX Runtime, further stroke"] == ["30 x", ""]
    assert rows["open an image"] == ["120 / 120"]


def test_the_whole_table_has_every_metric() -> None:
    table = whole_markdown(Measured([CLICKS]))
    assert table.startswith("**grabcut, clicks, shipped**")
    assert all(name in table for name in FIGURES)


def test_a_table_that_is_too_wide_goes_on_below() -> None:
    tables = narrow_tables(["", "a" * 50, "b" * 50, "c"], [["row", "1", "2", "3"], ["only c", "", "", "4"]])
    first, second = tables.split("\n\n")
    assert cells_of(first.splitlines()[0]) == ["", "a" * 50]
    assert [cells_of(row) for row in first.splitlines()[2:]] == [["row", "1"]]
    assert cells_of(second.splitlines()[-1]) == ["only c", "", "4"]
    assert max(map(len, tables.splitlines())) <= WIDEST


def test_blocks_of_a_document_are_made_anew_and_the_rest_stays() -> None:
    old = "above\n<!-- figures: published -->\nold\n<!-- end of figures -->\nbelow\n"
    measured = Measured([CLICKS])
    made = with_figures(old, measured)
    assert made.startswith("above\n<!-- figures: published -->\n\n|")
    assert made.endswith("|\n\n<!-- end of figures -->\nbelow\n")
    assert "old" not in made
    assert with_figures(made, measured) == made
    assert with_figures(old * 2, measured) == made * 2


@pytest.mark.parametrize(
    ("document", "message"),
    [("no blocks", "has no block"), ("<!-- figures: x -->", "named 'x'"), ("<!-- figures: whole -->\n", "no end")],
)
def test_documents_without_usable_blocks_are_refused(document: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        with_figures(document, Measured([CLICKS]))


def test_every_protocol_has_a_table() -> None:
    assert set(ROWS) == set(PROTOCOLS)
    assert set(ROWS) <= set(TABLES)


def test_the_documents_have_every_table_and_none_is_too_wide() -> None:
    root = Path(__file__).parents[2]
    texts = [(root / name).read_text() for name in ("README.md", "docs/benchmarks.md")]
    blocks = re.findall(r"<!-- figures: (.*?) -->\n(.*?)<!-- end of figures -->", "".join(texts), flags=re.DOTALL)
    assert {name for name, _ in blocks} == set(TABLES)
    assert max(len(line) for _, table in blocks for line in table.splitlines()) <= WIDEST
