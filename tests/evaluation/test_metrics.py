from __future__ import annotations

import numpy as np
import pytest

from s2m.evaluation.metrics import Truth, boundary_width_px, inner_boundary, interactions_to, iou


def mask_of(drawing: str) -> np.ndarray:
    return np.array([[cell == "#" for cell in row] for row in drawing.split()])


def test_iou_counts_only_valid_pixels() -> None:
    truth, answer = mask_of("##.. ##.."), mask_of("###. #...")
    assert iou(truth, answer, np.ones_like(truth)) == pytest.approx(3 / 5)
    valid = mask_of("##.# .###")
    assert iou(truth, answer, valid) == pytest.approx(2 / 3)


def test_iou_of_two_empty_masks_is_one_and_of_an_erased_object_is_zero() -> None:
    empty, full = np.zeros((2, 2), bool), np.ones((2, 2), bool)
    assert iou(empty, empty, full) == 1.0
    assert iou(full, empty, full) == 0.0


def test_the_inner_boundary_is_a_ring_and_the_pictures_edge_counts_as_an_edge() -> None:
    full = np.ones((5, 5), bool)
    np.testing.assert_array_equal(inner_boundary(full, 1), mask_of("##### #...# #...# #...# #####"))
    assert not inner_boundary(full, 1, picture_ends=False).any()
    corner = mask_of("###.. ###.. ###.. ..... .....")
    np.testing.assert_array_equal(
        inner_boundary(corner, 1, picture_ends=False), mask_of("..#.. ..#.. ###.. ..... .....")
    )


def test_the_boundary_band_is_two_per_cent_of_the_diagonal() -> None:
    assert boundary_width_px((480, 640)) == 16
    assert boundary_width_px((3, 4)) == 1


def test_boundary_iou_notices_what_iou_hardly_does() -> None:
    truth = np.zeros((100, 100), bool)
    truth[20:80, 20:80] = True
    eroded = np.zeros_like(truth)
    eroded[22:78, 22:78] = True
    scores = Truth(truth, np.ones_like(truth)).scores(eroded)
    assert scores.iou == pytest.approx(56 * 56 / 3600)
    # Width 3: the bands are 60^2 - 54^2 and 56^2 - 50^2 pixels and share 56^2 - 54^2.
    shared = 56**2 - 54**2
    assert scores.boundary_iou == pytest.approx(shared / (60**2 - 54**2 + 56**2 - 50**2 - shared))
    assert scores.trimap_iou == pytest.approx(shared / (60**2 - 54**2))


def test_interactions_are_counted_to_the_first_that_reaches_and_capped() -> None:
    assert interactions_to([0.5, 0.9, 0.8, 0.95], 0.9, 20) == (2, True)
    assert interactions_to([0.5, 0.6], 0.9, 20) == (20, False)
    assert interactions_to([0.5, 0.6, 0.9], 0.9, 2) == (2, False)
