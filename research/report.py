"""Findings and curves in; a report on what goes wrong, in Markdown, out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from research.explanations import Group, by_reason, by_size, explanation_of
from research.findings import Finding, of_first_variant, worst_first
from s2m.evaluation.interaction import Curve
from s2m.evaluation.journal import Settings
from s2m.evaluation.report import markdown_table, percent_words
from s2m.evaluation.result import CLEARLY

WORST = 20
"""Objects that are listed and drawn as the worst."""


@dataclass(frozen=True)
class Step:
    """What an interaction of one number did, over the objects that got it.

    Attributes:
        number: 1, 2, ...
        objects: how many objects got it.
        mean_change: of the IoU.
        lowered: share of the objects whose IoU it lowered.
        clearly_lowered: share of the objects that lost more than ``CLEARLY``.
    """

    number: int
    objects: int
    mean_change: float
    lowered: float
    clearly_lowered: float


def errors_markdown(
    settings: Settings, curves: Sequence[Curve], findings: Sequence[Finding], pictures: Sequence[str]
) -> str:
    """The report on a protocol's first way of drawing.

    Args:
        settings: what was measured.
        curves: of the first way of drawing.
        findings: of all of them.
        pictures: file names of pictures beside the report.
    """
    first = of_first_variant(findings)
    parts = [f"# Errors: {settings.data}, {settings.protocol}, {settings.method}, {first[0].variant}"]
    parts += [f"![{name}]({name})" for name in pictures]
    parts += ["## Each interaction", _steps_table(steps_of(curves))]
    parts += ["## By size", _groups_table("size", by_size(first))]
    parts += ["## By where most of the error lies", _groups_table("reason", by_reason(first)), _shares_table(first)]
    worst = worst_first(first)[:WORST]
    parts += [f"## The worst {len(worst)}", _worst_table(worst)]
    return "\n\n".join(part for part in parts if part) + "\n"


def steps_of(curves: Sequence[Curve]) -> list[Step]:
    """What each interaction did; the first is compared with the starting mask, or with nothing."""
    changes = [curve.changes for curve in curves]
    most = max((len(each) for each in changes), default=0)
    return [
        _step(number, [each[number - 1] for each in changes if len(each) >= number]) for number in range(1, most + 1)
    ]


def _steps_table(steps: Sequence[Step]) -> str:
    head = ["interaction", "objects that got it", "mean change of IoU", "lowered it", f"by more than {CLEARLY}"]
    body = [
        [
            str(step.number),
            str(step.objects),
            f"{step.mean_change:+.4f}",
            percent_words(step.lowered),
            percent_words(step.clearly_lowered),
        ]
        for step in steps
    ]
    return markdown_table(head, body)


def _groups_table(name: str, groups: Sequence[Group]) -> str:
    body = [[group.name, str(group.objects), f"{group.iou:.3f}", percent_words(group.wrong)] for group in groups]
    return markdown_table([name, "objects", "last IoU", "part of all error"], body)


def _shares_table(findings: Sequence[Finding]) -> str:
    """The mean shares of the error, over the objects that have one."""
    wrong = [finding.faults for finding in findings if finding.wanted == "object" and finding.faults.wrong > 0]
    if not wrong:
        return ""
    shares = np.mean([(one.thin, one.outline, one.missed, one.neighbour, one.background) for one in wrong], axis=0)
    head = ["", "thin", "outline", "missed", "leaked to neighbours", "leaked to the background"]
    return markdown_table(head, [["mean share of the error", *(percent_words(float(share)) for share in shares)]])


def _worst_table(findings: Sequence[Finding]) -> str:
    head = ["image", "object", "share of the image", "interactions", "IoU@1", "last IoU", "last boundary IoU"]
    head += ["thin", "outline", "missed", "leaked", "parts", "thickness", "contrast", "why"]
    return markdown_table(head, [_worst_row(finding) for finding in findings])


def _worst_row(finding: Finding) -> list[str]:
    faults, facts = finding.faults, finding.facts
    scores = [f"{value:.3f}" for value in (finding.first_iou, finding.iou, finding.boundary_iou)]
    leaked = faults.neighbour + faults.background
    shares = [f"{100 * share:.0f} %" for share in (faults.thin, faults.outline, faults.missed, leaked)]
    contrast = "-" if facts.contrast is None else f"{facts.contrast:.0f}"
    made_of = [str(facts.parts), f"{facts.thickness_px:.0f} px", contrast]
    place = [finding.image, str(finding.object_id), percent_words(facts.area_share), str(finding.number)]
    return [*place, *scores, *shares, *made_of, explanation_of(finding)]


def _step(number: int, changes: Sequence[float]) -> Step:
    values = np.array(changes)
    return Step(number, len(values), float(values.mean()), _share(values < 0), _share(values < -CLEARLY))


def _share(chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    return float(chosen.mean()) if chosen.size else 0.0
