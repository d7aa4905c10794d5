from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2m.data.layouts import find_sets, open_set
from s2m.simulated_user.published import SimulatorSettings
from s2m.training.original.config import AugmentationConfig
from s2m.training.original.samples import change_colours, draw_sample, draw_warp

CALM = AugmentationConfig(degrees=0, scale=(1, 1), shear=0, brightness=0, contrast=0, saturation=0, grey=0, flip=0)


def test_every_layout_gives_samples_that_repeat_with_their_seed(
    lvis_root: Path, static_root: Path, coco_file: Path, pairs_root: Path
) -> None:
    sets = [*find_sets(lvis_root), *find_sets(static_root), *find_sets(coco_file), *find_sets(pairs_root)]
    for found in sets:
        first, second = (
            draw_sample(found.images[0], 64, 3.0, AugmentationConfig(), SimulatorSettings(), np.random.default_rng(5))
            for _ in range(2)
        )
        assert first.image_rgb.shape == (64, 64, 3)
        assert first.prompts.shape == (3, 64, 64)
        assert (first.target == 1).sum() >= 100
        assert first.prompts.min() >= 0
        assert first.prompts.max() <= 1
        np.testing.assert_array_equal(first.image_rgb, second.image_rgb)
        np.testing.assert_array_equal(first.prompts, second.prompts)


def test_without_augmentation_image_and_target_still_fit(pairs_root: Path) -> None:
    """The disc is reddish and the box bluish; a crop of the short side keeps that."""
    image = open_set(pairs_root / "train" / "shapes")[0]
    for seed in range(4):
        sample = draw_sample(image, 64, 3.0, CALM, SimulatorSettings(), np.random.default_rng(seed))
        inside = sample.image_rgb[sample.target == 1].astype(float).mean(axis=0)
        outside = sample.image_rgb[sample.target == 0].astype(float).mean(axis=0)
        assert (inside - outside).max() > 60


def test_previous_masks_and_strokes_are_told_apart(pairs_root: Path) -> None:
    image = open_set(pairs_root / "train" / "shapes")[0]
    settings = SimulatorSettings(from_zero=0.0, truth_curves=1.0, other_instance=0.0)
    sample = draw_sample(image, 96, 3.0, CALM, settings, np.random.default_rng(1))
    positive, negative, previous = sample.prompts
    truth = sample.target == 1
    assert set(np.unique(previous)) == {0.0, 1.0}
    assert positive[truth].sum() > 3 * positive[~truth].sum()
    assert negative[~truth].sum() >= negative[truth].sum()


@pytest.mark.parametrize("size_hw", [(100, 150), (300, 120)])
def test_a_calm_warp_brings_the_short_side_to_the_crop(size_hw: tuple[int, int]) -> None:
    warp = draw_warp(size_hw, 60, CALM, np.random.default_rng(0))
    scale = 60 / min(size_hw)
    np.testing.assert_allclose(warp[:, :2], np.eye(2) * scale)
    corners = warp @ np.array([[0, 0, 1], [size_hw[1], size_hw[0], 1]]).T
    assert (corners[:, 0] <= 1e-6).all()
    assert (corners[:, 1] >= 60 - 1e-6).all()


def test_colours_change_within_their_limits_and_grey_has_no_colour() -> None:
    image = np.random.default_rng(0).integers(60, 200, (20, 20, 3), dtype=np.uint8)
    changed = change_colours(image, AugmentationConfig(grey=0), np.random.default_rng(0))
    assert not np.array_equal(changed, image)
    assert abs(changed.astype(int) - image).max() < 40
    grey = change_colours(image, AugmentationConfig(grey=1), np.random.default_rng(0))
    assert np.ptp(grey.astype(int), axis=2).max() <= 1
