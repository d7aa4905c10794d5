from __future__ import annotations

import tracemalloc

import numpy as np

from s2m.session import DropSpecks, FillHoles, Smooth
from s2m.session.cleaning import cleaned, component_count, connected_components, holes, smoothed, without_specks


def ring() -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """A square of 8 x 8 with holes of 1 and 4 pixels, and a speck of one pixel."""
    mask = np.zeros((14, 14), dtype=bool)
    mask[2:10, 2:10] = True
    mask[3, 3] = False
    mask[6:8, 6:8] = False
    mask[12, 12] = True
    return mask


def test_holes_are_found_by_size_and_the_outside_is_none() -> None:
    assert holes(ring(), None).sum() == 5
    assert holes(ring(), 1).sum() == 1
    open_ring = ring()
    open_ring[7, 8:10] = False
    assert holes(open_ring, None).sum() == 1


def test_specks_go_by_size_or_all_but_the_largest() -> None:
    assert without_specks(ring(), None).sum() == 59
    assert without_specks(ring(), 1).sum() == 60
    assert without_specks(ring(), 100).sum() == 0
    assert without_specks(np.zeros((3, 3), dtype=bool), None).sum() == 0


def test_a_smooth_outline_has_no_single_teeth_and_straight_edges_stay() -> None:
    mask = np.zeros((20, 20), dtype=bool)
    mask[:, :10] = True
    toothed = mask.copy()
    toothed[10, 10:13] = True
    np.testing.assert_array_equal(smoothed(mask, 2.0), mask)
    np.testing.assert_array_equal(smoothed(toothed, 2.0)[:, 11:], mask[:, 11:])


def test_cleaning_takes_no_pixel_of_another_object() -> None:
    mask = ring()
    free = ~mask
    free[3, 3] = False
    filled = cleaned(mask, free, FillHoles(object_id=1))
    assert not filled[3, 3]
    assert filled[6, 6]
    assert not (cleaned(mask, np.zeros_like(mask), Smooth(object_id=1)) & ~mask).any()
    assert not cleaned(mask, free, DropSpecks(object_id=1))[12, 12]


def test_connected_components_come_largest_first() -> None:
    mask = ring()
    parts = [part.unpack(mask.shape) for part in connected_components(mask)]
    assert [part.sum() for part in parts] == [59, 1]
    np.testing.assert_array_equal(parts[0] | parts[1], mask)
    assert component_count(mask) == 2
    assert connected_components(np.zeros((3, 3), dtype=bool)) == []
    assert component_count(np.zeros((3, 3), dtype=bool)) == 0


def test_the_components_of_a_thousand_specks_take_little_memory() -> None:
    mask = np.zeros((3000, 4000), dtype=bool)
    mask[10::90, 10::120] = True
    tracemalloc.start()
    parts = connected_components(mask)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(parts) == 34 * 34
    assert peak < 200_000_000
