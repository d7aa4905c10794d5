from __future__ import annotations

import pytest

from s2m.errors import DataError
from s2m.evaluation.figure_tables import ROWS, headline_markdown, published_markdown, whole_markdown, with_figures
from s2m.evaluation.protocols import PROTOCOLS
from s2m.evaluation.summaries import Summary

FIGURES = {"NoC@85": 1.8, "NoC@90": 2.14}
CLICKS = Summary("grabcut", "clicks", "shipped", {"clicks": FIGURES}, {}, {}, {}, {})


def cells_of(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("|")[1:-1]]


def robustness(mean: float) -> Summary:
    found = {"2x width - as drawn": {"IoU@3": {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}}}
    return Summary("coco", "robustness", "shipped", {}, found, {}, {}, {})


def test_the_headline_has_a_column_for_each_data_set_and_only_rows_with_figures() -> None:
    head, _, clicks, width = headline_markdown([CLICKS, robustness(0.25)]).splitlines()
    assert cells_of(head) == ["", "grabcut", "coco"]
    assert cells_of(clicks) == ["clicks: NoC@85 / 90", "1.80 / 2.14", ""]
    assert cells_of(width)[2] == "+0.2500 (+0.1500 to +0.3500)"


def test_several_contenders_are_told_apart() -> None:
    other = Summary("grabcut", "clicks", "other", {"clicks": {"NoC@85": 1.0, "NoC@90": 1.5}}, {}, {}, {}, {})
    assert "grabcut, other" in headline_markdown([CLICKS, other])


def test_calibration_and_convergence_have_their_rows() -> None:
    reliability = {"clicks": {name: {"doubt_error": error} for name, error in (("first", 0.1), ("last", 0.02))}}
    convergence = {"clicks": {"lowered": 0.3, "clearly_lowered": 0.025}}
    table = headline_markdown([Summary("a", "clicks", "x", {"clicks": FIGURES}, {}, convergence, {}, reliability)])
    assert "0.100 / 0.020" in table
    assert "30.0 % / 2.5 %" in table


def test_jitter_is_told_by_the_size_of_objects() -> None:
    sizes = {"as drawn": {"small": 0.8, "large": 0.9}, "jitter": {"small": 0.7, "large": 0.895}}
    table = headline_markdown([Summary("a", "robustness", "x", {}, {}, {}, sizes, {})])
    assert cells_of(table.splitlines()[-1])[1] == "-0.100 / - / -0.005"


def test_published_figures_stand_beside_the_measured_one() -> None:
    table = published_markdown([CLICKS]).splitlines()
    assert cells_of(table[0])[1] == "shipped, measured"
    assert cells_of(table[-1]) == ["grabcut, NoC@90", "2.14", "1.62", "1.68", "1.66"]


def test_the_whole_table_has_every_measure() -> None:
    table = whole_markdown([CLICKS])
    assert table.startswith("**grabcut, clicks, shipped**")
    assert all(name in table for name in FIGURES)


def test_blocks_of_a_document_are_made_anew_and_the_rest_stays() -> None:
    old = "above\n<!-- figures: published -->\nold\n<!-- end of figures -->\nbelow\n"
    made = with_figures(old, [CLICKS])
    assert made.startswith("above\n<!-- figures: published -->\n\n|")
    assert made.endswith("|\n\n<!-- end of figures -->\nbelow\n")
    assert "old" not in made
    assert with_figures(made, [CLICKS]) == made
    assert with_figures(old * 2, [CLICKS]) == made * 2


@pytest.mark.parametrize(
    ("document", "message"),
    [("no blocks", "has no block"), ("<!-- figures: x -->", "named 'x'"), ("<!-- figures: whole -->\n", "no end")],
)
def test_documents_without_usable_blocks_are_refused(document: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        with_figures(document, [CLICKS])


def test_the_rows_of_the_headline_name_protocols_that_exist() -> None:
    assert {row.protocol for row in ROWS} <= set(PROTOCOLS)
