from __future__ import annotations

import numpy as np
import pytest

from s2m.engine.geometry import (
    Frame,
    box_around,
    frame_of_box,
    frame_of_image,
    resize_image,
    resize_maps,
    resize_window,
)


@pytest.mark.parametrize("size_hw", [(480, 640), (10, 4000), (4000, 10), (1, 1), (513, 512)])
def test_network_sides_are_multiples_and_the_long_side_is_the_working_size(size_hw: tuple[int, int]) -> None:
    frame = frame_of_image(size_hw, 512, 32)
    assert max(frame.size_hw) == 512
    assert min(frame.size_hw) >= 32
    assert frame.size_hw[0] % 32 == frame.size_hw[1] % 32 == 0
    assert frame.is_whole_image


def test_the_box_around_a_mask_holds_its_pixels_and_no_more() -> None:
    mask = np.zeros((9, 12), dtype=bool)
    assert box_around(mask) == (0, 0, 0, 0)
    mask[2, 5] = mask[6, 3] = True
    assert box_around(mask) == (3, 2, 6, 7)
    assert box_around(mask.T) == (2, 3, 7, 6)
    assert box_around(np.ones((1, 1), dtype=bool)) == (0, 0, 1, 1)


def test_points_go_to_network_pixels_and_back() -> None:
    frame = frame_of_box((300, 400), (100, 50, 300, 150), 128, 32)
    points = np.array([[100.0, 50.0], [300.0, 150.0], [222.25, 77.5]])
    assert np.allclose(frame.to_network(points)[:2], [[0, 0], [128, 64]])
    assert np.allclose(frame.to_image(frame.to_network(points)), points)


def test_an_image_keeps_its_colours_and_becomes_channels_first() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[..., 0] = 255
    view = resize_image(image, frame_of_image((64, 64), 32, 32))
    assert view.shape == (1, 3, 32, 32)
    assert view.dtype == np.float32
    assert view[0, 0].min() == 1.0
    assert view[0, 1:].max() == 0.0


def test_growing_maps_keeps_pixel_centres() -> None:
    grown = resize_maps(np.array([[[0.0, 1.0]]], np.float32), (1, 4))
    assert grown[0, 0].tolist() == [0.0, 0.25, 0.75, 1.0]


def test_shrinking_maps_averages_areas() -> None:
    assert resize_maps(np.array([[[0.0, 1.0], [1.0, 0.0]]], np.float32), (1, 1)).tolist() == [[[0.5]]]


@pytest.mark.parametrize("size_hw", [(40, 50), (13, 17), (14, 90), (5, 6), (200, 17)])
def test_windows_are_those_of_the_whole(size_hw: tuple[int, int]) -> None:
    maps = np.random.default_rng(0).normal(size=(2, 13, 17)).astype(np.float32)

    whole = resize_maps(maps, size_hw)

    for rows in (slice(0, 3), slice(2, 5), slice(size_hw[0] - 1, size_hw[0])):
        for columns in (slice(0, size_hw[1]), slice(1, 4)):
            window = resize_window(maps, size_hw, rows, columns)
            np.testing.assert_allclose(window, whole[:, rows, columns], atol=1e-4)


def test_a_box_has_its_place_in_maps_of_any_size() -> None:
    frame = Frame((100, 200), (50, 20, 100, 60), (32, 32))
    assert frame.place((100, 200)) == (slice(20, 60), slice(50, 100))
    assert frame.place((50, 100)) == (slice(10, 30), slice(25, 50))
    assert frame.place((1, 1)) == (slice(0, 1), slice(0, 1))
