from __future__ import annotations

import numpy as np
import pytest

from s2m.compat.views import LONGEST, draw_view
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import ImageError
from s2m.files.overlays import object_colour
from s2m.session import Session
from s2m.session.opening import open_image
from s2m.types import ByteArray

LEFT, TOP = 44, 20
"""The margins of the rulers."""


@pytest.fixture
def session(tiny_model: OnnxModel, two_discs: ByteArray) -> Session:
    drawn = open_image(two_discs, Segmenter(tiny_model))
    drawn.draw([(24, 48), (40, 48)], 1)
    drawn.draw([(80, 30), (112, 66)], 2, tool="box")
    return drawn


def is_near(colour: ByteArray, wanted: tuple[int, int, int]) -> bool:
    return bool(np.abs(colour.astype(int) - wanted).max() < 60)


def test_masks_lie_over_the_image_with_rulers_beside_it(session: Session, two_discs: ByteArray) -> None:
    picture = draw_view(two_discs, session.state)
    assert picture.shape == (96 * 8 + TOP, LONGEST + LEFT, 3)
    plain = draw_view(two_discs, session.state, masks=False)
    red, blue = (TOP + 60 * 8, LEFT + 33 * 8), (TOP + 59 * 8, LEFT + 93 * 8)
    assert is_near(plain[red], (200, 30, 30))
    assert is_near(picture[red], tuple(np.add((116, 17, 17), np.multiply(object_colour(1), 0.42)).astype(int)))
    assert not is_near(picture[blue], (30, 30, 200))
    green = (TOP + 5 * 8 + 3, LEFT + 4 * 8)
    np.testing.assert_array_equal(picture[green], plain[green])
    # Numbers of pixels at the top and at the left, where nothing else is.
    assert (picture[:TOP] < 100).any()
    assert (picture[TOP:, :LEFT] < 100).any()


def test_a_part_is_enlarged_and_a_large_image_is_reduced(
    session: Session, two_discs: ByteArray, tiny_model: OnnxModel
) -> None:
    part = draw_view(two_discs, session.state, (20.2, 40.0, 39.5, 60.0))
    assert part.shape == (20 * 8 + TOP, 20 * 8 + LEFT, 3)
    assert draw_view(two_discs, session.state, (-50, -50, 500, 500)).shape == (96 * 8 + TOP, LONGEST + LEFT, 3)
    wide = np.zeros((40, 4000, 3), dtype=np.uint8)
    state = open_image(wide, Segmenter(tiny_model)).state
    assert draw_view(wide, state).shape == (10 + TOP, LONGEST + LEFT, 3)
    for box in ((130, 0, 140, 50), (50, 50, 20, 60), (5, 5, 5, 5)):
        with pytest.raises(ImageError, match="128 x 96"):
            draw_view(two_discs, session.state, box)
