from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotations import hard_masks, random_masks
from s2m.files.formats.rings import Ring, centre_outline, edge_outlines, edge_parts
from s2m.types import BoolArray

MASKS = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def filled_by_centre(rings: list[Ring], size_hw: tuple[int, int]) -> BoolArray:
    """Pixels whose centre lies inside of an odd number of rings."""
    y, x = np.mgrid[: size_hw[0], : size_hw[1]] + 0.5
    inside = np.zeros(size_hw, dtype=bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if y0 != y1:
                inside ^= (min(y0, y1) < y) & (y < max(y0, y1)) & (x > x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def filled_with_its_line(ring: Ring, size_hw: tuple[int, int]) -> BoolArray:
    drawn = np.zeros(size_hw, dtype=np.uint8)
    if ring:
        cv2.fillPoly(drawn, [np.array(ring, dtype=np.int32)], 1)
    return drawn > 0


@given(MASKS)
def test_edges_give_the_mask_again_as_parts_with_holes_and_as_outlines_with_slits(mask: BoolArray) -> None:
    size_hw = (mask.shape[0], mask.shape[1])
    parts = edge_parts(mask)
    np.testing.assert_array_equal(
        filled_by_centre([r for one in parts for r in (one.outer, *one.holes)], size_hw), mask
    )
    np.testing.assert_array_equal(filled_by_centre(edge_outlines(mask), size_hw), mask)


@given(MASKS)
def test_no_ring_meets_itself(mask: BoolArray) -> None:
    for part in edge_parts(mask):
        for ring in (part.outer, *part.holes):
            assert len(set(ring)) == len(ring)


@given(MASKS)
def test_centres_of_a_part_give_it_again_and_bridges_only_add_pixels(mask: BoolArray) -> None:
    size_hw = (mask.shape[0], mask.shape[1])
    assert not (mask & ~filled_with_its_line(centre_outline(mask), size_hw)).any()
    count, parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    for number in range(1, count):
        part = np.asarray(parts == number)
        np.testing.assert_array_equal(filled_with_its_line(centre_outline(part), size_hw), part)


@pytest.mark.parametrize("mask", [*hard_masks(), *random_masks(50)])
def test_hard_and_random_masks_lose_no_pixel(mask: BoolArray) -> None:
    size_hw = (mask.shape[0], mask.shape[1])
    np.testing.assert_array_equal(filled_by_centre(edge_outlines(mask), size_hw), mask)
    assert not (mask & ~filled_with_its_line(centre_outline(mask), size_hw)).any()


def test_two_parts_are_joined_where_they_are_nearest() -> None:
    mask = np.zeros((9, 20), dtype=bool)
    mask[2:7, 1:6] = True
    mask[4, 9:12] = True
    assert (filled_with_its_line(centre_outline(mask), (9, 20)) & ~mask).sum() == 3


def test_an_outline_is_as_short_as_it_can_be() -> None:
    mask = np.zeros((6, 7), dtype=bool)
    mask[1:4, 2:5] = True
    assert edge_outlines(mask) == [[(2, 1), (5, 1), (5, 4), (2, 4)]]
    assert sorted(centre_outline(mask)) == [(2, 1), (2, 3), (4, 1), (4, 3)]
    assert edge_outlines(np.zeros((3, 3), dtype=bool)) == []
    assert centre_outline(np.zeros((3, 3), dtype=bool)) == []
