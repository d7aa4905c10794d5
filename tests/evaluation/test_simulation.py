from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from evaluation_miniatures import GrowingImage
from s2m.data.labelled_images import LabelledFolder
from s2m.evaluation.method import Answer
from s2m.evaluation.scene import Scene, Truth, load_scene
from s2m.evaluation.simulation import (
    CENTRE_LINES,
    ClickingUser,
    DrawingUser,
    far_changes,
    interact,
    take_touched,
)
from s2m.types import LabelMap, ObjectLogits, Stroke


@dataclass(frozen=True)
class NotingImage:
    """Notes what it is asked, and answers as ``inner``."""

    inner: GrowingImage
    asked: list[tuple[int, ObjectLogits | None]] = field(default_factory=list)
    answered: list[ObjectLogits] = field(default_factory=list)
    seconds: float = 0.0

    def answer(
        self,
        strokes: Sequence[Stroke],
        previous: ObjectLogits | None,
        object_ids: Sequence[int],
        new: int = 1,  # noqa: ARG002
    ) -> Answer:
        self.asked.append((len(strokes), previous))
        answer = self.inner.answer(strokes, previous, object_ids)
        self.answered.append(answer.masks)
        return answer


@pytest.fixture
def scene(disc_folder: Path) -> Scene:
    return load_scene(LabelledFolder(disc_folder)[0])


def test_every_answer_comes_from_all_strokes_and_the_masks_before(scene: Scene, two_discs_labels: LabelMap) -> None:
    encoded = NotingImage(GrowingImage(two_discs_labels, reach_px=6))
    list(interact(encoded, scene, 1, "x", ClickingUser(scene.truths[1], 1), most=3))
    assert [count for count, _ in encoded.asked] == [1, 2, 3]
    assert encoded.asked[0][1] is None
    assert encoded.asked[1][1] is encoded.answered[0]
    assert encoded.asked[2][1] is encoded.answered[1]


def test_a_starting_mask_is_turn_zero_and_the_first_previous(scene: Scene, two_discs_labels: LabelMap) -> None:
    encoded = NotingImage(GrowingImage(two_discs_labels, reach_px=6))
    start = np.zeros_like(scene.truths[1].mask)
    start[40:50, 20:40] = True
    interactions = list(interact(encoded, scene, 1, "x", ClickingUser(scene.truths[1], 1), 1, start))
    assert [interaction.number for interaction in interactions] == [0, 1]
    assert 0 < interactions[0].scores.iou < 1
    first = encoded.asked[0][1]
    assert first is not None
    np.testing.assert_array_equal(first.logits[0] > 0, start)


def test_the_robot_draws_in_the_largest_error_with_its_sign(scene: Scene, rng: np.random.Generator) -> None:
    truth = scene.truths[1]
    user = DrawingUser(truth, 7, CENTRE_LINES, rng)
    missed = user(np.zeros_like(truth.mask))
    assert missed is not None
    assert (missed.sign, missed.object_id) == ("positive", 7)
    assert truth.mask[tuple(np.floor(missed.points_xy[:, ::-1]).astype(int).T)].all()
    spilled = user(truth.mask | (np.arange(128) > 70))
    assert spilled is not None
    assert spilled.sign == "negative"
    assert (spilled.points_xy[:, 0] > 70).all()
    assert user(truth.mask) is None


def test_far_changes_count_only_pixels_far_from_the_stroke() -> None:
    truth = Truth(np.zeros((10, 100), bool), np.ones((10, 100), bool))
    stroke = Stroke(np.array([[5.5, 5.5]]))
    before, near, far = (np.zeros((10, 100), bool) for _ in range(3))
    near[4:7, 4:7] = True
    far[:, 90:] = True
    assert far_changes(truth, before, near, stroke) == (0.0, 0.0)
    assert far_changes(truth, before, near | far, stroke) == pytest.approx((0.1, 0.1))
    assert far_changes(truth, near | far, near, stroke) == pytest.approx((0.1, 0.0))


def test_local_edits_take_only_the_changes_that_the_stroke_touches() -> None:
    before, after = np.zeros((20, 60), bool), np.zeros((20, 60), bool)
    after[5:15, 5:15] = True
    after[5:15, 45:55] = True
    label_map = after.astype(np.int32) * 3
    masks = ObjectLogits.of_masks((3,), after[None, ::2, ::2])
    stroke = Stroke(np.array([[8.0, 10.0], [12.0, 10.0]]), 3)
    mask, kept = take_touched(before, None, stroke, Answer(label_map, masks, 0.0))
    assert mask[5:15, 5:15].all()
    assert not mask[:, 30:].any()
    assert (kept.logits[0, :, :15] > 0).any()
    assert not (kept.logits[0, :, 15:] > 0).any()
