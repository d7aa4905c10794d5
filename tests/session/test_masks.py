from __future__ import annotations

import base64
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from s2m.engine.aggregation import label_map_from_logits, sigmoid
from s2m.errors import MaskError
from s2m.session import masks
from s2m.session.masks import (
    Layer,
    empty_layer,
    label_map,
    logits_with_hard_pixels,
    object_logits,
    object_mask,
    rebased,
    with_answers,
    without_objects,
)
from s2m.session.packed_masks import ExactMask, HardPixels, PackedMask
from s2m.types import ABSENT_LOGIT, BoolArray

SIZE_HW = (24, 32)


def part(top: int, bottom: int, left: int, right: int) -> BoolArray:
    mask = np.zeros(SIZE_HW, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def layer_of(*logits: float) -> Layer:
    """Objects 1, 2, ... with the same logit everywhere."""
    values = tuple(np.full((12, 16), value, dtype=np.float16) for value in logits)
    return Layer((12, 16), tuple(range(1, len(logits) + 1)), values)


def hard(object_id: int, side: str, mask: BoolArray) -> HardPixels:
    return HardPixels.model_validate({"object_id": object_id, "side": side, "mask": PackedMask.of(mask)})


@given(arrays(bool, st.tuples(st.integers(1, 20), st.integers(1, 20))))
def test_a_packed_mask_unpacks_to_what_it_was(mask: BoolArray) -> None:
    packed = PackedMask.model_validate_json(PackedMask.of(mask).model_dump_json())
    packed.check((mask.shape[0], mask.shape[1]))
    np.testing.assert_array_equal(packed.unpack((mask.shape[0], mask.shape[1])), mask)


@pytest.mark.parametrize(
    ("box", "data"),
    [
        ((0, 0, 99, 4), PackedMask.of(part(0, 4, 0, 4)).data),
        ((0, 0, 4, 4), "no base64!"),
        ((0, 0, 4, 4), base64.b64encode(b"no zlib").decode()),
        ((0, 0, 16, 16), base64.b64encode(zlib.compress(b"\xff")).decode()),
    ],
)
def test_a_packed_mask_that_does_not_fit_or_is_forged_is_refused(box: tuple[int, int, int, int], data: str) -> None:
    with pytest.raises(MaskError):
        PackedMask(box_xyxy=box, data=data).check(SIZE_HW)


def test_a_packed_mask_cannot_unpack_to_more_than_its_box() -> None:
    bomb = base64.b64encode(zlib.compress(b"\xff" * 10_000_000)).decode()
    assert PackedMask(box_xyxy=(0, 0, 4, 4), data=bomb).crop().shape == (4, 4)


def test_an_empty_layer_has_no_object_anywhere() -> None:
    assert not label_map(empty_layer(SIZE_HW), SIZE_HW, ()).any()
    assert empty_layer((3000, 6000)).size_hw == (512, 1024)


def test_the_label_map_is_that_of_the_network_where_nothing_else_is_said() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(2, *SIZE_HW)).astype(np.float16)
    layer = Layer(SIZE_HW, (4, 9), tuple(logits))
    expected = label_map_from_logits(logits.astype(np.float32), (4, 9))
    np.testing.assert_array_equal(label_map(layer, SIZE_HW, ()), expected)


def test_hard_pixels_win_and_later_ones_win_over_earlier_ones() -> None:
    layer = replace(
        layer_of(3.0, -3.0),
        hard=(
            hard(2, "in", part(0, 10, 0, 10)),
            hard(2, "out", part(0, 5, 0, 10)),
            hard(0, "out", part(20, 24, 0, 32)),
        ),
    )
    labels = label_map(layer, SIZE_HW, ())
    assert (labels[5:10, :10] == 2).all()
    assert (labels[:5, :10] == 0).all()
    assert (labels[20:] == 0).all()
    assert (labels[:20, 10:] == 1).all()


def test_exact_masks_hold_where_the_network_changed_nothing() -> None:
    exact = part(3, 9, 3, 8)
    changed = np.zeros((12, 16), dtype=bool)
    changed[6:] = True
    layer = replace(layer_of(4.0), exact=(ExactMask(object_id=1, mask=PackedMask.of(exact)),), changed={1: changed})
    labels = label_map(layer, SIZE_HW, ())
    np.testing.assert_array_equal(labels[:12] == 1, exact[:12])
    assert (labels[12:] == 1).all()


def test_locked_objects_are_what_they_were_whatever_the_others_do() -> None:
    lock = ExactMask(object_id=2, mask=PackedMask.of(part(4, 8, 4, 8)))
    layer = replace(layer_of(5.0, 5.0), hard=(hard(1, "in", part(0, 24, 0, 32)),))
    labels = label_map(layer, SIZE_HW, (lock,))
    np.testing.assert_array_equal(labels == 2, part(4, 8, 4, 8))
    np.testing.assert_array_equal(object_mask(layer, 2, SIZE_HW, (lock,)), part(4, 8, 4, 8))


def test_an_objects_own_mask_does_not_see_the_others() -> None:
    layer = replace(layer_of(2.0, 5.0), hard=(hard(2, "in", part(0, 9, 0, 9)), hard(1, "out", part(0, 3, 0, 3))))
    mask = object_mask(layer, 1, SIZE_HW, ())
    assert not mask[:3, :3].any()
    assert mask[3:, 3:].all()


def test_rebased_masks_come_out_as_they_went_in_even_against_hard_pixels() -> None:
    before = replace(layer_of(3.0, -3.0), hard=(hard(2, "in", part(0, 10, 0, 10)), hard(1, "out", part(5, 20, 5, 20))))
    goal = {1: part(2, 18, 2, 12), 3: part(18, 24, 0, 32)}
    wanted = [ExactMask(object_id=one, mask=PackedMask.of(mask)) for one, mask in goal.items()]
    for overlap in ("exclusive", "overlapping"):
        after = rebased(before, wanted, SIZE_HW, "exclusive" if overlap == "exclusive" else "overlapping")
        for object_id, mask in goal.items():
            np.testing.assert_array_equal(object_mask(after, object_id, SIZE_HW, ()), mask)
    labels = label_map(rebased(before, wanted, SIZE_HW, "exclusive"), SIZE_HW, ())
    assert set(np.unique(labels)) == {0, 1, 3}


def test_a_rebased_layer_tells_the_network_about_its_masks() -> None:
    mask = ExactMask(object_id=7, mask=PackedMask.of(part(0, 12, 0, 32)))
    told = object_logits(rebased(empty_layer(SIZE_HW), [mask], SIZE_HW, "exclusive")).of(7)
    assert told is not None
    assert (sigmoid(told)[:12] > 0.9).all()
    assert (sigmoid(told)[12:] < 0.1).all()


def test_the_network_is_told_about_hard_pixels() -> None:
    pixels = (hard(1, "in", part(0, 4, 0, 4)), hard(2, "out", part(12, 24, 0, 1)))
    layer = replace(layer_of(-9.0, 9.0), hard=pixels)
    first, second = (logits_with_hard_pixels(layer, one, SIZE_HW) for one in (1, 2))
    assert first is not None
    assert second is not None
    assert first[0, 0] == pytest.approx(-ABSENT_LOGIT, abs=0.001)
    assert second[0, 0] == ABSENT_LOGIT
    assert sigmoid(second)[8, 0] == pytest.approx(0.5, abs=0.01)
    assert sigmoid(second)[8, 1] > 0.9


def test_an_object_that_was_only_painted_is_told_about_and_one_that_is_nowhere_is_not() -> None:
    layer = replace(layer_of(-9.0), hard=(hard(5, "in", part(0, 4, 0, 4)),))
    painted = logits_with_hard_pixels(layer, 5, SIZE_HW)
    assert painted is not None
    np.testing.assert_array_equal(painted[:2, :2] > 0, np.ones((2, 2), dtype=bool))
    assert not (painted[2:] > 0).any()
    assert logits_with_hard_pixels(layer, 6, SIZE_HW) is None


def test_an_exact_mask_of_another_object_holds_when_one_changes() -> None:
    exact = tuple(ExactMask(object_id=one, mask=PackedMask.of(part(3, 9, 3 + one, 4 + one))) for one in (1, 2))
    layer = replace(layer_of(-3.0, -3.0), exact=exact)
    after = with_answers(layer, {1: np.full((12, 16), 5.0, dtype=np.float16)})
    labels = label_map(after, SIZE_HW, ())
    np.testing.assert_array_equal(labels == 2, part(3, 9, 5, 6))
    assert (labels[labels != 2] == 1).all()


def test_objects_that_go_leave_nothing_behind() -> None:
    layer = replace(
        layer_of(1.0, 2.0),
        exact=(ExactMask(object_id=1, mask=PackedMask.of(part(0, 2, 0, 2))),),
        hard=(hard(1, "in", part(0, 3, 0, 3)), hard(2, "in", part(4, 5, 0, 3))),
    )
    left = without_objects(layer, {1})
    assert left.object_ids == (2,)
    assert len(left.logits) == 1
    assert left.exact == ()
    assert [pixels.object_id for pixels in left.hard] == [2]


def test_large_images_are_done_in_tiles_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:12, 0:16]
    discs = [5 - np.hypot(y - centre_y, x - centre_x) * 1.5 for centre_y, centre_x in ((4, 4), (6, 8), (9, 13))]
    logits = (np.array(discs) + rng.normal(size=(3, 12, 16)) / 2).astype(np.float16)
    layer = Layer((12, 16), (1, 2, 9), tuple(logits))
    at_once = label_map(layer, (96, 130), ())
    assert set(np.unique(at_once)) == {0, 1, 2, 9}
    monkeypatch.setattr(masks, "_MAX_PIXELS_AT_ONCE", 0)
    for tile_px in (7, 16, 64, 1000):
        monkeypatch.setattr(masks, "_TILE_PX", tile_px)
        assert (label_map(layer, (96, 130), ()) == at_once).mean() > 0.999


def test_tiles_with_one_object_are_decided_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    y, x = np.mgrid[0:12, 0:16]
    logits = (2 - np.hypot(y - 6, x - 5) / 2).astype(np.float16)
    layer = Layer((12, 16), (3,), (logits,))
    at_once = label_map(layer, (96, 130), ())
    monkeypatch.setattr(masks, "_MAX_PIXELS_AT_ONCE", 0)
    assert (label_map(layer, (96, 130), ()) == at_once).mean() > 0.999


def test_tiles_are_filled_by_the_object_that_surely_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "_MAX_PIXELS_AT_ONCE", 0)
    assert (label_map(layer_of(-9.0, 9.0, -9.0), SIZE_HW, ()) == 2).all()
    assert (label_map(layer_of(9.0, 9.5, -9.0), SIZE_HW, ()) == 2).all()
    assert (label_map(layer_of(-9.0, -4.5, -9.0), SIZE_HW, ()) == 0).all()
