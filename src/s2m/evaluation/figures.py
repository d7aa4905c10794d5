"""Results in; the tables of the documents, in Markdown, out; so no figure there is typed by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

from s2m.errors import DataError
from s2m.evaluation.protocols.finished import ALL_OBJECTS, ONE_OBJECT
from s2m.evaluation.protocols.robustness import AS_DRAWN, REDRAWN
from s2m.evaluation.protocols.wholes import DOTS, LINES
from s2m.evaluation.report import markdown_table, number_words, percent_words
from s2m.evaluation.result import Result, Size
from s2m.evaluation.speed import Speed, Timing, counted
from s2m.evaluation.timing import FIRST, FORWARD, FURTHER, OPEN, ORIGINAL_ONNX

WIDEST = 110
"""Columns of text that a table may have; a wider one goes on below itself."""

PUBLISHED_NOC90: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "ClickSEG": {"grabcut": 1.62, "berkeley": 2.25, "davis": 5.24},
        "FocalClick B0": {"grabcut": 1.66, "berkeley": 2.27, "davis": 5.49},
        "RITM HRNet18s": {"grabcut": 1.68, "berkeley": 2.60, "davis": 5.98},
        "RITM HRNet18": {"grabcut": 1.54, "berkeley": 2.26, "davis": 5.74},
    }
)
"""NoC@90 by data set as the authors published it; docs/benchmarks.md names the sources."""

_BLOCK = r"(<!-- figures: {name} -->\n)(?:(?!<!-- figures:).)*?(<!-- end of figures -->)"

Words = Callable[[Result], Sequence[str] | None]
"""A result in; its figures as people read them, or None where it has none."""


@dataclass(frozen=True)
class Measured:
    """All that the tables are made of: results of evaluations, and times where they were measured."""

    results: Sequence[Result]
    speed: Speed | None = None


@dataclass(frozen=True)
class Row:
    """One row of a table: what it is called, and where its figures lie."""

    title: str
    words: Words


def readme_markdown(measured: Measured) -> str:
    """Four rows: clicks beside published figures, strokes on two data sets, and the time of a stroke."""
    results = {(one.settings.data, one.settings.protocol): one for one in measured.results}
    strokes = _figures("centre line", "IoU@1", "IoU@3")
    rows = [
        ("GrabCut: NoC@90", _cell(_figures("clicks", "NoC@90"), results.get(("grabcut", "clicks")))),
        ("coco: IoU, 1 / 3 strokes", _cell(strokes, results.get(("coco", "strokes")))),
        ("pascal_s: IoU, 1 / 3 strokes", _cell(strokes, results.get(("pascal_s", "strokes")))),
        ("stroke to mask", "" if measured.speed is None else _stroke_to_mask(measured.speed)),
    ]
    peers = [f"{figures['grabcut']:.2f}" for figures in PUBLISHED_NOC90.values()]
    nothing = [""] * len(peers)
    body = [[title, own, *(nothing if place else peers)] for place, (title, own) in enumerate(rows)]
    return markdown_table(["", "S2M", *PUBLISHED_NOC90], body)


def protocol_markdown(protocol: str, measured: Measured) -> str:
    """One protocol: metrics down, data sets (and methods, where several) across."""
    results = [one for one in measured.results if one.settings.protocol == protocol]
    several = len({one.method for one in measured.results}) > 1
    heads = [f"{one.settings.data}, {one.method}" if several else one.settings.data for one in results]
    rows = (Row("objects", _objects), *ROWS[protocol])
    body = [[row.title, *(_cell(row.words, one) for one in results)] for row in rows]
    return narrow_tables(["", *heads], [row for row in body if any(row[1:])])


def published_markdown(measured: Measured) -> str:
    """NoC@90 beside published figures, for the data sets that have some."""
    clicks = {
        (one.settings.data, one.method): one.figures["clicks"]
        for one in measured.results
        if one.settings.protocol == "clicks"
    }
    names = list(dict.fromkeys(name for _, name in clicks))
    known = {data for figures in PUBLISHED_NOC90.values() for data in figures}
    body = [
        [
            f"{data}: NoC@90",
            *(f"{clicks[data, name]['NoC@90']:.2f}" if (data, name) in clicks else "" for name in names),
            *(f"{figures[data]:.2f}" if data in figures else "" for figures in PUBLISHED_NOC90.values()),
        ]
        for data in dict.fromkeys(data for data, _ in clicks)
        if data in known
    ]
    return narrow_tables(["", *(f"{name}, measured" for name in names), *PUBLISHED_NOC90], body)


def speed_markdown(measured: Measured) -> str:
    """Times by the number of objects and by the size of the image, and how many times as fast as the original."""
    return "Not measured." if measured.speed is None else speed_tables(measured.speed)


def speed_tables(speed: Speed) -> str:
    """The times of ``s2m bench`` as tables: median and 95th percentile in milliseconds."""
    counts = sorted({timing.objects for timing in speed.timings})
    steps = dict.fromkeys((timing.method, timing.step) for timing in speed.timings if timing.step != OPEN)
    body = [[_step_name(speed, *step), *_by_count(speed, *step, counts)] for step in steps]
    for step in (FIRST, FURTHER):
        ratios = [_ratio(speed, step, count) for count in counts]
        body.append([f"ratio to the original in ONNX Runtime, {step}", *ratios])
    sizes = sorted({timing.megapixels for timing in speed.timings if timing.step == OPEN})
    opened = [
        [_step_name(speed, model, OPEN), *(_times(speed.find(model, OPEN, megapixels=size)) for size in sizes)]
        for model in speed.models
    ]
    by_size = narrow_tables(["", *(f"{size:.1f} megapixels" for size in sizes)], opened)
    return f"{narrow_tables(['', *map(counted, counts)], body)}\n\n{by_size}"


def _step_name(speed: Speed, method: str, step: str) -> str:
    return step if (method,) == speed.models else f"{method}: {step}"


def _by_count(speed: Speed, method: str, step: str, counts: Sequence[int]) -> list[str]:
    return [_times(speed.find(method, step, count)) for count in counts]


def _times(timing: Timing | None) -> str:
    return "" if timing is None else f"{_rounded(timing.median_ms)} / {_rounded(timing.p95_ms)}"


def _rounded(milliseconds: float) -> str:
    return f"{milliseconds:.1f}" if milliseconds < 100 else f"{milliseconds:.0f}"


def _ratio(speed: Speed, step: str, objects: int) -> str:
    ours, original = speed.find(speed.models[0], step, objects), speed.find(ORIGINAL_ONNX, FORWARD, objects)
    return "" if ours is None or original is None else f"{original.median_ms / ours.median_ms:.0f} x"


def whole_markdown(measured: Measured) -> str:
    """All figures: a table for each data set, protocol and method, metrics down and ways of drawing across."""
    return "\n\n".join(
        f"**{one.settings.data}, {one.settings.protocol}, {one.method}**\n\n{_whole_table(one)}"
        for one in measured.results
        if one.figures
    )


def narrow_tables(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table of at most ``WIDEST`` columns of text; columns that do not fit go into further tables below."""
    taken: list[int] = [1]
    tables: list[str] = []
    for column in range(2, len(head)):
        if _width(head, body, [*taken, column]) > WIDEST:
            tables.append(_columns_table(head, body, taken))
            taken = []
        taken.append(column)
    return "\n\n".join([*tables, _columns_table(head, body, taken)]) if len(head) > 1 else "Not measured."


def with_figures(document: str, measured: Measured) -> str:
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
        table = TABLES[name](measured)
        parts = re.split(_BLOCK.format(name=re.escape(name)), document, flags=re.DOTALL)
        if len(parts) == 1:
            raise DataError(f"the block {name!r} has no end; add <!-- end of figures --> after its table")
        # Text, start and end of each block in turn; what stood in between is not captured, and gone.
        parts[1:-1:3] = [f"{start}\n{table}\n\n" for start in parts[1:-1:3]]
        document = "".join(parts)
    return document


def _columns_table(head: Sequence[str], body: Sequence[Sequence[str]], columns: Sequence[int]) -> str:
    """A table of the first and some other columns, without the rows that are empty in them."""
    rows = [[row[0], *(row[column] for column in columns)] for row in body if any(row[column] for column in columns)]
    return markdown_table([head[0], *(head[column] for column in columns)], rows)


def _width(head: Sequence[str], body: Sequence[Sequence[str]], columns: Iterable[int]) -> int:
    widths = [max(3, *(len(row[column]) for row in (head, *body))) for column in (0, *columns)]
    return sum(widths) + 3 * len(widths) + 1


def _cell(words: Words, result: Result | None) -> str:
    found = None if result is None else words(result)
    return "" if found is None else " / ".join(found)


def _figures(variant: str, *metrics: str) -> Words:
    def words(result: Result) -> Sequence[str] | None:
        figures = result.figures.get(variant, {})
        return [number_words(name, figures[name]) for name in metrics] if set(metrics) <= set(figures) else None

    return words


def _objects(result: Result) -> Sequence[str] | None:
    counts = [figures["objects"] for figures in result.figures.values() if "objects" in figures]
    return [number_words("objects", max(counts))] if counts else None


def _difference(compared: str, metric: str) -> Words:
    def words(result: Result) -> Sequence[str] | None:
        found = result.differences.get(compared, {}).get(metric)
        return None if found is None else [f"{found.mean:+.4f} ({found.low:+.4f} to {found.high:+.4f})"]

    return words


def _doubt_errors(variant: str) -> Words:
    def words(result: Result) -> Sequence[str] | None:
        found = result.calibration.get(variant)
        return None if found is None else [f"{found[name].doubt_error:.3f}" for name in ("first", "last")]

    return words


def _lowered(variant: str) -> Words:
    def words(result: Result) -> Sequence[str] | None:
        found = result.convergence.get(variant)
        return None if found is None else [percent_words(found.lowered), percent_words(found.clearly_lowered)]

    return words


def _change_by_size(variant: str, base: str) -> Words:
    def words(result: Result) -> Sequence[str] | None:
        changed, plain = result.sizes.get(variant, {}), result.sizes.get(base, {})
        if not changed:
            return None
        return [f"{changed[size].iou - plain[size].iou:+.3f}" if size in changed else "-" for size in get_args(Size)]

    return words


def _stroke_to_mask(speed: Speed) -> str:
    """The time of a further stroke on one object, and how many times as fast as the original network that is."""
    timing, ratio = speed.find(speed.models[0], FURTHER), _ratio(speed, FURTHER, 1)
    return "" if timing is None else f"{timing.median_ms:.1f} ms ({ratio})"


def _whole_table(result: Result) -> str:
    variants = list(result.figures)
    metrics = dict.fromkeys(name for figures in result.figures.values() for name in figures)
    body = [[name, *(number_words(name, result.figures[variant][name]) for variant in variants)] for name in metrics]
    return narrow_tables(["", *variants], body)


def _protocol_table(protocol: str) -> Callable[[Measured], str]:
    return lambda measured: protocol_markdown(protocol, measured)


_FLAWS = ("boundary", "outside", "inside")
_FIRST_AREA = "area of the first answer / of the object"

ROWS: Mapping[str, Sequence[Row]] = MappingProxyType(
    {
        "clicks": (
            Row("NoC@85 / NoC@90", _figures("clicks", "NoC@85", "NoC@90")),
            Row("failures@85 / failures@90", _figures("clicks", "failures@85", "failures@90")),
            Row("IoU, 1 / 2 / 3 clicks", _figures("clicks", "IoU@1", "IoU@2", "IoU@3")),
            Row("IoU, 5 / 10 / 20 clicks", _figures("clicks", "IoU@5", "IoU@10", "IoU@20")),
            Row("boundary IoU, 1 / 3 clicks", _figures("clicks", "boundary IoU@1", "boundary IoU@3")),
            Row("boundary IoU, 10 / 20 clicks", _figures("clicks", "boundary IoU@10", "boundary IoU@20")),
            Row("clicks that lowered the IoU", _lowered("clicks")),
            Row("calibration error, 1st / last", _doubt_errors("clicks")),
        ),
        "strokes": (
            Row("IoU, 1 / 2 / 3 strokes", _figures("centre line", "IoU@1", "IoU@2", "IoU@3")),
            Row("NoS@85 / NoS@90", _figures("centre line", "NoS@85", "NoS@90")),
            Row("seconds to 90 %", _figures("centre line", "seconds to 90")),
        ),
        "human-strokes": tuple(
            Row(f"{name}: IoU / boundary IoU", _figures(name, "IoU@1", "boundary IoU@1")) for name in ("set 1", "set 2")
        ),
        "objects": (
            Row("together: IoU, 1 / 2 / 3 strokes", _figures("together", "IoU@1", "IoU@2", "IoU@3")),
            Row("one at a time: IoU, 1 / 2 / 3", _figures("one at a time", "IoU@1", "IoU@2", "IoU@3")),
            Row("difference after 3 strokes", _difference("together - one at a time", "IoU@3")),
        ),
        "finished": tuple(
            Row(f"{variant}: {metric}", _figures(variant, metric))
            for variant in (ONE_OBJECT, ALL_OBJECTS)
            for metric in ("IoU when finished", "IoU lost", "changed by more than 1 %")
        ),
        "wholes": tuple(
            Row(f"{variant} on three members: IoU, 1 / 2 / 3", _figures(variant, "IoU@1", "IoU@2", "IoU@3"))
            for variant in (DOTS, LINES)
        ),
        "thin": (
            Row("IoU, 1 / 2 / 3 / 5 lines", _figures("centre line", "IoU@1", "IoU@2", "IoU@3", "IoU@5")),
            Row("NoS@85", _figures("centre line", "NoS@85")),
            Row(f"{_FIRST_AREA}, mean", _figures("centre line", _FIRST_AREA)),
        ),
        "correcting": (
            *(Row(f"{flaw}: NoS@90", _figures(flaw, "NoS@90")) for flaw in _FLAWS),
            *(Row(f"{flaw}, local edits: NoS@90", _figures(f"{flaw}, local edits", "NoS@90")) for flaw in _FLAWS),
            *(Row(f"{flaw}: changed far away", _figures(flaw, "changed far away")) for flaw in _FLAWS),
        ),
        "erasing": tuple(
            Row(f"{name}: left after 3, emptied", _figures(name, "left@3", "emptied within 5"))
            for name in ("from the truth", "from its own mask", "strokes kept")
        ),
        "robustness": (
            *(Row(f"{name}: change of IoU@3", _difference(f"{name} - {AS_DRAWN}", "IoU@3")) for name in REDRAWN),
            Row("jitter, small / medium / large", _change_by_size("jitter", AS_DRAWN)),
        ),
    }
)
"""The rows of every protocol's table."""

TABLES: Mapping[str, Callable[[Measured], str]] = MappingProxyType(
    {
        "readme": readme_markdown,
        "published": published_markdown,
        **{protocol: _protocol_table(protocol) for protocol in ROWS},
        "speed": speed_markdown,
        "whole": whole_markdown,
    }
)
"""Every table by the name that blocks of documents call it by."""
