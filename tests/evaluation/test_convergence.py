from __future__ import annotations

from dataclasses import replace

import pytest

from s2m.evaluation.convergence import changes_of, convergence_of
from s2m.evaluation.turns import Curve, Line

LINE = Line("a", 1, 0.1, "x", 1, 1, 10, 100, 0.5, 0.5, 0.5, 0.1, 0.0, 0.0, 0.1)


def curve(*ious: float, start: float | None = None) -> Curve:
    lines = tuple(replace(LINE, number=number, iou=iou) for number, iou in enumerate(ious, start=1))
    return Curve("a", 1, "x", lines, None if start is None else replace(LINE, number=0, iou=start))


def test_changes_start_from_nothing_or_from_the_mask_that_was_there() -> None:
    assert changes_of(curve(0.5, 0.8)) == pytest.approx((0.5, 0.3))
    assert changes_of(curve(0.5, start=0.7)) == pytest.approx((-0.2,))


def test_each_step_counts_the_objects_that_got_it() -> None:
    found = convergence_of([curve(0.5, 0.7, 0.695), curve(0.6, 0.5)])
    assert [(step.number, step.objects) for step in found.steps] == [(1, 2), (2, 2), (3, 1)]
    assert found.steps[1].mean_change == pytest.approx(0.05)
    assert (found.steps[1].lowered, found.steps[1].clearly_lowered) == (0.5, 0.5)
    assert (found.steps[2].lowered, found.steps[2].clearly_lowered) == (1.0, 0.0)


def test_the_share_of_all_interactions_leaves_out_the_first_of_each_object() -> None:
    found = convergence_of([curve(0.5, 0.7, 0.695), curve(0.6, 0.5)])
    assert found.interactions == 3
    assert found.lowered == pytest.approx(2 / 3)
    assert found.clearly_lowered == pytest.approx(1 / 3)


def test_nothing_drawn_is_no_convergence() -> None:
    assert convergence_of([]).interactions == 0
