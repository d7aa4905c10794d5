"""Edges of masks on large photographs follow the image; other objects, thin things and small images stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from s2m.engine.edges import sharpened
from s2m.types import BoolArray, ByteArray, LabelMap

SIZE_HW = (1400, 2000)


def disc(centre_xy: tuple[int, int], radius: int) -> BoolArray:
    y, x = np.ogrid[: SIZE_HW[0], : SIZE_HW[1]]
    return np.asarray((x - centre_xy[0]) ** 2 + (y - centre_xy[1]) ** 2 < radius**2)


@pytest.fixture(scope="module")
def photograph() -> ByteArray:
    """A bright disc on the left, a dark one that touches it, some noise."""
    image = np.full((*SIZE_HW, 3), 110, dtype=np.uint8)
    image[disc((700, 700), 400)] = (220, 180, 120)
    image[disc((1500, 700), 400)] = (30, 40, 90)
    noise = np.random.default_rng(0).integers(-8, 9, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), dtype=np.uint8)


def in_steps(mask: BoolArray, cell: int = 8) -> BoolArray:
    """A mask as a coarse answer gives it."""
    small = cv2.resize(mask.astype(np.float32), (SIZE_HW[1] // cell, SIZE_HW[0] // cell), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, SIZE_HW[::-1], interpolation=cv2.INTER_NEAREST) > 0.5)


def wrong(labels: LabelMap, object_id: int, truth: BoolArray) -> int:
    return int(((labels == object_id) != truth).sum())


def test_coarse_edges_come_to_lie_where_the_image_has_them(photograph: ByteArray) -> None:
    left, right = disc((700, 700), 400), disc((1500, 700), 400)
    labels = np.where(in_steps(left), 1, np.where(in_steps(right), 2, 0)).astype(np.int32)
    sharp = sharpened(photograph, labels, (1, 2))
    for object_id, truth in ((1, left), (2, right)):
        assert wrong(sharp, object_id, truth) < 0.4 * wrong(labels, object_id, truth)
    assert sharp.dtype == labels.dtype
    assert set(np.unique(sharp)) == {0, 1, 2}


def test_no_islands_and_holes_come_up(photograph: ByteArray) -> None:
    spotted = photograph.copy()
    spots = np.random.default_rng(1).random(SIZE_HW) < 0.01
    spotted[cv2.dilate(spots.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = (220, 180, 120)
    labels = in_steps(disc((700, 700), 400)).astype(np.int32)
    labels[200:206, 690:700] = 1  # A small part that stands apart stays.
    sharp = (sharpened(spotted, labels, (1,)) == 1).view(np.uint8)
    assert cv2.connectedComponents(sharp, connectivity=4)[0] == 3
    assert cv2.connectedComponents(1 - sharp, connectivity=4)[0] == 2
    assert sharp[200:206, 690:700].all()


def test_objects_that_are_not_named_lose_no_pixel(photograph: ByteArray) -> None:
    greedy = disc((1500, 700), 430)
    labels = np.where(greedy, 2, np.where(in_steps(disc((700, 700), 400)), 1, 0)).astype(np.int32)
    sharp = sharpened(photograph, labels, (1,))
    np.testing.assert_array_equal(sharp == 2, greedy)
    assert (sharp != labels).any()


def test_thin_things_small_objects_and_small_images_stay(photograph: ByteArray) -> None:
    pole = np.zeros(SIZE_HW, dtype=np.int32)
    pole[200:1200, 990:996] = 1
    np.testing.assert_array_equal(sharpened(photograph, pole, (1,)), pole)
    small = disc((700, 700), 60).astype(np.int32)
    np.testing.assert_array_equal(sharpened(photograph, small, (1,)), small)
    shown, labels = photograph[::4, ::4], in_steps(disc((700, 700), 400))[::4, ::4].astype(np.int32)
    np.testing.assert_array_equal(sharpened(np.ascontiguousarray(shown), labels, (1,)), labels)


def test_an_empty_object_and_the_border_of_the_image(photograph: ByteArray) -> None:
    labels = np.zeros(SIZE_HW, dtype=np.int32)
    np.testing.assert_array_equal(sharpened(photograph, labels, (1, 7)), labels)
    labels[:, :300] = 3
    assert (sharpened(photograph, labels, (3,))[:, 0] == 3).mean() > 0.95


def test_tiles_change_nothing(photograph: ByteArray, monkeypatch: pytest.MonkeyPatch) -> None:
    spotted = photograph.copy()
    spotted[np.random.default_rng(1).random(SIZE_HW) < 0.02] = (220, 180, 120)
    labels = np.where(in_steps(disc((700, 700), 400)), 1, 0).astype(np.uint8)
    whole = sharpened(spotted, labels, (1,))
    monkeypatch.setattr("s2m.engine.edges._TILE_PX", 100)
    np.testing.assert_array_equal(sharpened(spotted, labels, (1,)), whole)
    assert (whole != labels).any()
