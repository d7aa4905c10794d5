from __future__ import annotations

import numpy as np

from s2m.simulated_user.clicks import Click, next_click


def test_the_first_click_is_the_deepest_point_of_the_object() -> None:
    truth = np.zeros((9, 9), bool)
    truth[2:7, 1:6] = True
    everything = np.ones_like(truth)
    assert next_click(truth, np.zeros_like(truth), everything, everything) == Click(3, 4, "positive")


def test_the_pictures_edge_counts_as_an_edge() -> None:
    truth = np.zeros((5, 9), bool)
    truth[:, :4] = True
    everything = np.ones_like(truth)
    click = next_click(truth, np.zeros_like(truth), everything, everything)
    assert click is not None
    assert 1 <= click.column <= 2
    assert click.row in (1, 2, 3)


def test_the_deeper_of_missed_and_covered_decides_the_sign() -> None:
    truth, answer = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    truth[1:4, 1:4] = True
    answer[10:17, 10:17] = True
    everything = np.ones_like(truth)
    assert next_click(truth, answer, everything, everything) == Click(13, 13, "negative")


def test_of_equally_deep_pixels_the_first_covered_one_is_clicked() -> None:
    rows, columns = np.mgrid[:482, :1284]
    truth, answer = ((rows - 240) ** 2 + (columns - middle) ** 2 <= 200**2 for middle in (320, 962))
    everything = np.ones_like(truth)
    assert next_click(truth, answer, everything, everything) == Click(962, 240, "negative")
    band = (rows > 40) & (rows < 440)
    assert next_click(band, ~everything, everything, everything) == Click(199, 240, "positive")


def test_ignored_and_clicked_pixels_are_never_clicked() -> None:
    truth = np.ones((3, 3), bool)
    nothing, everything = np.zeros_like(truth), np.ones_like(truth)
    unclicked = everything.copy()
    unclicked[1, 1] = False
    click = next_click(truth, nothing, everything, unclicked)
    assert click is not None
    assert (click.column, click.row) != (1, 1)
    assert next_click(truth, nothing, nothing, everything) is None


def test_a_perfect_answer_gets_no_click() -> None:
    truth = np.eye(4, dtype=bool)
    everything = np.ones_like(truth)
    assert next_click(truth, truth, everything, everything) is None


def test_a_click_is_a_dot_in_the_middle_of_its_pixel() -> None:
    stroke = Click(3, 4, "negative").stroke(7)
    np.testing.assert_array_equal(stroke.points_xy, [[3.5, 4.5]])
    assert (stroke.object_id, stroke.sign) == (7, "negative")
