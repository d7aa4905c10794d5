from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from s2m.evaluation.baselines import BaselineMethod, BaselineName, seeds_of
from s2m.types import ByteArray, LabelMap, Stroke

STROKES: Mapping[str, Stroke] = {
    "red": Stroke(np.array([[26.0, 48.0], [38.0, 48.0]]), 1, "positive", 3),
    "blue": Stroke(np.array([[90.0, 48.0], [102.0, 48.0]]), 2, "positive", 3),
    "green": Stroke(np.array([[64.0, 10.0], [64.0, 86.0]]), 0, "negative", 3),
}


@pytest.mark.parametrize("name", ["grabcut", "random-walker"])
def test_baselines_find_discs_of_clear_colours(
    name: BaselineName, two_discs: ByteArray, two_discs_labels: LabelMap
) -> None:
    rng = np.random.default_rng(0)
    noisy = np.clip(two_discs + rng.normal(0, 4, two_discs.shape), 0, 255).astype(np.uint8)
    encoded = BaselineMethod(name).open(1)(noisy)
    answer = encoded.answer(tuple(STROKES.values()), None, (1, 2))
    assert (answer.label_map == two_discs_labels).mean() > 0.98
    assert answer.masks.object_ids == (1, 2)


@pytest.mark.parametrize("name", ["grabcut", "random-walker"])
def test_a_single_positive_stroke_is_enough_and_negative_strokes_alone_give_nothing(
    name: BaselineName, two_discs: ByteArray
) -> None:
    encoded = BaselineMethod(name).open(1)(two_discs)
    assert (encoded.answer([STROKES["red"]], None, (1,)).label_map == 1).any()
    assert not encoded.answer([STROKES["green"]], None, (1,)).label_map.any()


def test_seeds_are_painted_at_their_width_and_other_objects_are_outside() -> None:
    seeds = seeds_of(tuple(STROKES.values()), 1, (96, 128))
    assert seeds.inside[47:50, 26:39].all()
    assert seeds.inside.sum() < 80
    assert seeds.outside[48, 96]
    assert seeds.outside[48, 64]


def test_negative_strokes_of_another_object_say_nothing() -> None:
    other = Stroke(np.array([[26.0, 48.0], [38.0, 48.0]]), 2, "negative")
    assert not seeds_of([other], 1, (96, 128)).outside.any()
