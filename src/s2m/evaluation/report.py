"""The figures of some contenders in; JSON and Markdown out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from s2m.evaluation.turns import Figures


def figures_json(figures: Figures) -> bytes:
    """Figures by variant as JSON."""
    return (json.dumps(figures, indent=2) + "\n").encode()


def figures_markdown(by_contender: Mapping[str, Figures]) -> str:
    """A table for each variant: figures down, contenders across."""
    variants = list(dict.fromkeys(variant for figures in by_contender.values() for variant in figures))
    return "\n\n".join(f"### {variant}\n\n{_table(variant, by_contender)}" for variant in variants) + "\n"


def _table(variant: str, by_contender: Mapping[str, Figures]) -> str:
    columns = {name: figures.get(variant, {}) for name, figures in by_contender.items()}
    rows = list(dict.fromkeys(row for column in columns.values() for row in column))
    body = [[row, *(_number(row, column) for column in columns.values())] for row in rows]
    return markdown_table(["", *columns], body)


def markdown_table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A Markdown table with its columns lined up; the first is left aligned, the others right."""
    widths = [max(3, *(len(row[column]) for row in (head, *body))) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [_line(head, widths), "| " + " | ".join(rule) + " |", *(_line(row, widths) for row in body)]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    return (
        "| "
        + " | ".join([first, *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))])
        + " |"
    )


def _number(row: str, column: Mapping[str, float]) -> str:
    value = column.get(row)
    if value is None:
        return "-"
    if row == "objects":
        return f"{value:.0f}"
    if row.startswith("failures"):
        return f"{100 * value:.1f} %"
    return f"{value:.2f}" if row.startswith(("No", "ink")) else f"{value:.3f}"
