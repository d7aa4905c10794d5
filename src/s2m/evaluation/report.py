"""Results in; JSON and Markdown out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations

from s2m.evaluation.bootstrap import CONFIDENCE, Difference
from s2m.evaluation.conclusions import (
    convergence_markdown,
    groups_markdown,
    reliability_markdown,
    worst_markdown,
)
from s2m.evaluation.convergence import convergence_of
from s2m.evaluation.explanations import by_reason, by_size
from s2m.evaluation.markdown import markdown_table, number_words
from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.reliability import reliability_of
from s2m.evaluation.results import Result, difference_of
from s2m.evaluation.tables import Settings

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
"""Beginnings of the measures whose differences stand in the report; the JSON has all."""


def summary_json(settings: Settings, result: Result) -> bytes:
    """Settings; figures, convergence, groups and reliability by variant; differences from the base variant; as JSON."""
    differences = {
        variant: {name: asdict(difference) for name, difference in named.items()}
        for variant, named in result.against_base.items()
    }
    summary = {
        "settings": asdict(settings),
        "figures": result.figures,
        "differences": differences,
        "convergence": {variant: asdict(convergence_of(curves)) for variant, curves in result.curves.items()},
        "sizes": {variant: [asdict(group) for group in by_size(found)] for variant, found in result.findings.items()},
        "reasons": {
            variant: [asdict(group) for group in by_reason(found)] for variant, found in result.findings.items()
        },
        "reliability": {
            variant: {name: asdict(reliability_of(tally)) for name, tally in named.items()}
            for variant, named in result.tallies.items()
        },
    }
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
    parts += [convergence_markdown(protocol, results), reliability_markdown(results), groups_markdown(results)]
    parts += [_base_markdown(result) for result in results if result.against_base]
    parts += [_pair_markdown(protocol, first, second) for first, second in combinations(results, 2)]
    parts += [worst_markdown(result) for result in results if result.findings]
    return "\n\n".join(part for part in parts if part) + "\n"


def figures_markdown(results: Sequence[Result]) -> str:
    """A table for each variant: measures down, contenders across."""
    variants = list(dict.fromkeys(variant for result in results for variant in result.figures))
    if not variants:
        return "No object of these images takes part: none of them has what this protocol needs."
    return "\n\n".join(f"### {variant}\n\n{_figures_table(variant, results)}" for variant in variants)


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
