"""Results in; a report in Markdown out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from s2m.evaluation.metrics import CONFIDENCE, Difference
from s2m.evaluation.protocols import EvaluationProtocol
from s2m.evaluation.result import CLEARLY, Result, difference_of

_CONTRASTED = (
    "changed far",
    "spoiled far",
    "IoU@",
    "boundary IoU@",
    "NoC@",
    "NoS@",
    "failures@",
    "area under",
    "left@",
    "emptied",
)
"""Beginnings of the metrics whose differences stand in the report; the JSON has all."""


def report_markdown(protocol: EvaluationProtocol, data: str, results: Sequence[Result], plots: Sequence[str]) -> str:
    """The report of a protocol on a data set.

    Args:
        protocol: what was done.
        data: name of the data set.
        results: one for each method.
        plots: file names of pictures beside the report.
    """
    parts = [f"# {protocol.name} on {data}", figures_markdown(results)]
    parts += [f"![{name}]({name})" for name in plots]
    parts += [convergence_markdown(protocol, results), calibration_markdown(results), sizes_markdown(results)]
    parts += [_base_markdown(result) for result in results if result.differences]
    parts += [_pair_markdown(protocol, first, second) for first, second in combinations(results, 2)]
    return "\n\n".join(part for part in parts if part) + "\n"


def figures_markdown(results: Sequence[Result]) -> str:
    """A table for each variant: metrics down, methods across."""
    variants = list(dict.fromkeys(variant for result in results for variant in result.figures))
    if not variants:
        return "No object of these images takes part: none of them has what this protocol needs."
    return "\n\n".join(f"### {variant}\n\n{_figures_table(variant, results)}" for variant in variants)


def convergence_markdown(protocol: EvaluationProtocol, results: Sequence[Result]) -> str:
    """Whether every further interaction helped; nothing for protocols of one answer."""
    if protocol.most < 2:
        return ""
    body = [
        [
            f"{result.method}, {variant}",
            str(found.interactions),
            percent_words(found.lowered),
            percent_words(found.clearly_lowered),
        ]
        for result in results
        for variant, found in result.convergence.items()
    ]
    head = ["", "interactions after the first", "lowered the IoU", f"by more than {CLEARLY}"]
    return f"### Convergence: does every further interaction help?\n\n{markdown_table(head, body)}" if body else ""


def calibration_markdown(results: Sequence[Result]) -> str:
    """How far predicted probabilities are from what was observed; nothing where no answer says how sure it is."""
    body = [
        [
            f"{result.method}, {variant}, {name} answer",
            f"{found.expected_error:.4f}",
            f"{found.doubt_error:.3f}",
            percent_words(found.doubt_share),
        ]
        for result in results
        for variant, named in result.calibration.items()
        for name, found in named.items()
    ]
    head = ["", "expected calibration error", "in doubt alone", "pixels in doubt"]
    return f"### Calibration\n\n{markdown_table(head, body)}" if body else ""


def sizes_markdown(results: Sequence[Result]) -> str:
    """The mean IoU after the last interaction by the size of objects."""
    body = [
        [f"{result.method}, {variant}", size, str(group.objects), f"{group.iou:.3f}"]
        for result in results
        for variant, groups in result.sizes.items()
        for size, group in groups.items()
    ]
    return f"### By size\n\n{markdown_table(['', 'size', 'objects', 'last IoU'], body)}" if body else ""


def markdown_table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A Markdown table with its columns lined up; the first is left aligned, the others right."""
    widths = [max(3, *(len(row[column]) for row in (head, *body))) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [_row(head, widths), "| " + " | ".join(rule) + " |", *(_row(row, widths) for row in body)]
    return "\n".join(lines)


def number_words(metric: str, value: float) -> str:
    """A figure for people: shares in per cent, counts with two places, scores with three."""
    if metric == "objects":
        return f"{value:.0f}"
    if metric.startswith(("failures", "left@", "emptied")) or "far away" in metric:
        return f"{100 * value:.2f} %"
    if metric.startswith(("NoC", "NoS", "strokes to", "ink", "seconds to")):
        return f"{value:.2f}"
    return f"{value:.3f}"


def percent_words(share: float) -> str:
    """A share in per cent, one place."""
    return f"{100 * share:.1f} %"


def _figures_table(variant: str, results: Sequence[Result]) -> str:
    columns = [result.figures.get(variant, {}) for result in results]
    metrics = list(dict.fromkeys(name for column in columns for name in column))
    body = [
        [name, *(number_words(name, column[name]) if name in column else "-" for column in columns)] for name in metrics
    ]
    return markdown_table(["", *(result.method for result in results)], body)


def _base_markdown(result: Result) -> str:
    tables = [f"#### {title}\n\n{_difference_table(named)}" for title, named in result.differences.items()]
    return "\n\n".join([f"### {result.method}: differences between ways of drawing", *tables])


def _pair_markdown(protocol: EvaluationProtocol, first: Result, second: Result) -> str:
    tables = [
        f"#### {variant}\n\n{_difference_table(named)}"
        for variant, named in difference_of(protocol, first, second).items()
    ]
    return "\n\n".join([f"### {second.method} - {first.method}", *tables])


def _difference_table(differences: Mapping[str, Difference]) -> str:
    body = [
        [name, f"{found.mean:+.4f}", f"{found.low:+.4f} to {found.high:+.4f}"]
        for name, found in differences.items()
        if name.startswith(_CONTRASTED)
    ]
    return markdown_table(["", "difference", f"{100 * CONFIDENCE:.0f} % interval (paired bootstrap over images)"], body)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
    return "| " + " | ".join([cells[0].ljust(widths[0]), *padded[1:]]) + " |"
