"""Logits and soft targets in; one number to make smaller out."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from s2m.training.config import LossConfig


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
