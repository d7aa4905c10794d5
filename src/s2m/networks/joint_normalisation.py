"""A network in; the same network with batch statistics taken over the samples of all processes out."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class _SumOverProcesses(torch.autograd.Function):
    """Adds a tensor up over all processes; so do the gradients on their way back."""

    @staticmethod
    def forward(_context: Any, local: Tensor) -> Tensor:
        total = local.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(_context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total


class JointBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation over the joined batch of all processes, each of which holds equally many samples.

    What ``nn.SyncBatchNorm`` is through NCCL, for processes that talk through gloo.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name is torch's)
        """(B, C, h, w), normalised."""
        if not self.training:
            return super().forward(input)
        processes = dist.get_world_size()
        wide = input.float()
        mean = _sum(wide.mean(dim=(0, 2, 3))) / processes
        centred = wide - mean[:, None, None]
        variance = _sum(centred.square().mean(dim=(0, 2, 3))) / processes
        self._follow(mean.detach(), variance.detach(), processes * input.numel() // input.shape[1])
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(input.dtype)

    def _follow(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics as ``nn.BatchNorm2d`` does."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (count / max(1, count - 1)), self.momentum)
        self.num_batches_tracked += 1


def _sum(local: Tensor) -> Tensor:
    total: Tensor = _SumOverProcesses.apply(local)  # type: ignore[no-untyped-call]
    return total


def normalise_jointly(network: nn.Module) -> None:
    """Replace every batch normalisation of a network, in place; names and shapes of the weights stay.

    Args:
        network: whose normalisations are ``nn.BatchNorm2d``; they become ``nn.SyncBatchNorm`` where the processes talk
            through NCCL, ``JointBatchNorm2d`` elsewhere.
    """
    for name, module in network.named_children():
        if isinstance(module, nn.BatchNorm2d):
            kind = nn.SyncBatchNorm if dist.get_backend() == "nccl" else JointBatchNorm2d
            joint = kind(module.num_features, module.eps, module.momentum)
            joint.load_state_dict(module.state_dict())
            setattr(network, name, joint)
        else:
            normalise_jointly(module)
