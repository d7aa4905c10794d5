"""Results in; JSON and Markdown out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations

from s2m.evaluation.bootstrap import CONFIDENCE, Difference
from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.results import Result, difference_of
from s2m.evaluation.tables import Settings
from s2m.evaluation.turns import Curve

WORST = 20
"""Objects that the report lists as the worst."""

_CONTRASTED = ("changed far", "spoiled far", "IoU@", "boundary IoU@", "NoC@", "NoS@", "failures@", "area under")
"""Beginnings of the measures whose differences stand in the report; the JSON has all."""


def summary_json(settings: Settings, result: Result) -> bytes:
    """Settings, figures by variant, and differences from the base variant, as JSON."""
    differences = {
        variant: {name: asdict(difference) for name, difference in named.items()}
        for variant, named in result.against_base.items()
    }
    summary = {"settings": asdict(settings), "figures": result.figures, "differences": differences}
    return (json.dumps(summary, indent=2) + "\n").encode()


def report_markdown(protocol: EvaluationProtocol, data: str, results: Sequence[Result], plots: Sequence[str]) -> str:
    """The report of a protocol on a data set.

    Args:
        protocol: what was done.
        data: name of the data set.
        results: one for each contender.
        plots: file names of pictures beside the report.
    """
    parts = [f"# {protocol.name} on {data}", figures_markdown(results)]
    parts += [f"![{name}]({name})" for name in plots]
    parts += [_base_markdown(result) for result in results if result.against_base]
    parts += [_pair_markdown(protocol, first, second) for first, second in combinations(results, 2)]
    parts += [_worst_markdown(result) for result in results]
    return "\n\n".join(parts) + "\n"


def figures_markdown(results: Sequence[Result]) -> str:
    """A table for each variant: measures down, contenders across."""
    variants = list(dict.fromkeys(variant for result in results for variant in result.figures))
    return "\n\n".join(f"### {variant}\n\n{_figures_table(variant, results)}" for variant in variants)


def markdown_table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A Markdown table with its columns lined up; the first is left aligned, the others right."""
    widths = [max(3, *(len(row[column]) for row in (head, *body))) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [_row(head, widths), "| " + " | ".join(rule) + " |", *(_row(row, widths) for row in body)]
    return "\n".join(lines)


def number_words(measure: str, value: float) -> str:
    """A figure for people: shares in per cent, counts with two places, scores with three."""
    if measure == "objects":
        return f"{value:.0f}"
    if measure.startswith("failures") or "far away" in measure:
        return f"{100 * value:.2f} %"
    if measure.startswith(("NoC", "NoS", "ink", "seconds to")):
        return f"{value:.2f}"
    return f"{value:.3f}"


def _figures_table(variant: str, results: Sequence[Result]) -> str:
    columns = [result.figures.get(variant, {}) for result in results]
    measures = list(dict.fromkeys(name for column in columns for name in column))
    body = [
        [name, *(number_words(name, column[name]) if name in column else "-" for column in columns)]
        for name in measures
    ]
    return markdown_table(["", *(result.contender for result in results)], body)


def _base_markdown(result: Result) -> str:
    tables = [f"#### {title}\n\n{_difference_table(named)}" for title, named in result.against_base.items()]
    return "\n\n".join([f"### {result.contender}: differences between ways of drawing", *tables])


def _pair_markdown(protocol: EvaluationProtocol, first: Result, second: Result) -> str:
    tables = [
        f"#### {variant}\n\n{_difference_table(named)}"
        for variant, named in difference_of(protocol, first, second).items()
    ]
    return "\n\n".join([f"### {second.contender} - {first.contender}", *tables])


def _difference_table(differences: Mapping[str, Difference]) -> str:
    body = [
        [name, f"{found.mean:+.4f}", f"{found.low:+.4f} to {found.high:+.4f}"]
        for name, found in differences.items()
        if name.startswith(_CONTRASTED)
    ]
    return markdown_table(["", "difference", f"{100 * CONFIDENCE:.0f} % interval (paired bootstrap over images)"], body)


def _worst_markdown(result: Result) -> str:
    body = [_worst_row(curve) for curve in worst_curves(result)[:WORST]]
    head = ["image", "object", "variant", "share of the image", "turns", "IoU@1", "last IoU", "last boundary IoU"]
    return f"### {result.contender}: the worst {len(body)}\n\n{markdown_table(head, body)}"


def worst_curves(result: Result) -> list[Curve]:
    """The curves of the first variant, the lowest last IoU first, ties by the area under the curve."""
    curves = next(iter(result.curves.values()), ())
    return sorted(curves, key=lambda curve: (curve.ious[-1], sum(curve.ious)))


def _worst_row(curve: Curve) -> list[str]:
    first, last = curve.lines[0], curve.lines[-1]
    share = f"{100 * first.area_share:.1f} %"
    numbers = [f"{value:.3f}" for value in (first.iou, last.iou, last.boundary_iou)]
    return [curve.image, str(curve.object_id), curve.variant, share, str(last.number), *numbers]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
    return "| " + " | ".join([cells[0].ljust(widths[0]), *padded[1:]]) + " |"
