"""Results in; the sections of a report on convergence, reliability and what goes wrong, in Markdown, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from s2m.evaluation.convergence import CLEARLY, Convergence, convergence_of
from s2m.evaluation.explanations import Group, by_reason, by_size, explanation_of
from s2m.evaluation.findings import Finding
from s2m.evaluation.markdown import markdown_table, percent_words
from s2m.evaluation.metrics import interactions_to
from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.reliability import reliability_of
from s2m.evaluation.results import Result, finding_of, worst_curves
from s2m.evaluation.turns import Curve

WORST = 20
"""Objects that the report lists as the worst."""

_STATED_NUMBERS = (1, 2, 3, 5, 10, 20)
_GOAL_IOU = 0.85


def convergence_markdown(protocol: EvaluationProtocol, results: Sequence[Result]) -> str:
    """Whether every further interaction helped; nothing for protocols of one answer."""
    if protocol.most < 2 or not any(result.curves for result in results):
        return ""
    numbers = [number for number in _STATED_NUMBERS if number <= protocol.most]
    head = ["", *(f"IoU@{number}" for number in numbers), f"failures@{100 * _GOAL_IOU:.0f}"]
    head += ["interactions after the first", "lowered the IoU", f"by more than {CLEARLY}"]
    body = [
        [f"{result.contender}, {variant}", *_convergence_row(protocol, curves, numbers)]
        for result in results
        for variant, curves in result.curves.items()
    ]
    parts = ["### Convergence: does every further interaction help?", markdown_table(head, body)]
    for result in results:
        for variant, curves in list(result.curves.items())[:1]:
            parts.append(f"#### {result.contender}, {variant}\n\n{_steps_table(convergence_of(curves))}")
    return "\n\n".join(parts)


def reliability_markdown(results: Sequence[Result]) -> str:
    """How far predicted probabilities are from what was observed; nothing where no answer says how sure it is."""
    body = []
    for result in results:
        for variant, named in result.tallies.items():
            for name, tally in named.items():
                found = reliability_of(tally)
                errors = [f"{found.expected_error:.4f}", f"{found.doubt_error:.3f}", percent_words(found.doubt_share)]
                body.append([f"{result.contender}, {variant}, {name} answer", *errors])
    head = ["", "expected calibration error", "in doubt alone", "pixels in doubt"]
    return f"### Reliability\n\n{markdown_table(head, body)}" if body else ""


def groups_markdown(results: Sequence[Result]) -> str:
    """Means by the size of objects and by where their error lies, of each contender's first way of drawing."""
    parts = []
    for result in results:
        for variant, findings in list(result.findings.items())[:1]:
            if findings:
                title = f"### {result.contender}, {variant}: by size, by where most of the error lies, and its shares"
                parts.append(title)
                parts += [_groups_table("size", by_size(findings)), _groups_table("reason", by_reason(findings))]
                parts.append(_shares_table(findings))
    return "\n\n".join(parts)


def worst_markdown(result: Result) -> str:
    """The worst objects of the first way of drawing, each with its reason."""
    curves = worst_curves(result)[:WORST]
    body = [_worst_row(curve, finding_of(result, curve)) for curve in curves]
    head = ["image", "object", "share of the image", "turns", "IoU@1", "last IoU", "last boundary IoU"]
    head += ["thin", "outline", "missed", "leaked", "parts", "thickness", "contrast", "why"]
    variant = f", {curves[0].variant}" if curves else ""
    return f"### {result.contender}{variant}: the worst {len(body)}\n\n{markdown_table(head, body)}"


def _convergence_row(protocol: EvaluationProtocol, curves: Sequence[Curve], numbers: Iterable[int]) -> list[str]:
    means = [float(np.mean([curve.after(number).iou for curve in curves])) for number in numbers]
    failed = np.mean([not interactions_to(curve.ious, _GOAL_IOU, protocol.most)[1] for curve in curves])
    found = convergence_of(curves)
    shares = [percent_words(found.lowered), percent_words(found.clearly_lowered)]
    return [*(f"{mean:.3f}" for mean in means), percent_words(float(failed)), str(found.interactions), *shares]


def _steps_table(found: Convergence) -> str:
    head = ["interaction", "objects that got it", "mean change of IoU", "lowered it", f"by more than {CLEARLY}"]
    body = [
        [
            str(step.number),
            str(step.objects),
            f"{step.mean_change:+.4f}",
            percent_words(step.lowered),
            percent_words(step.clearly_lowered),
        ]
        for step in found.steps
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


def _worst_row(curve: Curve, finding: Finding) -> list[str]:
    first, last = curve.lines[0], curve.lines[-1]
    faults, facts = finding.faults, finding.facts
    scores = [f"{value:.3f}" for value in (first.iou, last.iou, last.boundary_iou)]
    leaked = faults.neighbour + faults.background
    shares = [f"{100 * share:.0f} %" for share in (faults.thin, faults.outline, faults.missed, leaked)]
    contrast = "-" if facts.contrast is None else f"{facts.contrast:.0f}"
    made_of = [str(facts.parts), f"{facts.thickness_px:.0f} px", contrast]
    place = [curve.image, str(curve.object_id), percent_words(facts.area_share), str(last.number)]
    return [*place, *scores, *shares, *made_of, explanation_of(finding)]
