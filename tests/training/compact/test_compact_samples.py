from __future__ import annotations

from collections import Counter
from pathlib import Path
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
from PIL import Image

import s2m.training.compact.samples as samples_module
from s2m.data.labelled_images import Kind, LabelledFolder
from s2m.simulated_user.targets import SIBLING
from s2m.training.compact.config import CompactDataConfig
from s2m.training.compact.pasting import cut_out_object, paste_cutout, paste_neighbour
from s2m.training.compact.samples import change_colours, draw_sample, draw_warp
from s2m.training.compact.targets import draw_target, number_pieces
from s2m.types import ByteArray

CONFIG = CompactDataConfig(sets={"x": 1.0}, crop_size=64)


@pytest.fixture
def label() -> ByteArray:
    label = np.zeros((60, 90), np.uint8)
    cv2.circle(label, (25, 30), 14, 1, -1)
    cv2.rectangle(label, (55, 15), (80, 45), 2, -1)
    label[:, -3:] = 255
    return label


def folder_of(tmp_path: Path, label: ByteArray, kind: Kind) -> LabelledFolder:
    image = np.repeat(label[..., None] * 60, 3, axis=2)
    Image.fromarray(image).save(tmp_path / "a.webp", lossless=True)
    Image.fromarray(label).save(tmp_path / "a.png")
    return LabelledFolder(tmp_path, kind)


def test_image_and_targets_stay_together(tmp_path: Path, label: ByteArray) -> None:
    labelled = folder_of(tmp_path, label, "salient")[0]
    rng = np.random.default_rng(0)
    for _ in range(10):
        sample = draw_sample(labelled, None, (), CONFIG, 2, rng)
        assert sample.image_rgb.shape == (64, 64, 3)
        assert [target.label.shape for target in sample.targets] == [(64, 64)] * 2
        assert set(np.unique([target.label for target in sample.targets])) <= {0, 1, 255}
        inside = sample.image_rgb[sample.targets[0].label == 1].astype(float)
        if len(inside):
            # One object is of one grey, but for its edge.
            assert np.median(np.abs(inside - np.median(inside, axis=0))) < 12


def test_instances_are_drawn_one_by_one_and_together(tmp_path: Path, label: ByteArray) -> None:
    labelled = folder_of(tmp_path, label, "instance")[0]
    rng = np.random.default_rng(0)
    targets = [draw_target(label, labelled, 0.0, rng) for _ in range(100)]
    drawn = {(target.is_several, *np.unique(label[target.label == 1])) for target in targets}
    assert drawn == {(False, 1), (False, 2), (True, 1, 2)}


@pytest.mark.parametrize("kind", ["salient", "instance"])
def test_a_share_of_the_targets_is_what_is_around_objects(tmp_path: Path, label: ByteArray, kind: Kind) -> None:
    labelled = folder_of(tmp_path, label, kind)[0]
    rng = np.random.default_rng(0)
    targets = [draw_target(label, labelled, 1.0, rng) for _ in range(60)]
    assert all(target.is_several for target in targets)
    grounds = [target.label for target in targets]
    assert {tuple(np.unique(label[target == 1])) for target in grounds} == {(0,), (0, 1), (0, 2)}
    for target in grounds:
        assert ((target == 255) == (label == 255)).all()
        assert (target[label == 0] == 1).all()
    some = [draw_target(label, labelled, 0.25, rng).label for _ in range(200)]
    assert 25 < sum((target[label == 0] == 1).all() for target in some) < 80


@pytest.mark.parametrize("kind", ["parts", "partial"])
def test_around_parts_and_partial_objects_nothing_is_a_target(tmp_path: Path, label: ByteArray, kind: Kind) -> None:
    labelled = folder_of(tmp_path, label, kind)[0]
    rng = np.random.default_rng(0)
    assert not any((draw_target(label, labelled, 1.0, rng).label[label == 0] == 1).any() for _ in range(20))


def test_large_pieces_of_a_salient_label_are_objects_of_their_own() -> None:
    label = np.zeros((40, 60), np.uint8)
    label[5:25, 5:25] = 1
    label[5:25, 35:50] = 1
    label[30:33, 5:8] = 1  # a speck below the first piece
    label[:, -2:] = 255
    numbers = number_pieces(label)
    first, second = numbers[10, 10], numbers[10, 40]
    assert {first, second} == {1, 2}
    assert (numbers[30:33, 5:8] == first).all()
    assert ((numbers == 255) == (label == 255)).all()
    assert ((numbers == 0) == (label == 0)).all()


def test_a_salient_label_in_one_piece_stays_as_it_is() -> None:
    label = np.zeros((20, 20), np.uint8)
    label[3:9, 3:9] = 1
    label[15, 15] = 1
    assert (number_pieces(label) == label).all()
    assert not number_pieces(np.zeros((8, 8), np.uint8)).any()


def test_one_of_two_salient_pieces_is_a_target(tmp_path: Path, label: ByteArray) -> None:
    labelled = folder_of(tmp_path, np.where(label == 2, 1, label).astype(np.uint8), "salient")[0]
    whole = CompactDataConfig(sets={"x": 1.0}, crop_size=96, whole_image=1.0)
    rng = np.random.default_rng(0)
    targets = [draw_sample(labelled, None, (), whole, 1, rng).targets[0].label == 1 for _ in range(40)]
    pieces = [cv2.connectedComponents(target.astype(np.uint8))[0] - 1 for target in targets]
    assert 0.7 < np.mean(np.array(pieces) == 1) < 1


def test_other_parts_of_the_same_whole_are_siblings(tmp_path: Path, label: ByteArray) -> None:
    labelled = folder_of(tmp_path, label, "parts")[0]
    rng = np.random.default_rng(0)
    for _ in range(20):
        drawn = draw_target(label, labelled, 0.0, rng)
        target = drawn.label
        assert not drawn.is_several
        assert ((target == 1) | (target == SIBLING) == ((label == 1) | (label == 2))).all()
        assert (target == 1).any()


def test_unknown_pixels_stay_unknown(tmp_path: Path, label: ByteArray) -> None:
    labelled = folder_of(tmp_path, label, "instance")[0]
    target = draw_target(label, labelled, 0.0, np.random.default_rng(0)).label
    assert (target[label == 255] == 255).all()


def test_far_pixels_of_partial_sets_are_unknown(tmp_path: Path, label: ByteArray) -> None:
    labelled = folder_of(tmp_path, np.where(label == 2, 0, label).astype(np.uint8), "partial")[0]
    target = draw_target(labelled.read_label(), labelled, 1.0, np.random.default_rng(0)).label
    assert target[30, 25] == 1
    assert target[30, 5] == 0
    assert target[30, 70] == 255


def test_a_share_of_the_photographs_is_coarse_and_their_labels_are_not(tmp_path: Path) -> None:
    label = np.zeros((96, 96), np.uint8)
    label[20:76, 20:76] = 1
    labelled = folder_of(tmp_path, label, "instance")[0]

    def steps(coarse: float) -> list[float]:
        """How much of the contrast lies between two neighbouring pixels, for each of some samples."""
        config = CompactDataConfig(sets={"x": 1.0}, crop_size=96, whole_image=1.0, coarse=coarse)
        samples = [draw_sample(labelled, None, (), config, 1, np.random.default_rng(seed)) for seed in range(40)]
        for sample in samples:
            assert set(np.unique(sample.targets[0].label)) <= {0, 1, 255}
            assert (sample.targets[0].label == 1).sum() == pytest.approx(56 * 56, rel=0.05)
        images = [sample.image_rgb.astype(float).mean(axis=2) for sample in samples]
        return [float(np.abs(np.diff(image, axis=0)).max() / np.ptp(image)) for image in images]

    assert sum(step < 0.7 for step in steps(0.0)) < 8
    assert 12 < sum(step < 0.7 for step in steps(0.5)) < 32
    assert sum(step < 0.7 for step in steps(1.0)) > 35


def test_a_pasted_distractor_covers_the_object(label: ByteArray) -> None:
    cutout = np.full((20, 20, 4), 255, np.uint8)
    image = np.zeros((60, 90, 3), np.uint8)
    mixed, pasted = paste_cutout(image, np.ones_like(label), cutout, np.random.default_rng(1))
    assert (mixed[pasted == 0] > 100).all()
    assert (pasted == 0).sum() > 100
    assert not mixed[pasted == 1].all(axis=1).any() or (mixed[pasted == 1] < 200).all()


def test_a_cut_out_object_is_one_object_with_soft_edges(label: ByteArray) -> None:
    image = np.repeat(label[..., None] * 60, 3, axis=2)
    rng = np.random.default_rng(0)
    for _ in range(10):
        cutout = cut_out_object(image, label, rng)
        value = 60 if cutout.shape[0] == 33 else 120  # the circle or the rectangle
        solid = cutout[..., 3] > 250
        assert solid.any()
        assert (cutout[solid][:, :3] == value).all()
        assert 0 < cutout[..., 3][(cutout[..., 3] > 0) & ~solid].size < solid.sum()
    assert not cut_out_object(image, np.zeros_like(label), rng).size


def test_a_pasted_neighbour_is_an_object_of_its_own_and_leaves_the_first_one_visible(label: ByteArray) -> None:
    image = np.repeat(label[..., None] * 60, 3, axis=2)
    cutout = np.full((20, 20, 4), 255, np.uint8)
    cutout[..., 3] = np.pad(cutout[1:-1, 1:-1, 3], 1)
    rng = np.random.default_rng(0)
    drawn, before, over = 0, np.isin(label, (1, 2)), 0
    for _ in range(60):
        pasted_image, pasted = paste_neighbour(image, label, cutout, rng)
        new = pasted == 3
        drawn += bool(new.any())
        over += bool((new & before).any())
        assert (pasted_image[new] > 127).all()
        assert ((pasted == label) | new).all()
        assert np.isin(pasted, (1, 2)).sum() >= before.sum() / 2
    # Nearly all are inside the image; some lie in front of an object.
    assert drawn > 40
    assert 5 < over < drawn


def test_neighbours_come_into_images_of_whole_objects_only(tmp_path: Path, label: ByteArray) -> None:
    whole = CONFIG.model_copy(update={"whole_image": 1.0})
    plain, beside = (np.random.default_rng(1) for _ in range(2))
    for kind in ("instance", "parts"):
        labelled = folder_of(tmp_path, label, kind)[0]
        without = [draw_sample(labelled, None, (), whole, 1, plain).image_rgb for _ in range(5)]
        with_neighbour = [draw_sample(labelled, None, (labelled,), whole, 1, beside).image_rgb for _ in range(5)]
        same = all((a == b).all() for a, b in zip(without, with_neighbour, strict=True))
        assert same == (kind == "parts")
        plain, beside = (np.random.default_rng(1) for _ in range(2))


def test_each_neighbour_is_pasted(tmp_path: Path, label: ByteArray, monkeypatch: pytest.MonkeyPatch) -> None:
    pasted = Mock(wraps=paste_neighbour)
    monkeypatch.setattr(samples_module, "paste_neighbour", pasted)
    labelled = folder_of(tmp_path, label, "instance")[0]
    draw_sample(labelled, None, (labelled,) * 3, CONFIG, 1, np.random.default_rng(0))
    objects = [set(np.unique(arguments[1])) - {0, 255} for arguments, _ in pasted.call_args_list]
    assert objects == [{1, 2}, {1, 2, 3}, {1, 2, 3, 4}]


def test_colours_change_alike_everywhere_and_stay_what_they_are() -> None:
    flat = np.repeat(np.array([[[200, 90, 40]], [[60, 60, 60]]], np.uint8), 64, axis=1).repeat(32, axis=0)
    kinds: Counter[str] = Counter()
    for seed in range(200):
        changed = change_colours(flat, np.random.default_rng(seed)).astype(int)
        assert changed.shape == flat.shape
        red, grey = changed[8:24, 8:-8].mean(axis=(0, 1)), changed[40:56, 8:-8].mean(axis=(0, 1))
        kinds["same"] += (changed == flat).all()
        kinds["without colour"] += np.ptp(changed, axis=2).max() == 0
        if np.ptp(red) > 5:
            kinds["coloured"] += 1
            assert red.argmax() == 0
            assert red.argmin() == 2
        # A cast moves the channels of grey apart by a sixth, contrast and brightness move grey so far, and no farther.
        assert np.ptp(grey) <= grey.max() * (1 - 0.92 / 1.08) + 3
        assert (60 - 127) * 1.3 + 127 - 25 - 12 < grey.mean() < (60 - 127) * 0.7 + 127 + 25 + 12
    assert kinds["same"] > 10
    assert kinds["without colour"] > 3
    assert kinds["coloured"] > 150


def test_a_close_up_shows_about_half_of_the_image_around_an_outline(label: ByteArray) -> None:
    config = CONFIG.model_copy(update={"whole_image": 0.0, "close_up": 1.0})
    target = label == 2
    outline = cv2.morphologyEx(target.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    for seed in range(30):
        warp = draw_warp(target, config, np.random.default_rng(seed))
        shown = 64 / np.hypot(*warp[:, 0])
        assert 0.4 * 90 - 1 < shown < 0.65 * 90 + 1
        assert cv2.warpAffine(outline, warp, (64, 64)).any()
