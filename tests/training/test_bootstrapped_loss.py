from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from s2m.training.bootstrapped_loss import bootstrapped_cross_entropy, hardest_share
from s2m.training.original_config import BootstrapConfig


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
