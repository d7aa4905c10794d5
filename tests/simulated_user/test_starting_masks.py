"""Masks that sessions start from resemble the truth, or reach the IoU that is wanted."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from s2m.simulated_user.published import SimulatorSettings
from s2m.simulated_user.starting_masks import IOU_TOLERANCE, flawed_mask, perturb_mask
from s2m.types import BoolArray
from true_masks import SIZE, blob

seeds = st.integers(0, 2**32 - 1)
IOU_RANGE = SimulatorSettings().iou_range
targets = st.floats(*IOU_RANGE)


def perturbed_iou(truth: BoolArray, target: float, seed: int) -> float:
    mask = perturb_mask(truth, target, IOU_RANGE, np.random.default_rng(seed))
    return float((mask & truth).sum() / (mask | truth).sum())


@settings(max_examples=60, deadline=None)
@given(seed=seeds, target=targets)
@example(seed=36244, target=IOU_RANGE[0])
@example(seed=1952587, target=0.40625)
def test_a_perturbed_mask_falls_to_its_iou_and_stays_in_the_range(seed: int, target: float) -> None:
    truth = blob(seed)
    iou = perturbed_iou(truth, target, seed)
    # At the end of the range the last pixel may be one too many.
    assert max(IOU_RANGE[0], target - IOU_TOLERANCE) <= iou < target + 1 / truth.sum()


@settings(max_examples=100, deadline=None)
@given(
    seed=seeds,
    target=targets,
    rows=st.tuples(st.integers(0, SIZE - 1), st.integers(1, SIZE)),
    columns=st.tuples(st.integers(0, SIZE - 1), st.integers(1, SIZE)),
)
@example(seed=0, target=0.6, rows=(40, 1), columns=(40, 1))
@example(seed=0, target=0.6, rows=(0, SIZE), columns=(0, SIZE - 1))
def test_masks_of_any_extent_stay_in_the_range(
    seed: int, target: float, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    truth = np.zeros((SIZE, SIZE), dtype=bool)
    truth[rows[0] : sum(rows), columns[0] : sum(columns)] = True
    iou = perturbed_iou(truth, target, seed)
    if truth.all():  # It has no outline to move.
        assert iou == 1
    else:
        assert IOU_RANGE[0] <= iou <= IOU_RANGE[1]


def test_flawed_masks_resemble_the_truth_but_differ_from_it() -> None:
    truth = np.zeros((64, 64), np.bool_)
    truth[16:48, 8:40] = True
    overlaps = []
    for seed in range(30):
        flawed = flawed_mask(truth, np.random.default_rng(seed))
        overlaps.append((flawed & truth).sum() / (flawed | truth).sum())
    assert 0.4 < np.mean(overlaps) < 0.97
