"""The lines of a protocol by contender in; figures and differences out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from s2m.evaluation.bootstrap import Difference, compare
from s2m.evaluation.measures import means
from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.turns import Curve, Line, curves_by_variant

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
    """

    contender: str
    curves: Mapping[str, Sequence[Curve]]
    figures: Figures
    against_base: Differences


def result_of(protocol: EvaluationProtocol, contender: str, lines: Sequence[Line]) -> Result:
    """Count what happened in the lines of a whole data set."""
    curves = curves_by_variant(lines)
    figures = {variant: means(protocol.measures, found) for variant, found in curves.items()}
    against_base = {
        f"{variant} - {base}": compare(protocol.measures, curves[base], curves[variant])
        for variant, base in protocol.compared.items()
        if variant in curves and base in curves
    }
    return Result(contender, curves, figures, against_base)


def difference_of(protocol: EvaluationProtocol, first: Result, second: Result) -> Differences:
    """Differences from one contender to another, by variant."""
    return {
        variant: compare(protocol.measures, found, second.curves[variant])
        for variant, found in first.curves.items()
        if variant in second.curves
    }
