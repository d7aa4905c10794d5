"""The turns of one image in; the lines of its turns, and what was found about each of its objects, out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np

from s2m.evaluation.faults import Faults, ObjectFacts, facts_of, faults_of
from s2m.evaluation.reliability import Tally, tally_of
from s2m.evaluation.scenes import Scene
from s2m.evaluation.turns import Line, Turn, line_of

Wanted = Literal["object", "nothing"]
"""What a way of drawing works towards: the object, or an empty mask."""


@dataclass(frozen=True)
class Finding:
    """What is kept of one object under one variant beside its lines.

    Attributes:
        image: name of the image.
        object_id: the object.
        variant: the way of drawing.
        wanted: what the work is for.
        number: of the last turn, which the faults are of.
        iou: after the last turn.
        facts: of the object.
        faults: of the last answer.
        first: of the answer to the first interaction, where the contender says how sure it is.
        last: of the answer to the last one.
    """

    image: str
    object_id: int
    variant: str
    wanted: Wanted
    number: int
    iou: float
    facts: ObjectFacts
    faults: Faults
    first: Tally | None
    last: Tally | None


_OWN_COLUMNS = ("image", "object_id", "variant", "wanted", "number", "iou")


@dataclass(frozen=True)
class Record:
    """All that is kept of one image, or of several."""

    lines: tuple[Line, ...] = ()
    findings: tuple[Finding, ...] = ()


def record_of(scene: Scene, turns: Iterable[Turn]) -> Record:
    """Note every turn, and look closer at the first and the last of each object."""
    lines: list[Line] = []
    findings: list[Finding] = []
    facts = {object_id: facts_of(scene.image_rgb, truth) for object_id, truth in scene.truths.items()}
    firsts: dict[int, Tally | None] = {}
    lasts: dict[int, Turn] = {}
    variant = ""
    for turn in turns:
        if turn.variant != variant:
            findings += [_finding(scene, last, facts, firsts) for last in lasts.values()]
            firsts, lasts, variant = {}, {}, turn.variant
        lines.append(line_of(scene, turn))
        if turn.number > 0:
            lasts[turn.object_id] = turn
        if turn.number == 1:
            firsts[turn.object_id] = _tally(scene, turn)
    findings += [_finding(scene, last, facts, firsts) for last in lasts.values()]
    return Record(tuple(lines), tuple(findings))


def together(records: Iterable[Record]) -> Record:
    """The records of several images as one."""
    every = list(records)
    return Record(
        tuple(line for record in every for line in record.lines),
        tuple(finding for record in every for finding in record.findings),
    )


def record_of_json(content: Mapping[str, Any]) -> Record:
    """A record from what ``dataclasses.asdict`` and JSON made of it.

    Raises:
        TypeError, KeyError: it is none.
    """
    return Record(
        tuple(Line(**line) for line in content["lines"]),
        tuple(_finding_of_json(finding) for finding in content["findings"]),
    )


def row_of(finding: Finding) -> dict[str, object]:
    """A finding as a row of a table, without the tallies."""
    return {
        **{name: getattr(finding, name) for name in _OWN_COLUMNS},
        **asdict(finding.facts),
        **asdict(finding.faults),
    }


def row_names() -> list[str]:
    """The columns of ``row_of``."""
    return [*_OWN_COLUMNS, *(field.name for kind in (ObjectFacts, Faults) for field in fields(kind))]


def _finding(scene: Scene, turn: Turn, facts: Mapping[int, ObjectFacts], firsts: Mapping[int, Tally | None]) -> Finding:
    truth = scene.truths[turn.object_id] if turn.goal is None else turn.goal
    others = np.zeros_like(truth.mask)
    for object_id, other in scene.truths.items():
        others |= other.mask & (object_id != turn.object_id)
    return Finding(
        scene.name,
        turn.object_id,
        turn.variant,
        "object" if truth.mask.any() else "nothing",
        turn.number,
        round(turn.scores.iou, 6),
        facts[turn.object_id],
        faults_of(truth, others, turn.mask),
        firsts.get(turn.object_id),
        _tally(scene, turn),
    )


def _tally(scene: Scene, turn: Turn) -> Tally | None:
    truth = scene.truths[turn.object_id] if turn.goal is None else turn.goal
    return None if turn.soft_mask is None else tally_of(turn.soft_mask, truth)


def _finding_of_json(content: Mapping[str, Any]) -> Finding:
    nested = {
        "facts": ObjectFacts(**content["facts"]),
        "faults": Faults(**content["faults"]),
        "first": _tally_of_json(content["first"]),
        "last": _tally_of_json(content["last"]),
    }
    return Finding(**{**content, **nested})


def _tally_of_json(content: Mapping[str, Any] | None) -> Tally | None:
    return None if content is None else Tally(**{name: tuple(values) for name, values in content.items()})
