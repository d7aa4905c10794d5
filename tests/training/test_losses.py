from __future__ import annotations

import pytest
import torch

from s2m.training.config import LossConfig
from s2m.training.losses import mean_iou, segmentation_loss

TARGET = torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
EVERYWHERE = torch.ones(1, 2, 2)


def test_the_right_answer_costs_almost_nothing_and_the_wrong_one_much() -> None:
    right = segmentation_loss(TARGET * 40 - 20, TARGET, EVERYWHERE, LossConfig())
    wrong = segmentation_loss(20 - TARGET * 40, TARGET, EVERYWHERE, LossConfig())
    assert float(right) < 1e-3
    assert float(wrong) > 10


def test_unknown_pixels_do_not_count() -> None:
    valid = torch.tensor([[[1.0, 1.0], [1.0, 0.0]]])
    logits = TARGET * 40 - 20
    spoilt = logits.clone()
    spoilt[0, 1, 1] = 20
    assert segmentation_loss(spoilt, TARGET, valid, LossConfig()) == segmentation_loss(
        logits, TARGET, valid, LossConfig()
    )
    assert mean_iou(spoilt, TARGET, valid) == 1


def test_an_empty_target_is_learned_by_cross_entropy_alone() -> None:
    empty = torch.zeros(1, 2, 2)
    only_iou = LossConfig(cross_entropy=0, soft_iou=1)
    assert float(segmentation_loss(torch.ones(1, 2, 2), empty, EVERYWHERE, only_iou)) == 0
    assert float(segmentation_loss(torch.ones(1, 2, 2), empty, EVERYWHERE, LossConfig())) > 1


def test_mean_iou_counts_pixels() -> None:
    logits = torch.tensor([[[5.0, -5.0], [5.0, -5.0]]])
    assert float(mean_iou(logits, TARGET, EVERYWHERE)) == pytest.approx(1 / 3)
