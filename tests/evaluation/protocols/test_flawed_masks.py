from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from s2m.evaluation.protocols.correcting import IOU_RANGE, Flaw, flawed_mask
from s2m.evaluation.scene import Truth, iou


@pytest.fixture
def disc() -> Truth:
    y, x = np.mgrid[:80, :80] - 40
    return Truth(y**2 + x**2 < 400, np.ones((80, 80), bool))


@pytest.mark.parametrize("flaw", get_args(Flaw))
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 29])
def test_flawed_masks_have_the_wanted_iou(disc: Truth, flaw: Flaw, seed: int) -> None:
    mask = flawed_mask(disc, flaw, np.random.default_rng(seed))
    assert mask is not None
    assert IOU_RANGE[0] <= iou(disc.mask, mask, disc.valid) <= IOU_RANGE[1]


def test_each_flaw_errs_on_its_own_side(disc: Truth, rng: np.random.Generator) -> None:
    outside, inside = flawed_mask(disc, "outside", rng), flawed_mask(disc, "inside", rng)
    boundary = flawed_mask(disc, "boundary", rng)
    assert outside is not None
    assert (outside >= disc.mask).all()
    assert inside is not None
    assert (inside <= disc.mask).all()
    assert boundary is not None
    assert (boundary & ~disc.mask).any()
    assert (disc.mask & ~boundary).any()


def test_an_object_that_fills_the_picture_has_no_outside_flaw(rng: np.random.Generator) -> None:
    everything = np.ones((20, 20), bool)
    assert flawed_mask(Truth(everything, everything), "outside", rng) is None
