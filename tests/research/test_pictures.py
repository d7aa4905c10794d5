from __future__ import annotations

import numpy as np

from research.pictures import shown_errors


def test_missed_pixels_are_red_and_wrongly_covered_ones_blue() -> None:
    image = np.zeros((1, 4, 3), np.uint8)
    truth, answer = np.array([[True, True, False, False]]), np.array([[True, False, True, False]])
    shown = shown_errors(image, truth, answer)[0]
    assert shown[[0, 3]].max() == 0
    assert shown[1].argmax() == 0
    assert shown[2].argmax() == 2
