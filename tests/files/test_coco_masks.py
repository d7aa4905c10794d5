from __future__ import annotations

import time
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


@pytest.mark.parametrize("character", ["0", "1", "N", "O", "P", "o"])
@pytest.mark.parametrize("size_hw", [(6, 8), (3000, 4000)])
def test_megabytes_of_one_number_are_refused_at_once(character: str, size_hw: tuple[int, int]) -> None:
    started = time.perf_counter()
    with pytest.raises(ValueError, match=r"^(its runs|a run)"):
        compressed({"counts": character * 2_000_000, "size": list(size_hw)}, size_hw)
    assert time.perf_counter() - started < 5


def test_many_polygons_take_the_time_of_their_outlines() -> None:
    rows, columns = np.divmod(np.arange(20_000), 200)
    squares = [[x, y, x + 10, y, x + 10, y + 10, x, y + 10] for x, y in zip(columns * 15.0, rows * 15.0, strict=True)]
    started = time.perf_counter()

    mask = mask_of(squares, (1600, 3100))

    assert mask.sum() == 20_000 * 100
    assert time.perf_counter() - started < 10


def test_outlines_that_no_image_needs_are_refused() -> None:
    zigzag = [float(value) for index in range(5000) for value in (index % 2 * 9e5, index)]

    with pytest.raises(ValueError, match=r"^it has outlines of [\d,]+ pixels, at most"):
        compressed([zigzag], (60, 80))


def test_run_lengths_may_be_floats_and_lists_of_parts() -> None:
    mask = np.zeros((6, 8), dtype=bool)
    mask[1:4, 2:5] = True
    counts = run_lengths(PlacedMask.of(mask), (6, 8))
    rest = {"size": [6, 8], "counts": [47, 1]}

    np.testing.assert_array_equal(mask_of({"size": [6, 8], "counts": [float(each) for each in counts]}, (6, 8)), mask)
    assert mask_of([{"size": [6, 8], "counts": counts}, rest], (6, 8)).sum() == mask.sum() + 1
