"""Per-object logits (B, N, h, w) in; softly aggregated logits (B, N + 1, h, w), background first, out.

The same formula as ``s2m.engine.aggregation.aggregate_logits``, for tensors with gradients; a test holds them together.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_LEAST_SURPRISE = 1e-30
"""Keeps the logarithm finite where every object is certain to be absent."""


def aggregate_logits(logits: Tensor) -> Tensor:
    """Join objects: an object's channel is its logit, the background's is S - log(1 - e^S).

    S is the sum of logsigmoid(-z_k) over the objects; see ``s2m.engine.aggregation.aggregate_logits``.

    Args:
        logits: (B, N, h, w) float, each object's logits as if it were alone.
    """
    log_background = functional.logsigmoid(-logits).sum(dim=1, keepdim=True)
    log_foreground = torch.log(-torch.expm1(log_background.clamp(max=-_LEAST_SURPRISE)))
    return torch.cat([log_background - log_foreground, logits], dim=1)
