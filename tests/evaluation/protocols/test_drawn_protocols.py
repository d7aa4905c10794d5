from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation_miniatures import GrowingView
from s2m.data.labelled_images import LabelledFolder
from s2m.evaluation.findings import record_of
from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.protocols import PROTOCOLS
from s2m.evaluation.protocols.robustness import AS_DRAWN, REDRAWN, jittered, overshooting, through_picture, wider
from s2m.evaluation.results import Result, result_of
from s2m.evaluation.scenes import Scene, load_scene
from s2m.evaluation.turns import Turn, line_of
from s2m.types import LabelMap, Stroke

DRAWN = ("strokes", "objects", "correcting", "robustness")


@pytest.fixture
def scene(scene_folder: Path) -> Scene:
    return load_scene(LabelledFolder(scene_folder)[0])


@pytest.fixture
def view(two_discs_labels: LabelMap) -> GrowingView:
    return GrowingView(two_discs_labels, reach_px=9)


def worked(
    protocol: EvaluationProtocol, view: GrowingView, scene: Scene, rng: np.random.Generator
) -> tuple[list[Turn], Result]:
    turns = list(protocol.turns(view, scene, rng))
    return turns, result_of(protocol, "x", record_of(scene, turns))


@pytest.mark.parametrize("name", [*DRAWN, "erasing"])
def test_the_same_seed_gives_the_same_lines(name: str, view: GrowingView, scene: Scene) -> None:
    lines = [
        [line_of(scene, turn) for turn in PROTOCOLS[name].turns(view, scene, np.random.default_rng(3))]
        for _ in range(2)
    ]
    assert lines[0] == lines[1]
    assert {line.object_id for line in lines[0]} == {1, 2}


@pytest.mark.parametrize("name", DRAWN)
def test_every_variant_ends_with_both_discs_found(
    name: str, view: GrowingView, scene: Scene, rng: np.random.Generator
) -> None:
    _, result = worked(PROTOCOLS[name], view, scene, rng)
    for variant, curves in result.curves.items():
        assert [curve.object_id for curve in curves] == [1, 2], variant
        assert min(curve.ious[-1] for curve in curves) > 0.8, variant


def test_strokes_count_ink_and_seconds(view: GrowingView, scene: Scene, rng: np.random.Generator) -> None:
    turns, result = worked(PROTOCOLS["strokes"], view, scene, rng)
    assert list(result.figures) == ["centre line", "line", "curve", "contour"]
    first = [turn for turn in turns if (turn.variant, turn.object_id) == ("contour", 1)]
    count = next(turn.number for turn in first if turn.scores.iou >= 0.9)
    contour = next(curve for curve in result.curves["contour"] if curve.object_id == 1)
    measures = PROTOCOLS["strokes"].measures
    assert measures["NoS@90"](contour) == count
    assert measures["seconds to 90"](contour) == pytest.approx(2.5 * count + 0.5 + 0.25 * count)
    assert measures["ink to 90 (diagonals)"](contour) == pytest.approx(
        contour.lines[count - 1].ink_px / np.hypot(96, 128), abs=1e-3
    )


def test_strokes_stop_once_five_are_drawn_and_the_mask_is_good(
    two_discs_labels: LabelMap, scene: Scene, rng: np.random.Generator
) -> None:
    stubborn = GrowingView(two_discs_labels, reach_px=0.5)
    turns = list(PROTOCOLS["strokes"].turns(stubborn, scene, rng))
    assert max(turn.number for turn in turns) == 10
    ready = GrowingView(two_discs_labels, reach_px=19)
    turns = list(PROTOCOLS["strokes"].turns(ready, scene, rng))
    assert max(turn.number for turn in turns) <= 5


def test_objects_are_drawn_together_and_one_at_a_time_and_compared(
    view: GrowingView, scene: Scene, rng: np.random.Generator
) -> None:
    turns, result = worked(PROTOCOLS["objects"], view, scene, rng)
    together = [turn for turn in turns if turn.variant == "together"]
    assert [(turn.number, turn.object_id) for turn in together[:4]] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert {stroke.object_id for turn in together if turn.object_id == 2 for stroke in turn.strokes} == {2}
    assert "IoU@1" in result.against_base["together - one at a time"]


def test_images_of_one_object_take_no_part_in_objects(
    disc_folder: Path, view: GrowingView, rng: np.random.Generator
) -> None:
    alone = load_scene(LabelledFolder(disc_folder)[0])
    assert list(PROTOCOLS["objects"].turns(view, alone, rng)) == []


def test_correcting_starts_from_flawed_masks(view: GrowingView, scene: Scene, rng: np.random.Generator) -> None:
    _, result = worked(PROTOCOLS["correcting"], view, scene, rng)
    assert list(result.figures)[::2] == ["boundary", "outside", "inside"]
    assert "NoS@90" in result.against_base["inside, local edits - inside"]
    for figures in result.figures.values():
        assert 0.75 <= figures["IoU of the start"] <= 0.85
        assert figures["failures@90"] <= 0.5


def test_robustness_repeats_the_strokes_in_every_way(view: GrowingView, scene: Scene, rng: np.random.Generator) -> None:
    turns, result = worked(PROTOCOLS["robustness"], view, scene, rng)
    assert list(result.figures) == [AS_DRAWN, *REDRAWN]
    drawn = next(turn for turn in turns if turn.variant == AS_DRAWN)
    wide = next(turn for turn in turns if turn.variant == "4x width")
    np.testing.assert_array_equal(drawn.strokes[0].points_xy, wide.strokes[0].points_xy)
    assert wide.strokes[0].width_px == 4 * drawn.strokes[0].width_px
    assert result.against_base[f"4x width - {AS_DRAWN}"]["IoU@3"].mean == 0


def test_each_way_of_redrawing_does_what_it_says(rng: np.random.Generator) -> None:
    line = Stroke(np.stack([np.linspace(20, 60, 41), np.full(41, 30.0)], axis=1), 2, "negative", 6)
    size_hw = (100, 100)
    (wide,) = wider((line,), size_hw, rng, 2.0)
    assert wide.width_px == 12
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
