from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from s2m.data.labelled_images import Kind, LabelledFolder, LabelledImage
from s2m.simulated_user.scribbles import centre_line, inner_distance
from s2m.training.compact.config import CompactDataConfig
from s2m.training.compact.light import worsen_light
from s2m.training.compact.pasting import paste_bunch
from s2m.training.compact.samples import draw_sample, small_object
from s2m.training.compact.targets import draw_target
from s2m.training.compact.thin_things import lay_thin_thing
from s2m.types import ByteArray

CONFIG = CompactDataConfig(sets={"x": 1.0}, crop_size=96)


def labelled_of(folder: Path, label: ByteArray, kind: Kind) -> LabelledImage:
    image = np.repeat((40 + label[..., None] % 16 * 12), 3, axis=2).astype(np.uint8)
    Image.fromarray(image).save(folder / "a.webp", lossless=True)
    Image.fromarray(label).save(folder / "a.png")
    return LabelledFolder(folder, kind)[0]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


@pytest.fixture
def grapes() -> ByteArray:
    label = np.zeros((60, 120), np.uint8)
    for number, x in enumerate((10, 27, 44, 61), start=1):
        cv2.circle(label, (x, 30), 8, number, -1)
    label[:, -3:] = 255
    return label


def test_a_share_of_the_targets_is_a_whole_bunch_with_its_members(
    tmp_path: Path, grapes: ByteArray, rng: np.random.Generator
) -> None:
    labelled = labelled_of(tmp_path, grapes, "instance")
    whole = draw_target(grapes, labelled, 0.0, rng, wholes=1.0)
    assert ((whole.label == 1) == ((grapes > 0) & (grapes < 255))).all()
    assert ((whole.label == 255) == (grapes == 255)).all()
    assert whole.members is not None
    assert set(np.unique(whole.members)) == {0, 1, 2, 3, 4}
    assert not whole.is_several
    alone = np.where(grapes == 1, np.uint8(1), np.uint8(0))
    assert draw_target(alone, labelled, 0.0, rng, wholes=1.0).members is None, "one thing is no bunch"


def test_the_members_of_a_whole_stay_with_it_in_the_crop(tmp_path: Path, grapes: ByteArray) -> None:
    labelled = labelled_of(tmp_path, grapes, "instance")
    for seed in range(6):
        target = draw_sample(labelled, None, (), CONFIG, 1, np.random.default_rng(seed), wholes=1.0).targets[0]
        assert target.members is not None
        assert ((target.members > 0) == (target.label == 1)).mean() > 0.98


def test_regions_that_divide_the_whole_image_are_targets_one_by_one(tmp_path: Path, rng: np.random.Generator) -> None:
    regions = (np.arange(90)[None] // 30 + np.ones((60, 1))).astype(np.uint8)
    labelled = labelled_of(tmp_path, regions, "parts")
    drawn = [draw_target(regions, labelled, 0.0, rng).label for _ in range(30)]
    assert {tuple(np.unique(regions[target == 1])) for target in drawn} == {(1,), (2,), (3,)}
    assert {value for target in drawn for value in np.unique(target)} == {0, 1}, "neighbours are plain background"


def test_a_thin_thing_has_an_exact_outline_and_is_the_target(
    tmp_path: Path, grapes: ByteArray, rng: np.random.Generator
) -> None:
    image = np.full((*grapes.shape, 3), 128, np.uint8)
    for _ in range(10):
        changed, label, value = lay_thin_thing(image, grapes, rng)
        assert value == 5
        thing = label == value
        assert (label[~thing] == grapes[~thing]).all()
        assert 2 * inner_distance(thing).max() < len(centre_line(thing))
        assert (changed[cv2.dilate(thing.astype(np.uint8), np.ones((7, 7))) == 0] == 128).mean() > 0.95
    full = np.full((20, 20), 254, np.uint8)
    assert lay_thin_thing(image[:20, :20], full, rng)[2] is None
    labelled = labelled_of(tmp_path, grapes, "instance")
    thin = CONFIG.model_copy(update={"thin": 1.0, "whole_image": 1.0})
    shares = [(draw_sample(labelled, None, (), thin, 1, rng).targets[0].label == 1).mean() for _ in range(10)]
    assert 0 < np.mean(shares) < 0.1


def test_small_objects_are_shown_four_times_as_large(tmp_path: Path, rng: np.random.Generator) -> None:
    label = np.zeros((240, 320), np.uint8)
    label[100:110, 60:70] = 1
    label[20:200, 150:300] = 2
    assert small_object(label, rng) == 1
    assert small_object(np.where(label == 1, np.uint8(0), label), rng) is None
    labelled = labelled_of(tmp_path, label, "instance")
    small = CONFIG.model_copy(update={"small": 1.0})
    areas = [(draw_sample(labelled, None, (), small, 1, rng).targets[0].label == 1).sum() for _ in range(20)]
    assert 25 < np.sqrt(np.median(areas)) < 60, "ten pixels become about forty"


def test_poor_light_darkens_and_leaves_the_label_alone(tmp_path: Path, grapes: ByteArray) -> None:
    image = np.random.default_rng(0).integers(90, 255, (64, 80, 3), dtype=np.uint8)
    worse = [worsen_light(image, np.random.default_rng(seed)) for seed in range(12)]
    assert all(one.shape == image.shape and one.dtype == np.uint8 for one in worse)
    assert np.mean([one.mean() for one in worse]) < 0.8 * image.mean()
    assert len({one.tobytes() for one in worse}) == len(worse)
    labelled = labelled_of(tmp_path, grapes, "instance")
    plain, poor = (
        draw_sample(labelled, None, (), CONFIG.model_copy(update={"poor_light": share}), 1, np.random.default_rng(2))
        for share in (0.0, 1.0)
    )
    assert (plain.targets[0].label == poor.targets[0].label).all()
    assert (plain.image_rgb != poor.image_rgb).any()


def test_many_copies_make_a_bunch_that_is_asked_for_whole_or_by_the_copy(tmp_path: Path, grapes: ByteArray) -> None:
    image = np.full((*grapes.shape, 3), 128, np.uint8)
    cutout = np.full((20, 20, 4), 255, np.uint8)
    pasted, label, members = paste_bunch(image, grapes, cutout, np.random.default_rng(1))
    assert min(members) == 5
    assert len(members) >= 3
    assert (pasted[np.isin(label, members)] > 190).mean() > 0.95
    assert (pasted[~np.isin(label, members)] < 200).mean() > 0.95
    nothing = paste_bunch(image, grapes, np.zeros((0, 0, 4), np.uint8), np.random.default_rng(1))
    assert nothing[2] == []
    labelled = labelled_of(tmp_path, grapes, "instance")
    bunches = CONFIG.model_copy(update={"bunch": 1.0, "whole_image": 1.0})
    targets = [draw_sample(labelled, None, (), bunches, 1, np.random.default_rng(s)).targets[0] for s in range(20)]
    wholes = sum(target.members is not None for target in targets)
    assert 5 < wholes < 18
