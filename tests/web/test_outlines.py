"""Outlines lie where the label map changes, between the pixels."""

from __future__ import annotations

import cv2
import numpy as np

from s2m.engine.aggregation import label_map_from_logits
from s2m.engine.geometry import resize_maps
from s2m.types import BoolArray, FloatArray
from s2m.web.outlines import Ring, object_margins, settle_margins, trace_pixel_edges
from s2m.web.outlines import trace_outlines as trace_part_outlines


def trace_outlines(margin: FloatArray, image_size_hw: tuple[int, int]) -> tuple[Ring, ...]:
    scale_xy = (image_size_hw[1] / margin.shape[1], image_size_hw[0] / margin.shape[0])
    return trace_part_outlines(margin, scale_xy, (0, 0), image_size_hw)


def disc_margin(radius: float) -> FloatArray:
    """A margin (64, 64): the distance to the edge of a disc about (32, 32), positive inside."""
    y, x = np.mgrid[:64, :64] + 0.5
    return np.asarray(radius - np.hypot(x - 32, y - 32), dtype=np.float32)


def filled(rings: tuple[Ring, ...], size_hw: tuple[int, int]) -> BoolArray:
    """The mask that a page fills."""
    finer = 8
    canvas = np.zeros((size_hw[0] * finer, size_hw[1] * finer), dtype=np.uint8)
    cv2.fillPoly(canvas, [np.round(ring * finer).astype(np.int32) for ring in rings], 1)
    return canvas[finer // 2 :: finer, finer // 2 :: finer] > 0


def test_an_outline_lies_between_the_pixels() -> None:
    (ring,) = trace_outlines(disc_margin(20.3), (64, 64))
    distance = np.hypot(*(ring - 32).T)
    assert np.abs(distance - 20.3).max() < 0.25


def test_outlines_are_in_image_pixels() -> None:
    (ring,) = trace_outlines(disc_margin(20), (640, 1280))
    assert np.allclose(ring.mean(axis=0), (640, 320), atol=12)
    assert np.isclose(ring[:, 0].max(), 52 * 20, atol=10)


def test_holes_have_rings_of_their_own() -> None:
    ring_margin = np.minimum(disc_margin(20), -disc_margin(8))
    rings = trace_outlines(ring_margin, (64, 64))
    assert len(rings) == 2
    mask = filled(rings, (64, 64))
    assert mask[32, 46]
    assert not mask[32, 32]


def test_a_single_pixel_is_seen() -> None:
    margin = np.full((5, 5), -1, dtype=np.float32)
    margin[2, 3] = 1
    (ring,) = trace_outlines(margin, (5, 5))
    assert np.allclose(ring.mean(axis=0), (3.5, 2.5))


def test_a_mask_of_the_whole_image_is_outlined_by_its_edge() -> None:
    (ring,) = trace_outlines(np.ones((6, 8), dtype=np.float32), (6, 8))
    assert ring.min() >= 0
    assert (ring.max(axis=0) <= (8, 6)).all()
    assert filled((ring,), (6, 8)).mean() > 0.9


def test_nothing_has_no_outline() -> None:
    assert trace_outlines(np.full((6, 8), -1, dtype=np.float32), (6, 8)) == ()


def test_margins_are_positive_where_the_label_map_has_the_object() -> None:
    logits = np.random.default_rng(1).normal(0, 3, (3, 20, 30)).astype(np.float32)
    labels = label_map_from_logits(logits, (4, 5, 6))
    for margin, object_id in zip(object_margins(logits), (4, 5, 6), strict=True):
        assert np.array_equal(margin > 0, labels == object_id)


def test_what_is_filled_is_what_the_label_map_has() -> None:
    noise = np.random.default_rng(2).normal(0, 30, (48, 64)).astype(np.float32)
    logits = np.asarray(cv2.GaussianBlur(noise, (0, 0), 4), dtype=np.float32)[None]
    margin = resize_maps(object_margins(logits), (96, 128))[0]
    mask = filled(trace_outlines(margin, (96, 128)), (96, 128))
    assert (mask == (margin > 0)).mean() > 0.985


def test_drawn_pixels_overrule_the_network() -> None:
    mask = np.zeros((6, 6), dtype=bool)
    mask[2:4, 2:4] = True
    settled = settle_margins(np.full((6, 6), 5, dtype=np.float32), mask)
    assert np.array_equal(settled > 0, mask)


def test_no_objects_have_no_margins() -> None:
    assert object_margins(np.zeros((0, 4, 5), dtype=np.float32)).shape == (0, 4, 5)


def test_outlines_of_a_part_lie_where_the_part_is() -> None:
    margin = disc_margin(20)
    (whole,) = trace_outlines(margin, (128, 128))
    (part,) = trace_part_outlines(margin[5:60, 9:63], (2, 2), (9, 5), (128, 128))
    np.testing.assert_allclose(part, whole)


def test_rings_along_pixel_edges_are_the_mask_to_the_pixel() -> None:
    mask = np.random.default_rng(0).random((12, 17)) < 0.5  # Diagonal neighbours, holes, islands in holes.
    rings = trace_pixel_edges(mask, (5, 3))
    filled = np.zeros((12, 17), dtype=bool)
    for ring in rings:
        steps = np.diff(ring, axis=0, append=ring[:1])
        assert ((steps == 0).sum(axis=1) == 1).all()
        # The even-odd rule: each edge that goes down or up turns all pixels right of it.
        for (x, y), (_, down) in zip(ring - (5, 3), steps, strict=True):
            filled[min(y, y + down) : max(y, y + down), x:] ^= True
    assert (filled == mask).all()
