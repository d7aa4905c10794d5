"""Summaries in; the tables of README and model card, in Markdown, out; so no figure there is typed by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

from s2m.errors import DataError
from s2m.evaluation.explanations import Size
from s2m.evaluation.markdown import markdown_table, number_words, percent_words
from s2m.evaluation.protocols.robustness import AS_DRAWN, REDRAWN
from s2m.evaluation.summaries import Summary

PUBLISHED_NOC90: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "ClickSEG MobileNetV2, combined data": {"grabcut": 1.62, "berkeley": 2.25, "davis": 5.24},
        "RITM HRNet18s": {"grabcut": 1.68, "berkeley": 2.60, "davis": 5.98},
        "FocalClick SegFormer-B0-S2": {"grabcut": 1.66, "berkeley": 2.27, "davis": 5.49},
    }
)
"""NoC@90 by data set as the authors published it (FocalClick: Chen et al., CVPR 2022, whose repository is ClickSEG;
RITM: Sofiiuk et al., 2021)."""

_BLOCK = r"(<!-- figures: {name} -->\n)(?:(?!<!-- figures:).)*?(<!-- end of figures -->)"


@dataclass(frozen=True)
class Row:
    """One line of the headline table: what it is called, and where its figures lie."""

    title: str
    protocol: str
    words: Callable[[Summary], Sequence[str] | None]


def headline_markdown(summaries: Sequence[Summary]) -> str:
    """The most important figures: what is measured down, data sets (and contenders, where several) across."""
    runs = list(dict.fromkeys((summary.data, summary.contender) for summary in summaries))
    several = len({contender for _, contender in runs}) > 1
    by_run = {(summary.data, summary.contender, summary.protocol): summary for summary in summaries}
    body: list[list[str]] = []
    for row in ROWS:
        cells = [_cell(row, by_run.get((*run, row.protocol))) for run in runs]
        if any(cells):
            body.append([row.title, *cells])
    return markdown_table(["", *(f"{data}, {name}" if several else data for data, name in runs)], body)


def published_markdown(summaries: Sequence[Summary]) -> str:
    """NoC@90 beside published figures, for the data sets that have some."""
    names = list(dict.fromkeys(summary.contender for summary in summaries))
    clicks = {(one.data, one.contender): one.figures["clicks"] for one in summaries if one.protocol == "clicks"}
    rows = [data for data in dict.fromkeys(data for data, _ in clicks) if data in _published_data()]
    body = [
        [
            f"{data}, NoC@90",
            *(f"{clicks[data, name]['NoC@90']:.2f}" if (data, name) in clicks else "" for name in names),
            *(f"{figures[data]:.2f}" if data in figures else "" for figures in PUBLISHED_NOC90.values()),
        ]
        for data in rows
    ]
    return markdown_table(["", *(f"{name}, measured" for name in names), *PUBLISHED_NOC90], body)


def whole_markdown(summaries: Sequence[Summary]) -> str:
    """All figures: a table for each data set, protocol and contender, measures down and ways of drawing across."""
    return "\n\n".join(
        f"**{one.data}, {one.protocol}, {one.contender}**\n\n{_whole_table(one)}" for one in summaries if one.figures
    )


TABLES: Mapping[str, Callable[[Sequence[Summary]], str]] = MappingProxyType(
    {"headline": headline_markdown, "published": published_markdown, "whole": whole_markdown}
)
"""Every table by the name that blocks of documents call it by."""


def with_figures(document: str, summaries: Sequence[Summary]) -> str:
    """A document with every block between ``<!-- figures: NAME -->`` and ``<!-- end of figures -->`` made anew.

    Raises:
        DataError: it has no such block, or one of an unknown name.
    """
    names = re.findall(r"<!-- figures: (.*?) -->", document)
    unknown = [name for name in names if name not in TABLES]
    if unknown or not names:
        got = f"a block named {unknown[0]!r}" if unknown else "no block"
        known = ", ".join(f"<!-- figures: {name} -->" for name in TABLES)
        raise DataError(f"the document has {got}; wanted {known}, each with <!-- end of figures --> after its table")
    for name in dict.fromkeys(names):
        table = TABLES[name](summaries)
        parts = re.split(_BLOCK.format(name=re.escape(name)), document, flags=re.DOTALL)
        if len(parts) == 1:
            raise DataError(f"the block {name!r} has no end; add <!-- end of figures --> after its table")
        # Text, start and end of each block in turn; what stood in between is not captured, and gone.
        parts[1:-1:3] = [f"{start}\n{table}\n\n" for start in parts[1:-1:3]]
        document = "".join(parts)
    return document


def _cell(row: Row, summary: Summary | None) -> str:
    words = None if summary is None else row.words(summary)
    return "" if words is None else " / ".join(words)


def _figures(variant: str, *measures: str) -> Callable[[Summary], Sequence[str] | None]:
    def words(summary: Summary) -> Sequence[str] | None:
        figures = summary.figures.get(variant, {})
        return [number_words(name, figures[name]) for name in measures] if set(measures) <= set(figures) else None

    return words


def _difference(compared: str, measure: str) -> Callable[[Summary], Sequence[str] | None]:
    def words(summary: Summary) -> Sequence[str] | None:
        found = summary.differences.get(compared, {}).get(measure)
        return None if found is None else [f"{found['mean']:+.4f} ({found['low']:+.4f} to {found['high']:+.4f})"]

    return words


def _calibration(variant: str, error: str) -> Callable[[Summary], Sequence[str] | None]:
    def words(summary: Summary) -> Sequence[str] | None:
        found = summary.reliability.get(variant)
        return None if found is None else [f"{found[name][error]:.3f}" for name in ("first", "last")]

    return words


def _lowered(variant: str) -> Callable[[Summary], Sequence[str] | None]:
    def words(summary: Summary) -> Sequence[str] | None:
        found = summary.convergence.get(variant)
        return None if found is None else [percent_words(found[name]) for name in ("lowered", "clearly_lowered")]

    return words


def _change_by_size(variant: str, base: str) -> Callable[[Summary], Sequence[str] | None]:
    def words(summary: Summary) -> Sequence[str] | None:
        changed, plain = summary.sizes.get(variant, {}), summary.sizes.get(base, {})
        if not changed:
            return None
        return [f"{changed[size] - plain[size]:+.3f}" if size in changed else "-" for size in get_args(Size)]

    return words


def _published_data() -> set[str]:
    return {data for figures in PUBLISHED_NOC90.values() for data in figures}


def _whole_table(summary: Summary) -> str:
    variants = list(summary.figures)
    measures = dict.fromkeys(name for figures in summary.figures.values() for name in figures)
    body = [[name, *(number_words(name, summary.figures[variant][name]) for variant in variants)] for name in measures]
    return markdown_table(["", *variants], body)


_FLAWS = ("boundary", "outside", "inside")
_ERASED = ("from the truth", "from its own mask", "strokes kept")

ROWS: tuple[Row, ...] = (
    Row("clicks: NoC@85 / 90", "clicks", _figures("clicks", "NoC@85", "NoC@90")),
    Row("clicks: failures@85 / 90 in 20", "clicks", _figures("clicks", "failures@85", "failures@90")),
    Row(
        "clicks: IoU after 1 / 2 / 3 / 5 / 10 / 20",
        "clicks",
        _figures("clicks", *(f"IoU@{number}" for number in (1, 2, 3, 5, 10, 20))),
    ),
    Row(
        "clicks: boundary IoU after 1 / 3 / 10 / 20",
        "clicks",
        _figures("clicks", *(f"boundary IoU@{number}" for number in (1, 3, 10, 20))),
    ),
    Row("clicks that lowered the IoU, at all / by more than 0.01", "clicks", _lowered("clicks")),
    Row("clicks: calibration error of pixels in doubt, first / last", "clicks", _calibration("clicks", "doubt_error")),
    Row("centre lines: IoU after 1 / 2 / 3", "strokes", _figures("centre line", "IoU@1", "IoU@2", "IoU@3")),
    Row("centre lines: NoS@85 / 90 (10 at most)", "strokes", _figures("centre line", "NoS@85", "NoS@90")),
    Row("centre lines: seconds to 90 %", "strokes", _figures("centre line", "seconds to 90")),
    *(Row(f"human strokes, {name}: IoU", "human-strokes", _figures(name, "IoU@1")) for name in ("set 1", "set 2")),
    *(
        Row(f"several objects, {name}: IoU after 1 / 2 / 3", "objects", _figures(name, "IoU@1", "IoU@2", "IoU@3"))
        for name in ("together", "one at a time")
    ),
    Row("together less one at a time, IoU after 3", "objects", _difference("together - one at a time", "IoU@3")),
    *(Row(f"correcting, {flaw}: strokes to 90 %", "correcting", _figures(flaw, "NoS@90")) for flaw in _FLAWS),
    *(
        Row(
            f"correcting, {flaw}: changed far away, whole answer",
            "correcting",
            _figures(flaw, "changed far away"),
        )
        for flaw in _FLAWS
    ),
    *(
        Row(
            f"erasing {name}: left after 3, emptied within 5",
            "erasing",
            _figures(name, "left@3", "emptied within 5"),
        )
        for name in _ERASED
    ),
    *(
        Row(f"{name}: change of IoU after 3", "robustness", _difference(f"{name} - as drawn", "IoU@3"))
        for name in REDRAWN
    ),
    Row(
        "jitter: change of IoU after 3 on small / medium / large objects",
        "robustness",
        _change_by_size("jitter", AS_DRAWN),
    ),
)
"""The headline table."""
