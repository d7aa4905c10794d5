"""Findings about objects in; a reason in plain words for each, and means by size and by reason, out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from research.findings import Finding
from s2m.evaluation.result import Size, size_of

Reason = Literal[
    "nothing found", "thin parts", "ragged outline", "missed part", "leak to a neighbour", "leak", "not erased", "good"
]
"""Where most of the error lies, or that there is little of it; see ``reason_of``."""

_GOOD_WRONG = 0.02
"""An answer with fewer wrong pixels, as a share of the union, needs no reason."""

_NOTHING_WRONG = 0.95
"""An answer with more wrong pixels has found nothing."""

_THIN = 0.15
"""Thickness over the root of the area, below which an object is thin or branched; a square has about 0.7, a bar of
the thickness t and the length l has sqrt(t / l)."""

_SIMILAR_CONTRAST = 12.0
"""Mean colours nearer than this in CIELAB look alike in a photograph."""

_MANY_PARTS = 3


@dataclass(frozen=True)
class Group:
    """Some objects together.

    Attributes:
        name: of the group.
        objects: how many.
        iou: mean after the last interaction.
        wrong: their part of the sum of 1 - IoU, which says where there is most to win.
    """

    name: str
    objects: int
    iou: float
    wrong: float


def reason_of(finding: Finding) -> Reason:
    """The kind of fault that holds most of the wrong pixels."""
    faults = finding.faults
    if 1 - finding.iou < _GOOD_WRONG:
        return "good"
    if finding.wanted == "nothing":
        return "not erased"
    if faults.wrong > _NOTHING_WRONG:
        return "nothing found"
    shares: list[tuple[float, Reason]] = [
        (faults.thin, "thin parts"),
        (faults.outline, "ragged outline"),
        (faults.missed, "missed part"),
        (faults.neighbour, "leak to a neighbour"),
        (faults.background, "leak"),
    ]
    return max(shares, key=lambda entry: entry[0])[1]


def explanation_of(finding: Finding) -> str:
    """A reason in plain words: the fault, its share of the error, and what makes the object hard."""
    faults, facts = finding.faults, finding.facts
    reason = reason_of(finding)
    fault = {
        "good": "little is wrong",
        "nothing found": "the object was not found",
        "not erased": f"{_percent(1 - finding.iou)} of the mask is left",
        "thin parts": f"thin parts and gaps are lost ({_percent(faults.thin)} of the error)",
        "ragged outline": f"the outline is off by a little ({_percent(faults.outline)} of the error)",
        "missed part": f"a part is missed ({_percent(faults.missed)} of the error)",
        "leak to a neighbour": f"it leaks into another object ({_percent(faults.neighbour)} of the error)",
        "leak": f"it leaks into the background ({_percent(faults.background)} of the error)",
    }[reason]
    notes = [fault]
    if size_of(facts.area_share) == "small":
        notes.append("small object")
    if facts.parts >= _MANY_PARTS:
        notes.append(f"{facts.parts} separate parts")
    if facts.thickness_px < _THIN * math.sqrt(facts.area_px):
        notes.append("thin or branched")
    if facts.contrast is not None and facts.contrast < _SIMILAR_CONTRAST:
        notes.append("colours like its surroundings")
    return "; ".join(notes)


def by_size(findings: Sequence[Finding]) -> list[Group]:
    """Means of small, medium and large objects."""
    return _groups(findings, get_args(Size), lambda finding: size_of(finding.facts.area_share))


def by_reason(findings: Sequence[Finding]) -> list[Group]:
    """Means of objects by where most of their error lies."""
    return _groups(findings, get_args(Reason), reason_of)


def _groups(findings: Sequence[Finding], names: Iterable[str], name_of: Callable[[Finding], str]) -> list[Group]:
    total = sum(1 - finding.iou for finding in findings)
    found: list[Group] = []
    for name in names:
        members = [finding for finding in findings if name_of(finding) == name]
        if members:
            wrong = sum(1 - finding.iou for finding in members) / total if total else 0.0
            found.append(Group(name, len(members), float(np.mean([finding.iou for finding in members])), wrong))
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
