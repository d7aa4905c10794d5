"""What an evaluation kept of an image in; facts and faults of each of its objects out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np

from research.faults import Faults, ObjectFacts, facts_of, faults_of
from s2m.evaluation.interaction import curves_by_variant
from s2m.evaluation.journal import ImageResult, ObjectResult, Wanted
from s2m.evaluation.scene import Scene, Truth


@dataclass(frozen=True)
class Finding:
    """What was found about one object under one variant.

    Attributes:
        image: name of the image.
        object_id: the object.
        variant: the way of drawing.
        wanted: what it works towards.
        number: of the last interaction, which the faults are of.
        first_iou: after the first interaction.
        iou: after the last one.
        boundary_iou: after the last one.
        area_under_curve: the sum of the IoUs, which ranks objects of the same last IoU.
        facts: of the object.
        faults: of the last answer.
    """

    image: str
    object_id: int
    variant: str
    wanted: Wanted
    number: int
    first_iou: float
    iou: float
    boundary_iou: float
    area_under_curve: float
    facts: ObjectFacts
    faults: Faults


_OWN_COLUMNS = [field.name for field in fields(Finding) if field.name not in ("facts", "faults")]

COLUMNS = [*_OWN_COLUMNS, *(field.name for kind in (ObjectFacts, Faults) for field in fields(kind))]
"""The columns of ``row_of``."""


def findings_of(scene: Scene, result: ImageResult) -> list[Finding]:
    """Look closer at the last answer about each object under each variant."""
    facts = {object_id: facts_of(scene.image_rgb, truth) for object_id, truth in scene.truths.items()}
    kept = {(one.variant, one.object_id): one for one in result.objects}
    found: list[Finding] = []
    for variant, curves in curves_by_variant(result.rows).items():
        for curve in curves:
            one = kept[variant, curve.object_id]
            last = curve.rows[-1]
            found.append(
                Finding(
                    curve.image,
                    curve.object_id,
                    variant,
                    one.wanted,
                    last.number,
                    curve.ious[0],
                    last.iou,
                    last.boundary_iou,
                    sum(curve.ious),
                    facts[curve.object_id],
                    faults_of(goal_of(scene, one), _others(scene, curve.object_id), one.mask.unpack(scene.size_hw)),
                )
            )
    return found


def goal_of(scene: Scene, one: ObjectResult) -> Truth:
    """What was wanted: the object's truth, or an empty mask."""
    truth = scene.truths[one.object_id]
    return truth if one.wanted == "object" else Truth(np.zeros_like(truth.mask), np.ones_like(truth.mask))


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The lowest last IoU first, ties by the area under the curve."""
    return sorted(findings, key=lambda finding: (finding.iou, finding.area_under_curve))


def of_first_variant(findings: Sequence[Finding]) -> list[Finding]:
    """The findings under the protocol's first way of drawing."""
    return [finding for finding in findings if finding.variant == findings[0].variant]


def row_of(finding: Finding) -> dict[str, object]:
    """A finding as a row of a table."""
    own = {name: getattr(finding, name) for name in _OWN_COLUMNS}
    return {**own, **asdict(finding.facts), **asdict(finding.faults)}


def _others(scene: Scene, object_id: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """The pixels (H, W) of all other objects."""
    others = np.zeros(scene.size_hw, dtype=np.bool_)
    for key, truth in scene.truths.items():
        others |= truth.mask & (key != object_id)
    return others
