"""Logits and targets of one object a sample in; the published loss out: cross-entropy of the hardest pixels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from s2m.training.aggregation import aggregate_logits
from s2m.training.original_config import BootstrapConfig


def hardest_share(iteration: int, config: BootstrapConfig) -> float:
    """The share of a sample's pixels that the loss is averaged over: 1, then falling linearly to its last value."""
    if iteration < config.start:
        return 1.0
    progress = min(1.0, (iteration - config.start) / (config.end - config.start))
    return 1.0 - progress * (1.0 - config.last_share)


def bootstrapped_cross_entropy(logits: Tensor, targets: Tensor, valid: Tensor, share: float) -> Tensor:
    """Cross-entropy on the two aggregated channels, averaged over each sample's hardest pixels.

    Each sample keeps a share of its own pixels, so the loss of a batch is the mean of its samples' losses
    however the batch is split over processes.

    Args:
        logits: (B, h, w) float, one object a sample, before aggregation.
        targets: (B, h, w) bool.
        valid: (B, h, w) bool, false where the truth is unknown: such pixels neither count nor are chosen.
        share: in 0..1, of the valid pixels; see ``hardest_share``.

    Returns:
        A scalar, 0 where a batch has no valid pixel.
    """
    aggregated = aggregate_logits(logits.float()[:, None])
    losses = functional.cross_entropy(aggregated, targets.long(), reduction="none") * valid
    each = [_mean_of_hardest(loss[known], share) for loss, known in zip(losses, valid, strict=True)]
    return torch.stack(each).mean()


def _mean_of_hardest(losses: Tensor, share: float) -> Tensor:
    if len(losses) == 0:
        return losses.sum()
    if share >= 1.0:
        return losses.mean()
    return losses.topk(max(1, int(len(losses) * share)), sorted=False).values.mean()
