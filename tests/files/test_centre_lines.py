from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from s2m.files.centre_lines import lines_of_mask, thin, trace
from s2m.types import BoolArray, ByteArray


def blank() -> ByteArray:
    return np.zeros((100, 140), dtype=np.uint8)


def redrawn(lines: list[NDArray[np.float64]], thickness: int) -> BoolArray:
    canvas = blank()
    for line in lines:
        cv2.polylines(canvas, [line.astype(np.int32)[:, None]], False, 1, thickness)
    return canvas.astype(np.bool_)


def length(line: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def test_a_thick_line_thins_to_its_middle_row() -> None:
    mask = np.zeros((9, 20), dtype=np.bool_)
    mask[2:7, 3:17] = True

    line = thin(mask)

    rows, columns = np.nonzero(line)
    assert set(rows[2:-2].tolist()) == {4}
    assert columns.min() <= 6
    assert columns.max() >= 13


def test_thinning_keeps_pieces_and_holes() -> None:
    canvas = blank()
    cv2.circle(canvas, (40, 50), 25, 1, 7)
    cv2.line(canvas, (90, 20), (130, 80), 1, 5)

    line = thin(canvas.astype(np.bool_))

    assert cv2.connectedComponents(line.astype(np.uint8), connectivity=8)[0] == 3
    assert cv2.connectedComponents((~line).astype(np.uint8), connectivity=4)[0] == 3


def test_one_pixel_is_a_dot() -> None:
    mask = np.zeros((5, 5), dtype=np.bool_)
    mask[2, 3] = True

    (line,) = lines_of_mask(mask, 2.0)

    assert line.tolist() == [[3.0, 2.0]]


def test_every_branch_is_followed() -> None:
    canvas = blank()
    for end in ((20, 20), (120, 20), (70, 90)):
        cv2.line(canvas, (70, 50), end, 1, 3)

    lines = lines_of_mask(canvas.astype(np.bool_), 3.0)

    assert len(lines) == 3
    ends = np.concatenate([line[[0, -1]] for line in lines])
    for end in ((20, 20), (120, 20), (70, 90)):
        assert np.abs(ends - end).sum(axis=1).min() <= 3


def test_a_ring_is_one_closed_line() -> None:
    canvas = blank()
    cv2.circle(canvas, (70, 50), 30, 1, 4)

    (line,) = lines_of_mask(canvas.astype(np.bool_), 4.0)

    assert (line[0] == line[-1]).all()
    assert length(line) == pytest.approx(2 * np.pi * 30, rel=0.06)


def test_spurs_of_the_border_are_dropped() -> None:
    mask = np.zeros((40, 100), dtype=np.bool_)
    mask[15:22, 10:90] = True
    mask[22:24, 50] = True

    lines = lines_of_mask(mask, 7.0)

    assert len(lines) == 1
    assert length(lines[0]) > 65


@pytest.mark.parametrize("thickness", [3, 5, 7])
def test_a_scribble_of_the_pens_thickness_is_drawn_over_again(thickness: int) -> None:
    canvas = blank()
    points = np.array([[15, 80], [40, 20], [60, 80], [90, 25], [125, 75]])
    cv2.polylines(canvas, [points], False, 1, thickness)
    mask = canvas.astype(np.bool_)

    again = redrawn(lines_of_mask(mask, float(thickness)), thickness)

    overlap = (again & mask).sum() / (again | mask).sum()
    assert overlap > 0.8


@pytest.mark.parametrize("thickness", [5, 16, 30])
def test_a_mark_of_any_brush_is_the_line_that_the_brush_went_along(thickness: int) -> None:
    way = np.array([[30.0, 60.0], [70.0, 40.0], [110.0, 55.0]])

    (line,) = lines_of_mask(redrawn([way], thickness), 4.0)

    again, near = redrawn([line], 1), redrawn([way], 9)
    assert (again & near).sum() / again.sum() > 0.95
    assert length(line) == pytest.approx(length(way), abs=13)


def test_a_region_thicker_than_any_brush_is_filled_and_not_left() -> None:
    canvas = blank()
    cv2.ellipse(canvas, (70, 50), (50, 30), 20, 0, 360, 1, -1)
    cv2.circle(canvas, (60, 45), 8, 0, -1)
    mask = canvas.astype(np.bool_)

    lines = lines_of_mask(mask, 2.0)
    again = redrawn(lines, 2)

    assert len(lines) > 3
    assert (again & mask).sum() / mask.sum() > 0.95
    assert (again & ~mask).sum() / mask.sum() < 0.1


def test_no_line_comes_from_nothing() -> None:
    assert lines_of_mask(np.zeros((4, 4), dtype=np.bool_), 3.0) == []
    assert trace(np.zeros((4, 4), dtype=np.bool_), 3.0) == []
