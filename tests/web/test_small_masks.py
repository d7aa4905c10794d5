"""Masks with fewer pixels are the saved ones, seen from further away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from s2m.session import Brush, ChangeObjects, Draw, DrawnStroke, Erase, ImportMasks, JournalFile, JournalHeader, Session
from s2m.session.packed_masks import PackedMask
from s2m.types import ByteArray, FloatArray, LabelMap, ObjectLogits, Stroke
from s2m.web.shown_masks import MaskOutlines
from s2m.web.small_masks import small_object_masks, small_packed_mask

SIZE_HW = (120, 200)
SMALL_HW = (60, 100)


class LeftHalf:
    """A network that finds every object in the left half."""

    def __call__(
        self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]
    ) -> FloatArray:
        del strokes, previous
        logits = np.full((len(object_ids), 30, 50), -6, dtype=np.float32)
        logits[:, :, :25] = 6
        return logits

    def sharpen(self, labels: ByteArray, object_ids: Sequence[int]) -> ByteArray:
        del object_ids
        return labels.copy()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    header = JournalHeader(image="a.png", size_hw=SIZE_HW, overlap="exclusive")
    return Session(JournalFile.open(tmp_path / "a.jsonl", header), LeftHalf(), "left half")


def test_exact_pixels_locks_and_imports_are_seen_as_they_are_saved(session: Session) -> None:
    given: LabelMap = np.zeros(SIZE_HW, dtype=np.int32)
    given[20:60, 120:180] = 3
    session.do(ImportMasks.from_label_map(given, "given.png"))
    session.do(Draw(strokes=(DrawnStroke(points=((20.0, 50.0), (40.0, 60.0)), object_id=1),)))
    session.do(Brush(points=((150.0, 100.0), (180.0, 100.0)), object_id=1, width_px=20))
    session.do(Erase(points=((10.0, 10.0), (60.0, 10.0)), object_id=1, width_px=16))
    state = session.do(ChangeObjects(object_ids=(3,), locked=True))
    masks = small_object_masks(state, SMALL_HW)
    full = state.label_map()
    assert set(masks) == {1, 3}
    for object_id, mask in masks.items():
        seen = (full == object_id)[1::2, 1::2]
        assert mask.any()
        assert (mask == seen).mean() > 0.97


def test_at_the_images_own_size_they_are_the_same(session: Session) -> None:
    state = session.do(Draw(strokes=(DrawnStroke(points=((20.0, 50.0), (40.0, 60.0)), object_id=1),)))
    assert np.array_equal(small_object_masks(state, SIZE_HW)[1], state.label_map() == 1)


def test_an_object_that_is_only_brushed_has_an_outline(session: Session) -> None:
    state = session.do(Brush(points=((150.0, 100.0), (180.0, 100.0)), object_id=2, width_px=20))
    (mask,) = MaskOutlines().of(state)
    assert mask.object_id == 2
    assert len(mask.rings) == 1
    xs, ys = np.array(mask.rings[0]).reshape(-1, 2).T
    assert (xs.min(), xs.max()) == pytest.approx((140, 190), abs=1)
    assert (ys.min(), ys.max()) == pytest.approx((90, 110), abs=1)


def test_a_mask_smaller_than_a_small_pixel_may_vanish_and_an_empty_one_stays_empty() -> None:
    dot = np.zeros((100, 100), dtype=bool)
    dot[3, 3] = True
    assert small_packed_mask(PackedMask.of(dot), (100, 100), (10, 10)).data == ""
    assert small_packed_mask(PackedMask.of(dot & False), (100, 100), (10, 10)).data == ""
