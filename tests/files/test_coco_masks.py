from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco_mask

from s2m.files.coco_masks import compressed, decompressed
from s2m.files.formats.annotation import PlacedMask
from s2m.files.formats.coco import polygons, run_lengths
from s2m.types import BoolArray

# pycocotools is not yet written for NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

MASKS = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def mask_of(segmentation: Any, size_hw: tuple[int, int]) -> BoolArray:
    return decompressed(compressed(segmentation, size_hw), size_hw)


@given(MASKS)
def test_run_lengths_come_back_plain_or_compressed(mask: BoolArray) -> None:
    size_hw = (mask.shape[0], mask.shape[1])
    np.testing.assert_array_equal(mask_of({"counts": run_lengths(PlacedMask.of(mask), size_hw)}, size_hw), mask)
    text = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    np.testing.assert_array_equal(mask_of({"counts": text}, size_hw), mask)


def test_long_run_lengths_come_back() -> None:
    mask = np.zeros((700, 900), dtype=bool)
    mask[100:650, 40:80] = True
    mask[3, 800] = True
    text = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    np.testing.assert_array_equal(mask_of({"counts": text}, (700, 900)), mask)


@given(MASKS)
def test_polygons_come_back(mask: BoolArray) -> None:
    if mask.any():
        size_hw = (mask.shape[0], mask.shape[1])
        np.testing.assert_array_equal(mask_of(polygons(PlacedMask.of(mask), size_hw), size_hw), mask)


def test_polygons_may_reach_out_of_the_image() -> None:
    mask = mask_of([[-5, -5, 4, -5, 4, 3, -5, 3]], (6, 6))
    assert mask.sum() == 12
    assert mask[:3, :4].all()


@pytest.mark.parametrize(
    "segmentation",
    [
        [],
        [[1, 2, 3]],
        [[1, 2, 3, 4]],
        [[0, 0, 1e300, 0, 0, 5]],
        [[0, 0, float("nan"), 0, 0, 5]],
        ["outline"],
        {},
        {"counts": None},
        {"counts": [5]},
        {"counts": [-1, 49]},
        {"counts": [2**64 + 48]},
        {"counts": [2**63, 2**63, 48]},
        {"counts": [2**32, 48]},
        {"counts": [47.5, 0.5]},
        {"counts": ["48"]},
        {"counts": [48], "size": [8, 6]},
        {"counts": "o" * 100_000},
        {"counts": 7},
        7,
        None,
    ],
)
def test_what_is_malformed_is_refused_before_native_code_reads_it(segmentation: Any) -> None:
    with pytest.raises(ValueError, match=r"^(it|a polygon|a run|could not|cannot|setting)"):
        compressed(segmentation, (6, 8))
