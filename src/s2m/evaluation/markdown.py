"""Rows of words in; a Markdown table, and figures as people read them, out."""

from __future__ import annotations

from collections.abc import Sequence


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
    if measure.startswith(("failures", "left@", "emptied")) or "far away" in measure:
        return f"{100 * value:.2f} %"
    if measure.startswith(("NoC", "NoS", "strokes to", "ink", "seconds to")):
        return f"{value:.2f}"
    return f"{value:.3f}"


def percent_words(share: float) -> str:
    """A share in per cent, one place."""
    return f"{100 * share:.1f} %"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
    return "| " + " | ".join([cells[0].ljust(widths[0]), *padded[1:]]) + " |"
