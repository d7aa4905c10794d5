from __future__ import annotations

import numpy as np

from s2m.engine.components import touched_cells, touched_changes, untouched_components
from s2m.types import Stroke


def test_only_the_change_that_is_touched_is_taken_over() -> None:
    before = np.zeros((20, 40), dtype=bool)
    after = before.copy()
    after[2:6, 2:6] = 1
    after[12:16, 30:36] = 1
    touched = np.zeros((20, 40), dtype=bool)
    touched[3, 0:4] = True
    accepted = touched_changes(before, after, touched)
    assert accepted[2:6, 2:6].all()
    assert not accepted[10:, 26:].any()


def test_around_a_change_the_new_answer_holds_where_both_agree() -> None:
    before = np.zeros((20, 40), dtype=bool)
    after = before.copy()
    after[8:12, 8:12] = 1
    after[8:12, 13:15] = 1
    touched = np.zeros((20, 40), dtype=bool)
    touched[9, 9] = True
    accepted = touched_changes(before, after, touched)
    assert accepted[7, 9]
    assert accepted[9, 12]
    assert not accepted[9, 13]
    assert not accepted[4, 9]


def test_a_stroke_that_touches_no_change_takes_nothing_over() -> None:
    before = np.zeros((8, 8), dtype=bool)
    after = before.copy()
    after[5:, 5:] = True
    touched = np.zeros((8, 8), dtype=bool)
    touched[0, 0] = True
    assert not touched_changes(before, after, touched).any()
    assert not touched_changes(before, before, ~touched).any()


def test_parts_that_meet_at_a_corner_are_one_change() -> None:
    before = np.zeros((12, 12), dtype=bool)
    after = before.copy()
    after[0:4, 0:4] = 1
    after[4:8, 4:8] = True
    touched = np.zeros((12, 12), dtype=bool)
    touched[0, 0] = True
    assert touched_changes(before, after, touched)[7, 7]


def test_a_stroke_touches_the_cells_it_runs_over_and_their_neighbours() -> None:
    stroke = Stroke(np.array([[10.0, 20.0], [70.0, 20.0]]))
    cells = touched_cells([stroke, Stroke(np.array([[-50.0, 1e9]]))], (40, 80), (10, 20))
    assert cells[5, 2:18].all()
    assert cells[3, 10]
    assert not cells[1].any()
    assert not cells[9].any()


def test_components_of_a_mask_that_nothing_touches_are_found() -> None:
    mask = np.zeros((20, 60), dtype=bool)
    mask[4:16, 4:16] = mask[4:16, 30:40] = mask[2:4, 55:58] = True
    touched = np.zeros((20, 60), dtype=bool)
    touched[10, 10:25] = True

    untouched = untouched_components(mask, touched)

    assert untouched[4:16, 30:40].all()
    assert untouched[2:4, 55:58].all()
    assert untouched.sum() == 120 + 6


def test_a_narrow_gap_does_not_divide_a_mask() -> None:
    mask = np.zeros((60, 90), dtype=bool)
    mask[10:50, 5:40] = mask[10:50, 44:80] = True
    touched = np.zeros((60, 90), dtype=bool)
    touched[30, 10:20] = True

    assert not untouched_components(mask, touched).any()
    mask[:, 35:60] = False
    assert untouched_components(mask, touched)[30, 70]


def test_where_no_component_is_touched_none_is_dropped() -> None:
    mask = np.zeros((20, 20), dtype=bool)
    touched = np.zeros((20, 20), dtype=bool)
    assert not untouched_components(mask, ~touched).any()
    mask[2:5, 2:5] = True
    assert not untouched_components(mask, touched).any()
