"""Tiles of an image at its resolutions."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from s2m.errors import ImageError
from s2m.files.contrast_limits import ContrastLimits
from s2m.types import ByteArray
from s2m.web.pyramid import TILE_SIZE, EncodedTile, build_pyramid, shrink


def pixels(tile: EncodedTile) -> ByteArray:
    return np.asarray(Image.open(io.BytesIO(tile.data)).convert("RGB"))


def noise(height: int, width: int) -> ByteArray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_small_image_is_one_tile_without_loss() -> None:
    image = noise(300, 400)
    pyramid = build_pyramid(image)
    assert len(pyramid.levels) == 1
    assert np.array_equal(pixels(pyramid.cut(0, 0, 0)), image)


def test_a_large_image_is_cut_without_loss_and_halved_until_it_fits() -> None:
    image = noise(1300, 2100)
    pyramid = build_pyramid(image)
    assert [level.shape[:2] for level in pyramid.levels] == [(1300, 2100), (650, 1050), (325, 525), (163, 263)]
    assert np.array_equal(pixels(pyramid.cut(0, 4, 2)), image[1024:, 2048:])
    assert pixels(pyramid.cut(1, 1, 0)).shape == (TILE_SIZE, TILE_SIZE, 3)


def test_levels_show_the_same_colours() -> None:
    image = np.zeros((1024, 2048, 3), dtype=np.uint8)
    image[:, 1024:] = (200, 100, 50)
    coarse = build_pyramid(image).levels[-1]
    assert tuple(coarse[100, -1]) == (200, 100, 50)
    assert tuple(coarse[100, 0]) == (0, 0, 0)


@pytest.mark.parametrize("place", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (0, -1, 0)])
def test_there_are_no_tiles_outside_the_image(place: tuple[int, int, int]) -> None:
    with pytest.raises(ImageError):
        build_pyramid(noise(40, 50)).cut(*place)


def test_an_image_of_one_pixel_has_a_tile() -> None:
    assert pixels(build_pyramid(noise(1, 1)).cut(0, 0, 0)).shape == (1, 1, 3)


def test_contrast_limits_reach_all_bits_at_every_level() -> None:
    numbers = np.full((600, 2000), 1000, dtype=np.uint16)
    numbers[:, 1000:] = 1010
    pyramid = build_pyramid(np.zeros((600, 2000, 3), dtype=np.uint8), numbers)
    assert pyramid.depth is not None
    assert [level.shape for level in pyramid.depth.levels] == [level.shape[:2] for level in pyramid.levels]
    for level, column in ((0, 3), (1, 1), (2, 0)):
        assert pixels(pyramid.cut(level, column, 0, ContrastLimits(1000, 1010)))[10, -10].tolist() == [255, 255, 255]
        assert pixels(pyramid.cut(level, column, 0))[10, -10].tolist() == [0, 0, 0]


def test_without_further_bits_contrast_limits_change_nothing() -> None:
    image = noise(30, 40)
    assert np.array_equal(pixels(build_pyramid(image).cut(0, 0, 0, ContrastLimits(100, 200))), image)


def test_shrinking_never_enlarges() -> None:
    assert shrink(noise(30, 40), 160).shape == (30, 40, 3)
    assert shrink(noise(300, 400), 100).shape == (75, 100, 3)
