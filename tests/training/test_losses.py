from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from s2m.engine import aggregation
from s2m.training.compact.config import LossConfig
from s2m.training.losses import (
    aggregate_logits,
    bootstrapped_cross_entropy,
    hardest_share,
    mean_iou,
    segmentation_loss,
)
from s2m.training.original.config import BootstrapConfig

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


@pytest.mark.parametrize(
    ("iteration", "share"),
    [(0, 1.0), (9_999, 1.0), (10_000, 1.0), (20_000, 0.575), (30_000, 0.15), (80_000, 0.15)],
)
def test_the_share_follows_the_published_schedule(iteration: int, share: float) -> None:
    assert hardest_share(iteration, BootstrapConfig()) == pytest.approx(share)


def test_all_pixels_give_the_cross_entropy_of_doubled_logits() -> None:
    """One object z aggregates to the channels -z and z, whose softmax is the sigmoid of 2 z."""
    logits = torch.randn(2, 4, 5)
    targets = torch.rand(2, 4, 5) < 0.5
    wanted = functional.binary_cross_entropy_with_logits(2 * logits, targets.float())
    loss = bootstrapped_cross_entropy(logits, targets, torch.ones_like(targets), 1.0)
    torch.testing.assert_close(loss, wanted)


def test_a_share_keeps_the_hardest_pixels_of_each_sample() -> None:
    logits = torch.tensor([[[3.0, -1.0, 2.0, 0.5]], [[0.1, 0.2, 0.3, 0.4]]])
    targets = torch.zeros(2, 1, 4, dtype=torch.bool)
    loss = bootstrapped_cross_entropy(logits, targets, torch.ones_like(targets), 0.5)
    hardest = functional.softplus(2 * torch.tensor([[3.0, 2.0], [0.4, 0.3]]))
    torch.testing.assert_close(loss, hardest.mean())


def test_unknown_pixels_neither_count_nor_are_chosen() -> None:
    logits = torch.tensor([[[9.0, 1.0, -1.0, -2.0]]]).requires_grad_()
    valid = torch.tensor([[[False, True, True, True]]])
    loss = bootstrapped_cross_entropy(logits, torch.zeros(1, 1, 4, dtype=torch.bool), valid, 0.4)
    torch.testing.assert_close(loss, functional.softplus(torch.tensor(2.0)))
    torch.autograd.backward(loss)
    assert logits.grad is not None
    assert logits.grad[0, 0, 0] == 0


def test_the_loss_of_a_batch_is_the_mean_of_its_parts() -> None:
    logits, targets = torch.randn(4, 6, 6), torch.rand(4, 6, 6) < 0.5
    valid = torch.rand(4, 6, 6) < 0.8
    whole = bootstrapped_cross_entropy(logits, targets, valid, 0.3)
    parts = [bootstrapped_cross_entropy(logits[s], targets[s], valid[s], 0.3) for s in (slice(0, 2), slice(2, 4))]
    torch.testing.assert_close(whole, torch.stack(parts).mean())


def test_a_sample_without_known_pixels_costs_nothing() -> None:
    nothing = torch.zeros(1, 2, 2, dtype=torch.bool)
    assert bootstrapped_cross_entropy(torch.randn(1, 2, 2), nothing, nothing, 0.5) == 0


@pytest.mark.parametrize("objects", [1, 2, 5])
def test_tensors_and_arrays_are_aggregated_alike(objects: int) -> None:
    logits = np.random.default_rng(0).normal(0, 6, (objects, 7, 9)).astype(np.float32)
    ours = aggregate_logits(torch.from_numpy(logits)[None])[0]
    np.testing.assert_allclose(ours.numpy(), aggregation.aggregate_logits(logits), atol=2e-4, rtol=1e-4)
    np.testing.assert_allclose(ours.softmax(0).numpy(), aggregation.aggregate_probs(logits), atol=1e-5)


def test_certain_absence_and_presence_have_finite_values_and_gradients() -> None:
    logits = torch.tensor([-200.0, -20.0, 0.0, 20.0, 200.0]).reshape(1, 1, 1, 5).requires_grad_()
    aggregated = aggregate_logits(logits)
    torch.autograd.backward(aggregated.log_softmax(1)[:, 1].sum())
    assert torch.isfinite(aggregated).all()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
