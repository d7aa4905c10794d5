from __future__ import annotations

import pytest

from s2m.evaluation.markdown import markdown_table, number_words, percent_words


def test_the_columns_of_a_table_are_lined_up() -> None:
    assert markdown_table(["", "x"], [["a", "1.0"], ["longer", "22.0"]]).splitlines() == [
        "|        |    x |",
        "| ------ | ---: |",
        "| a      |  1.0 |",
        "| longer | 22.0 |",
    ]


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("objects", "0"),
        ("IoU@1", "0.456"),
        ("NoC@90", "0.46"),
        ("strokes to empty", "0.46"),
        ("failures@85", "45.60 %"),
        ("left@3", "45.60 %"),
        ("emptied within 5", "45.60 %"),
        ("changed far away", "45.60 %"),
    ],
)
def test_figures_are_written_as_people_read_them(measure: str, words: str) -> None:
    assert number_words(measure, 0.456) == words


def test_a_share_in_per_cent_has_one_place() -> None:
    assert percent_words(0.0316) == "3.2 %"
