"""Logits and targets in; one number to make smaller, or the IoU, out.

The compact network learns by ``segmentation_loss``, the original one by ``bootstrapped_cross_entropy``.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from s2m.training.compact.config import LossConfig
from s2m.training.original.config import BootstrapConfig

_LEAST_SURPRISE = 1e-30
"""Keeps the logarithm finite where every object is certain to be absent."""


def segmentation_loss(logits: Tensor, target: Tensor, valid: Tensor, config: LossConfig) -> Tensor:
    """Binary cross-entropy plus soft IoU, each averaged over the objects.

    Args:
        logits: (N, h, w) float.
        target: (N, h, w) float in 0..1, the share of each pixel that belongs to the object.
        valid: (N, h, w) float, 0 where the truth is unknown.
        config: the weights of the two parts.

    Returns:
        A scalar.  The soft IoU (Rahman and Wang, "Optimizing Intersection-Over-Union in Deep Neural
        Networks for Image Segmentation", ISVC 2016) is left out for objects with an empty target, where
        it says nothing.
    """
    logits = logits.float()
    cross_entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    cross_entropy = (cross_entropy * valid).sum(dim=(1, 2)) / valid.sum(dim=(1, 2)).clamp(min=1)
    probs = torch.sigmoid(logits) * valid
    target = target * valid
    intersection = (probs * target).sum(dim=(1, 2))
    union = (probs + target - probs * target).sum(dim=(1, 2))
    has_target = (target.sum(dim=(1, 2)) >= 1).float()
    soft_iou = (1 - intersection / union.clamp(min=1e-6)) * has_target
    return config.cross_entropy * cross_entropy.mean() + config.soft_iou * soft_iou.mean()


def mean_iou(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Mean IoU over the objects whose target is not empty, a scalar; arguments as for the loss."""
    answer = (logits > 0) & (valid > 0)
    truth = (target >= 0.5) & (valid > 0)
    intersection = (answer & truth).sum(dim=(1, 2)).float()
    union = (answer | truth).sum(dim=(1, 2)).float()
    has_target = truth.any(dim=2).any(dim=1)
    return (intersection / union.clamp(min=1))[has_target].mean()


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


def aggregate_logits(logits: Tensor) -> Tensor:
    """``s2m.engine.aggregation.aggregate_logits`` for tensors with gradients; a test holds the two together.

    Args:
        logits: (B, N, h, w) float, each object's logits as if it were alone.

    Returns:
        (B, N + 1, h, w), the background first.
    """
    log_background = functional.logsigmoid(-logits).sum(dim=1, keepdim=True)
    log_foreground = torch.log(-torch.expm1(log_background.clamp(max=-_LEAST_SURPRISE)))
    return torch.cat([log_background - log_foreground, logits], dim=1)
