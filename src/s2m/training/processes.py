"""The environment that ``torchrun`` sets in; this process's place among the training processes out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn

from s2m.errors import ConfigError

DeviceName = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class Processes:
    """This process among those that train together.

    Attributes:
        rank: its number; the first one writes the run's files.
        count: how many there are, on all machines.
        device: what it computes on.
        restarts: how often ``torchrun`` has started processes again after one died: the most that any machine counted.
    """

    rank: int
    count: int
    device: torch.device
    restarts: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this process writes the run's files."""
        return self.rank == 0

    def mean(self, values: Tensor) -> Tensor:
        """The mean of a tensor over all processes, where NaN does not count; NaN where all are NaN."""
        sums = torch.stack([values.nan_to_num(0.0), (~values.isnan()).to(values.dtype)])
        if self.count > 1:
            dist.all_reduce(sums)
        return sums[0] / sums[1]

    def as_first_says(self, answer: bool) -> bool:
        """The first process's answer, in all processes."""
        if self.count == 1:
            return answer
        told = torch.tensor([int(answer)], device=self.device)
        dist.broadcast(told, src=0)
        return bool(told.item())

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace the gradients of parameters by their mean over all processes, where there are several.

        For networks that go through several backward passes a step; others leave this to
        ``DistributedDataParallel``.
        """
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if self.count == 1 or not gradients:
            return
        joined = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(joined)
        joined /= self.count
        parts = joined.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def share(self, whole: int, what: str) -> int:
        """This process's part of ``whole`` things.

        Raises:
            ConfigError: they cannot be shared equally.
        """
        if whole % self.count:
            raise ConfigError(f"{what} ({whole}) must be a multiple of the number of processes ({self.count})")
        return whole // self.count


@dataclass(frozen=True)
class ShardedOrder:
    """The sample numbers of one process: of every pass over ``batch`` samples its own share, in order.

    Attributes:
        first: iteration to begin with.
        end: iteration to end before.
        batch: samples of one iteration, over all processes and passes.
        passes: accumulated passes of an iteration.
        processes: this process among the others.
    """

    first: int
    end: int
    batch: int
    passes: int
    processes: Processes

    @property
    def share(self) -> int:
        """Samples of this process in one pass."""
        return self.batch // (self.passes * self.processes.count)

    def __len__(self) -> int:
        return (self.end - self.first) * self.passes * self.share

    def __iter__(self) -> Iterator[int]:
        for iteration in range(self.first, self.end):
            for one_pass in range(self.passes):
                start = iteration * self.batch + (one_pass * self.processes.count + self.processes.rank) * self.share
                yield from range(start, start + self.share)


@contextmanager
def join_processes(device: DeviceName, *, share_gpus: bool = False) -> Iterator[Processes]:
    """Meet the other processes of ``torchrun``, or work alone where it did not start this one.

    CUDA processes talk through NCCL and take the GPU of their local rank; others talk through gloo.

    Args:
        device: what to compute on.
        share_gpus: several processes may use one GPU, so that it works for one while another draws strokes; they talk
            through gloo, as NCCL wants a GPU for each.

    Raises:
        ConfigError: CUDA is asked for and not there, or a machine has more processes than GPUs and may not share them.
    """
    kind = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if kind == "cuda" and not torch.cuda.is_available():
        raise ConfigError("there is no CUDA device; use --device cpu")
    if "RANK" not in os.environ:
        yield Processes(0, 1, torch.device(kind))
        return
    chosen = _local_device(kind, share_gpus=share_gpus)
    dist.init_process_group("nccl" if kind == "cuda" and not share_gpus else "gloo")
    try:
        yield Processes(dist.get_rank(), dist.get_world_size(), chosen, _restarts_of_any(chosen))
    finally:
        dist.destroy_process_group()


def _restarts_of_any(device: torch.device) -> int:
    """The largest restart count among the machines: each counts the deaths of its own workers only."""
    count = torch.tensor([int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))], device=device)
    dist.all_reduce(count, dist.ReduceOp.MAX)
    return int(count.item())


def _local_device(kind: str, *, share_gpus: bool) -> torch.device:
    if kind == "cpu":
        return torch.device("cpu")
    local = int(os.environ.get("LOCAL_RANK", "0"))
    count = torch.cuda.device_count()
    if local >= count and not share_gpus:
        raise ConfigError(
            f"process {local} of this machine has no GPU of its own, there are {count}; "
            "lower --nproc-per-node, or let processes share them with --share-gpus"
        )
    torch.cuda.set_device(local % count)
    return torch.device("cuda", local % count)
