from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from s2m.data.labelled_images import Kind, LabelledFolder
from s2m.training.config import DataConfig
from s2m.training.samples import SIBLING, draw_sample, draw_target, number_pieces, paste_cutout
from s2m.types import ByteArray

CONFIG = DataConfig(sets={"x": 1.0}, crop_size=64)


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
        sample = draw_sample(labelled, None, CONFIG, 2, rng)
        assert sample.image_rgb.shape == (64, 64, 3)
        assert sample.targets.shape == (2, 64, 64)
        assert set(np.unique(sample.targets)) <= {0, 1, 255}
        inside = sample.image_rgb[sample.targets[0] == 1].astype(float)
        if len(inside):
            # One object is of one grey, but for its edge.
            assert np.median(np.abs(inside - np.median(inside, axis=0))) < 12


def test_instances_are_drawn_one_by_one_and_together(tmp_path: Path, label: ByteArray) -> None:
    labelled = folder_of(tmp_path, label, "instance")[0]
    rng = np.random.default_rng(0)
    drawn = {tuple(np.unique(label[draw_target(label, labelled, rng) == 1])) for _ in range(100)}
    assert drawn == {(1,), (2,), (1, 2)}


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
    whole = DataConfig(sets={"x": 1.0}, crop_size=96, whole_image=1.0)
    rng = np.random.default_rng(0)
    targets = [draw_sample(labelled, None, whole, 1, rng).targets[0] == 1 for _ in range(40)]
    pieces = [cv2.connectedComponents(target.astype(np.uint8))[0] - 1 for target in targets]
    assert 0.7 < np.mean(np.array(pieces) == 1) < 1


def test_other_parts_of_the_same_whole_are_siblings(tmp_path: Path, label: ByteArray) -> None:
    labelled = folder_of(tmp_path, label, "parts")[0]
    rng = np.random.default_rng(0)
    for _ in range(20):
        target = draw_target(label, labelled, rng)
        assert ((target == 1) | (target == SIBLING) == ((label == 1) | (label == 2))).all()
        assert (target == 1).any()


def test_unknown_pixels_stay_unknown(tmp_path: Path, label: ByteArray) -> None:
    labelled = folder_of(tmp_path, label, "instance")[0]
    target = draw_target(label, labelled, np.random.default_rng(0))
    assert (target[label == 255] == 255).all()


def test_far_pixels_of_partial_sets_are_unknown(tmp_path: Path, label: ByteArray) -> None:
    labelled = folder_of(tmp_path, np.where(label == 2, 0, label).astype(np.uint8), "partial")[0]
    target = draw_target(labelled.read_label(), labelled, np.random.default_rng(0))
    assert target[30, 25] == 1
    assert target[30, 5] == 0
    assert target[30, 70] == 255


def test_a_pasted_distractor_covers_the_object(label: ByteArray) -> None:
    cutout = np.full((20, 20, 4), 255, np.uint8)
    image = np.zeros((60, 90, 3), np.uint8)
    mixed, pasted = paste_cutout(image, np.ones_like(label), cutout, np.random.default_rng(1))
    assert (mixed[pasted == 0] > 100).all()
    assert (pasted == 0).sum() > 100
    assert not mixed[pasted == 1].all(axis=1).any() or (mixed[pasted == 1] < 200).all()
