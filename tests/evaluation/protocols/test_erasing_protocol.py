from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from evaluation_miniatures import GrowingImage, measured
from research.findings import findings_of
from s2m.data.labelled_images import LabelledFolder
from s2m.evaluation.interaction import Interaction
from s2m.evaluation.journal import image_result
from s2m.evaluation.method import Answer
from s2m.evaluation.protocols.erasing import OWN_MASK, STROKES_KEPT, TRUTH, ErasingProtocol
from s2m.evaluation.scene import Scene, load_scene
from s2m.types import LabelMap, ObjectLogits, Stroke


@dataclass(frozen=True)
class RubberImage:
    """Answers positive strokes with the truth, and rubs out ``reach_px`` around negative ones."""

    labels: LabelMap
    reach_px: float
    seconds: float = 0.5

    def answer(
        self,
        strokes: Sequence[Stroke],
        previous: ObjectLogits | None,
        object_ids: Sequence[int],
        new: int = 1,  # noqa: ARG002
    ) -> Answer:
        (object_id,) = object_ids
        before = None if previous is None else previous.of(object_id)
        mask = (self.labels == object_id) if before is None else before > 0
        far = np.ones(mask.shape, np.uint8)
        for stroke in strokes:
            if stroke.sign == "negative":
                cv2.polylines(far, [np.floor(stroke.points_xy).astype(np.int32)[:, None]], False, 0)
        mask = mask & (cv2.distanceTransform(far, cv2.DIST_L2, 5) > self.reach_px)
        return Answer(mask.astype(np.int32) * object_id, ObjectLogits.of_masks((object_id,), mask[None]), 0.25)


@pytest.fixture
def scene(disc_folder: Path) -> Scene:
    return load_scene(LabelledFolder(disc_folder)[0])


def erased(encoded: RubberImage | GrowingImage, scene: Scene, rng: np.random.Generator) -> list[Interaction]:
    return list(ErasingProtocol().interactions(encoded, scene, rng))


def test_masks_are_erased_from_the_truth_and_from_the_methods_own_mask_with_and_without_its_strokes(
    scene: Scene, two_discs_labels: LabelMap, rng: np.random.Generator
) -> None:
    interactions = erased(RubberImage(two_discs_labels, reach_px=8), scene, rng)
    starts = {interaction.variant: interaction for interaction in interactions if interaction.number == 0}
    assert list(starts) == [TRUTH, OWN_MASK, STROKES_KEPT]
    assert starts[OWN_MASK].strokes == ()
    assert {stroke.sign for stroke in starts[STROKES_KEPT].strokes} == {"positive"}
    new = [interaction.strokes[-1] for interaction in interactions if interaction.number > 0]
    assert {(stroke.sign, stroke.object_id) for stroke in new} == {("negative", 1)}


def test_the_score_is_the_share_that_is_erased(
    scene: Scene, two_discs_labels: LabelMap, rng: np.random.Generator
) -> None:
    interactions = [
        interaction
        for interaction in erased(RubberImage(two_discs_labels, 8), scene, rng)
        if interaction.variant == TRUTH
    ]
    start = interactions[0].mask.sum()
    assert [interaction.scores.iou for interaction in interactions] == pytest.approx(
        [1 - interaction.mask.sum() / start for interaction in interactions]
    )
    assert interactions[0].scores.iou == 0


def test_the_figures_say_what_is_left_and_how_many_strokes_emptied_it(
    scene: Scene, two_discs_labels: LabelMap, rng: np.random.Generator
) -> None:
    interactions = erased(RubberImage(two_discs_labels, reach_px=60), scene, rng)
    figures = measured(ErasingProtocol(), scene, interactions).figures[TRUTH]
    assert (figures["left@1"], figures["left@5"]) == (0, 0)
    assert (figures["emptied within 5"], figures["strokes to empty"]) == (1, 1)


def test_a_method_that_does_not_erase_keeps_everything_and_fails(
    scene: Scene, two_discs_labels: LabelMap, rng: np.random.Generator
) -> None:
    interactions = erased(RubberImage(two_discs_labels, reach_px=-1), scene, rng)
    figures = measured(ErasingProtocol(), scene, interactions).figures[TRUTH]
    assert (figures["left@1"], figures["left@5"]) == (1, 1)
    assert (figures["emptied within 5"], figures["strokes to empty"]) == (0, 5)
    kept = image_result(scene, interactions)
    assert {one.wanted for one in kept.objects} == {"nothing"}
    assert findings_of(scene, kept)[0].faults.background == 1


def test_an_own_mask_that_is_empty_is_not_erased(scene: Scene, rng: np.random.Generator) -> None:
    nothing = GrowingImage(np.zeros(scene.size_hw, np.int32), reach_px=9)
    assert {interaction.variant for interaction in erased(nothing, scene, rng)} == {TRUTH}
