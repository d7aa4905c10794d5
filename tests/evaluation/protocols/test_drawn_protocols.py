from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from evaluation_miniatures import GrowingImage, measured
from s2m.data.labelled_images import LabelledFolder
from s2m.evaluation.interaction import Interaction, row_of
from s2m.evaluation.method import Answer
from s2m.evaluation.protocols import PROTOCOLS, EvaluationProtocol
from s2m.evaluation.protocols.finished import ALL_OBJECTS, ONE_OBJECT
from s2m.evaluation.protocols.robustness import AS_DRAWN, REDRAWN, jittered, overshooting, through_picture
from s2m.evaluation.result import Result
from s2m.evaluation.scene import Scene, load_scene
from s2m.types import LabelMap, ObjectLogits, Stroke

DRAWN = ("strokes", "objects", "correcting", "robustness")


@pytest.fixture
def scene(scene_folder: Path) -> Scene:
    return load_scene(LabelledFolder(scene_folder)[0])


@pytest.fixture
def encoded(two_discs_labels: LabelMap) -> GrowingImage:
    return GrowingImage(two_discs_labels, reach_px=9)


def run(
    protocol: EvaluationProtocol, encoded: GrowingImage, scene: Scene, rng: np.random.Generator
) -> tuple[list[Interaction], Result]:
    interactions = list(protocol.interactions(encoded, scene, rng))
    return interactions, measured(protocol, scene, interactions)


@pytest.mark.parametrize("name", [*DRAWN, "erasing"])
def test_the_same_seed_gives_the_same_rows(name: str, encoded: GrowingImage, scene: Scene) -> None:
    rows = [
        [row_of(scene, one) for one in PROTOCOLS[name].interactions(encoded, scene, np.random.default_rng(3))]
        for _ in range(2)
    ]
    assert rows[0] == rows[1]
    assert {row.object_id for row in rows[0]} == {1, 2}


@pytest.mark.parametrize("name", DRAWN)
def test_every_variant_ends_with_both_discs_found(
    name: str, encoded: GrowingImage, scene: Scene, rng: np.random.Generator
) -> None:
    _, result = run(PROTOCOLS[name], encoded, scene, rng)
    for variant, curves in result.curves.items():
        assert [curve.object_id for curve in curves] == [1, 2], variant
        assert min(curve.ious[-1] for curve in curves) > 0.8, variant


def test_strokes_count_ink_and_seconds(encoded: GrowingImage, scene: Scene, rng: np.random.Generator) -> None:
    interactions, result = run(PROTOCOLS["strokes"], encoded, scene, rng)
    assert list(result.figures) == ["centre line"]
    first = [interaction for interaction in interactions if interaction.object_id == 1]
    count = next(interaction.number for interaction in first if interaction.scores.iou >= 0.9)
    line = next(curve for curve in result.curves["centre line"] if curve.object_id == 1)
    metrics = PROTOCOLS["strokes"].metrics
    assert metrics["NoS@90"](line) == count
    assert metrics["seconds to 90"](line) == pytest.approx(2.5 * count + 0.5 + 0.25 * count)
    assert metrics["ink to 90 (diagonals)"](line) == pytest.approx(
        line.rows[count - 1].ink_px / np.hypot(96, 128), abs=1e-3
    )


def test_strokes_stop_once_five_are_drawn_and_the_mask_is_good(
    two_discs_labels: LabelMap, scene: Scene, rng: np.random.Generator
) -> None:
    stubborn = GrowingImage(two_discs_labels, reach_px=0.5)
    interactions = list(PROTOCOLS["strokes"].interactions(stubborn, scene, rng))
    assert max(interaction.number for interaction in interactions) == 10
    ready = GrowingImage(two_discs_labels, reach_px=19)
    interactions = list(PROTOCOLS["strokes"].interactions(ready, scene, rng))
    assert max(interaction.number for interaction in interactions) <= 5


def test_objects_are_drawn_together_and_one_at_a_time_and_compared(
    encoded: GrowingImage, scene: Scene, rng: np.random.Generator
) -> None:
    interactions, result = run(PROTOCOLS["objects"], encoded, scene, rng)
    together = [interaction for interaction in interactions if interaction.variant == "together"]
    assert [(interaction.number, interaction.object_id) for interaction in together[:4]] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
    ]
    assert {
        stroke.object_id for interaction in together if interaction.object_id == 2 for stroke in interaction.strokes
    } == {2}
    assert "IoU@1" in result.differences["together - one at a time"]


def test_images_of_one_object_take_no_part_in_objects(
    disc_folder: Path, encoded: GrowingImage, rng: np.random.Generator
) -> None:
    alone = load_scene(LabelledFolder(disc_folder)[0])
    for name in ("objects", "finished"):
        assert list(PROTOCOLS[name].interactions(encoded, alone, rng)) == []


def test_a_finished_object_is_looked_at_again_after_its_neighbours_are_drawn(
    scene: Scene, two_discs_labels: LabelMap, rng: np.random.Generator
) -> None:
    class Forgetful(GrowingImage):
        """Loses a fifth of the first disc with each stroke that answers it while another object has strokes."""

        def answer(
            self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int], new: int = 1
        ) -> Answer:
            answer = super().answer(strokes, previous, object_ids, new)
            answered = {stroke.object_id for stroke in strokes[len(strokes) - new :]}
            if 1 in answered and strokes[-1].object_id != 1:
                answer.label_map[:42][answer.label_map[:42] == 1] = 0
            return answer

    interactions, result = run(PROTOCOLS["finished"], Forgetful(two_discs_labels, reach_px=19), scene, rng)
    assert [(one.variant, one.object_id, one.number) for one in interactions] == [
        (ONE_OBJECT, 1, 0),
        (ONE_OBJECT, 1, 1),
        (ALL_OBJECTS, 1, 0),
        (ALL_OBJECTS, 1, 1),
    ]
    kept, moved = result.figures[ONE_OBJECT], result.figures[ALL_OBJECTS]
    assert kept["IoU lost"] == kept["area changed"] == kept["changed by more than 1 %"] == 0
    assert moved["IoU lost"] > 0.1
    assert moved["area changed"] > 0.1
    assert moved["changed by more than 1 %"] == 1


def test_correcting_starts_from_flawed_masks(encoded: GrowingImage, scene: Scene, rng: np.random.Generator) -> None:
    _, result = run(PROTOCOLS["correcting"], encoded, scene, rng)
    assert list(result.figures)[::2] == ["boundary", "outside", "inside"]
    assert "NoS@90" in result.differences["inside, local edits - inside"]
    for figures in result.figures.values():
        assert 0.75 <= figures["IoU of the start"] <= 0.85
        assert figures["failures@90"] <= 0.5


def test_robustness_repeats_the_strokes_in_every_way(
    encoded: GrowingImage, scene: Scene, rng: np.random.Generator
) -> None:
    interactions, result = run(PROTOCOLS["robustness"], encoded, scene, rng)
    assert list(result.figures) == [AS_DRAWN, *REDRAWN]
    first = {each.variant: each.strokes[0] for each in interactions if (each.object_id, each.number) == (1, 1)}
    drawn = first[AS_DRAWN].points_xy
    assert len(drawn) > 1
    np.testing.assert_array_equal(first["5 % overshoot"].points_xy[:-1], drawn)
    assert 0 < np.abs(first["jitter"].points_xy - drawn).max() < 5
    assert {f"{name} - {AS_DRAWN}" for name in REDRAWN} == set(result.differences)


def test_each_way_of_redrawing_does_what_it_says(rng: np.random.Generator) -> None:
    line = Stroke(np.stack([np.linspace(20, 60, 41), np.full(41, 30.0)], axis=1), 2, "negative", 6)
    size_hw = (100, 100)
    (long,) = overshooting((line,), size_hw, rng)
    np.testing.assert_allclose(long.points_xy[-1], (62, 30))
    (shaken,) = jittered((line,), size_hw, rng)
    shifts = np.abs(shaken.points_xy - line.points_xy)
    assert 0.05 < shifts.mean() < 2
    traced = through_picture((line,), size_hw, rng, 1.0)
    assert {(stroke.object_id, stroke.sign) for stroke in traced} == {(2, "negative")}
    points = np.concatenate([stroke.points_xy for stroke in traced])
    assert np.abs(points[:, 1] - 30).max() < 4
    assert points[:, 0].min() < 24
    assert points[:, 0].max() > 56
