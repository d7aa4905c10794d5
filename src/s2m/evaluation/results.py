"""The records of a protocol by contender in; figures and differences out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from s2m.evaluation.bootstrap import Difference, compare
from s2m.evaluation.findings import Finding, Record
from s2m.evaluation.measures import means
from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.reliability import Tally, joined
from s2m.evaluation.turns import Curve, curves_by_variant

Figures = Mapping[str, Mapping[str, float]]
"""Named means over objects, by variant."""

Differences = Mapping[str, Mapping[str, Difference]]
"""Named differences by what is compared."""


@dataclass(frozen=True)
class Result:
    """What one contender reached under one protocol.

    Attributes:
        contender: its name.
        curves: by variant.
        figures: means over objects, by variant.
        against_base: differences of each variant from the one that the protocol compares it with.
        findings: about every object, by variant.
        tallies: probabilities after the "first" and after the "last" interaction, by variant; only of those whose
            answers say how sure they are.
    """

    contender: str
    curves: Mapping[str, Sequence[Curve]]
    figures: Figures
    against_base: Differences
    findings: Mapping[str, Sequence[Finding]]
    tallies: Mapping[str, Mapping[str, Tally]]


def result_of(protocol: EvaluationProtocol, contender: str, record: Record) -> Result:
    """Count what happened in the record of a whole data set."""
    curves = curves_by_variant(record.lines)
    findings = {variant: [finding for finding in record.findings if finding.variant == variant] for variant in curves}
    figures = {variant: means(protocol.measures, found) for variant, found in curves.items()}
    against_base = {
        f"{variant} - {base}": compare(protocol.measures, curves[base], curves[variant])
        for variant, base in protocol.compared.items()
        if variant in curves and base in curves
    }
    tallies = {variant: named for variant, found in findings.items() if (named := _tallies(found))}
    return Result(contender, curves, figures, against_base, findings, tallies)


def _tallies(findings: Iterable[Finding]) -> dict[str, Tally]:
    """The tallies after the first and the last interaction over all objects; empty where there are none."""
    pairs = [(finding.first, finding.last) for finding in findings]
    firsts = [first for first, _ in pairs if first is not None]
    lasts = [last for _, last in pairs if last is not None]
    return {"first": joined(firsts), "last": joined(lasts)} if firsts and lasts else {}


def worst_curves(result: Result) -> list[Curve]:
    """The curves of the first variant, the lowest last IoU first, ties by the area under the curve."""
    curves = next(iter(result.curves.values()), ())
    return sorted(curves, key=lambda curve: (curve.ious[-1], sum(curve.ious)))


def finding_of(result: Result, curve: Curve) -> Finding:
    """What was found about the object of a curve."""
    found = result.findings[curve.variant]
    return next(one for one in found if (one.image, one.object_id) == (curve.image, curve.object_id))


def difference_of(protocol: EvaluationProtocol, first: Result, second: Result) -> Differences:
    """Differences from one contender to another, by variant."""
    return {
        variant: compare(protocol.measures, found, second.curves[variant])
        for variant, found in first.curves.items()
        if variant in second.curves
    }
