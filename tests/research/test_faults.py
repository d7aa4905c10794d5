from __future__ import annotations

import numpy as np
import pytest

from research.faults import Faults, facts_of, faults_of, outline_width_px
from s2m.evaluation.scene import Truth
from s2m.types import BoolArray

SIZE_HW = (120, 160)
NOBODY = np.zeros(SIZE_HW, bool)


def box(top: int, left: int, bottom: int, right: int) -> BoolArray:
    mask = np.zeros(SIZE_HW, bool)
    mask[top:bottom, left:right] = True
    return mask


SQUARE = box(30, 30, 80, 80)


def faults(truth: BoolArray, answer: BoolArray, others: BoolArray = NOBODY) -> Faults:
    return faults_of(Truth(truth, np.ones(SIZE_HW, bool)), others, answer)


def test_the_width_of_the_outline_grows_with_the_image_but_is_two_pixels_at_least() -> None:
    assert outline_width_px((480, 640)) == 4
    assert outline_width_px(SIZE_HW) == 2


def test_a_perfect_answer_has_no_fault() -> None:
    assert faults(SQUARE, SQUARE) == Faults(0, 0, 0, 0, 0, 0)


def test_an_outline_off_by_two_pixels_is_all_outline() -> None:
    assert faults(SQUARE, box(28, 28, 82, 82)).outline > 0.95
    assert faults(SQUARE, box(32, 32, 78, 78)).outline == 1


def test_a_part_that_is_missed_is_mostly_missed() -> None:
    found = faults(SQUARE, box(30, 30, 80, 60))
    assert found.missed > 0.7
    assert found.outline == pytest.approx(1 - found.missed)
    assert found.wrong == pytest.approx(0.4)


def test_a_leak_is_told_apart_by_where_it_runs_to() -> None:
    answer = box(30, 30, 80, 120)
    to_neighbour = faults(SQUARE, answer, others=box(30, 80, 80, 120))
    assert to_neighbour.neighbour > 0.9
    assert to_neighbour.background == 0
    assert faults(SQUARE, answer).background == to_neighbour.neighbour


def test_a_lost_wire_and_a_filled_slit_are_thin() -> None:
    wire = box(50, 80, 53, 150)
    assert faults(SQUARE | wire, SQUARE).thin > 0.9
    slit = box(30, 50, 70, 53)
    assert faults(SQUARE & ~slit, SQUARE).thin > 0.9


def test_corners_are_not_thin() -> None:
    assert faults(SQUARE, NOBODY).thin == 0


def test_unknown_pixels_are_not_wrong() -> None:
    valid = ~box(0, 60, 120, 160)
    assert faults_of(Truth(SQUARE, valid), NOBODY, box(30, 30, 80, 60)).wrong == 0


def test_facts_tell_size_parts_thickness_and_contrast() -> None:
    image = np.full((*SIZE_HW, 3), 255, np.uint8)
    mask = SQUARE | box(100, 30, 104, 150) | box(0, 0, 2, 2)
    image[mask] = 0
    facts = facts_of(image, Truth(mask, np.ones(SIZE_HW, bool)))
    assert facts.area_px == mask.sum()
    assert facts.area_share == pytest.approx(mask.mean(), abs=1e-6)
    assert facts.parts == 2
    assert facts.contrast == pytest.approx(100, abs=0.1)
    wire = facts_of(image, Truth(box(100, 30, 104, 150), np.ones(SIZE_HW, bool)))
    assert 3.5 < wire.thickness_px < 5


def test_an_object_that_fills_the_picture_has_no_contrast() -> None:
    everything = np.ones(SIZE_HW, bool)
    assert facts_of(np.zeros((*SIZE_HW, 3), np.uint8), Truth(everything, everything)).contrast is None
