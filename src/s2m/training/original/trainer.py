"""A recipe and sets of images in; a trained original network in a run folder out.

Any number of processes train together: each computes its share of every batch, gradients and batch
statistics are those of the joined batch, and the first process alone writes files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from s2m.data.labelled_images import IGNORE, DataSet
from s2m.errors import ConfigError
from s2m.networks.checkpoints import load_deeplab, load_weights, save_weights
from s2m.networks.joint_normalisation import normalise_jointly
from s2m.networks.original.deeplabv3plus import DeepLabV3Plus, deeplabv3plus_resnet50, network_input
from s2m.training.loading import make_loader, start_loading
from s2m.training.losses import bootstrapped_cross_entropy, hardest_share, mean_iou
from s2m.training.original.config import OriginalConfig, OriginalOptimiserConfig
from s2m.training.original.stream import OriginalBatch, OriginalStream, collate
from s2m.training.panels import draw_panel
from s2m.training.processes import Processes, ShardedOrder
from s2m.training.run_folder import WEIGHTS_NAME
from s2m.training.trainer import Figures, Trainer


@dataclass(frozen=True)
class PassResult:
    """What the network answered in one pass of one process."""

    logits: Tensor
    loss: Tensor
    iou: Tensor


class OriginalTrainer(Trainer[Sequence[OriginalBatch], Sequence[PassResult]]):
    """One run of the original network; a step learns from one or more passes, whose gradients are added up.

    Args:
        config: the recipe.
        sets: what to learn from.
        folder: of the run; None writes nothing.
        processes: this process among the others.

    Raises:
        ConfigError: the batch cannot be shared equally.
    """

    config: OriginalConfig
    network: DeepLabV3Plus

    def __init__(
        self, config: OriginalConfig, sets: Sequence[DataSet], folder: Path | None, processes: Processes
    ) -> None:
        super().__init__(config, folder, processes)
        self.stream = OriginalStream(sets, config)
        self.network = deeplabv3plus_resnet50(config.output_stride)
        if processes.count > 1:
            normalise_jointly(self.network)
        self.network.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.replica = _replica(self.network, processes)
        optimiser = config.optimiser
        groups = [{"params": list(self.network.parameters()), "peak": optimiser.learning_rate}]
        self.optimiser = torch.optim.Adam(groups, lr=optimiser.learning_rate, weight_decay=optimiser.weight_decay)
        check_share(optimiser, processes)

    @property
    def is_half(self) -> bool:
        """As the recipe says."""
        return self.config.optimiser.precision == "bfloat16"

    def load_deeplab(self, path: Path) -> None:
        """Start from a DeepLabV3+ checkpoint; see ``s2m.networks.checkpoints.load_deeplab``."""
        load_deeplab(self.network, path, self.config.seed)

    def load_network(self, path: Path) -> None:
        """Start from weights of this network; see ``s2m.networks.checkpoints.load_weights``."""
        load_weights(self.network, path)

    def save(self) -> None:
        """Write the checkpoint, and beside it the weights alone."""
        super().save()
        if self.folder is not None and self.processes.is_first:
            save_weights(self.network, self.folder / WEIGHTS_NAME)

    def batches(self, end: int, workers: int) -> Iterator[Sequence[OriginalBatch]]:
        """The passes of every step; see ``Trainer.batches``."""
        optimiser = self.config.optimiser
        order = ShardedOrder(self.iteration, end, optimiser.batch_size, optimiser.accumulate, self.processes)
        passes = start_loading(make_loader(self.stream, collate, order, workers))
        while batches := list(islice(passes, optimiser.accumulate)):
            yield batches

    def learn(self, batch: Sequence[OriginalBatch]) -> tuple[Sequence[PassResult], Figures]:
        """A forward and backward pass for each part of the batch."""
        # Dropout repeats after a resumption and differs between processes.
        torch.manual_seed(hash((self.config.seed, self.iteration, self.processes.rank)) % 2**63)
        self.network.train()
        results = []
        for index, one_pass in enumerate(batch):
            with self._gathering(is_last=index + 1 == len(batch)):
                results.append(self._pass(one_pass, 1 / len(batch)))
        self.optimiser.step()
        loss = torch.stack([result.loss for result in results]).mean()
        return results, {"loss": loss, "iou": torch.stack([result.iou for result in results]).nanmean()}

    def draw(self, batch: Sequence[OriginalBatch], answer: Sequence[PassResult]) -> bytes:
        """A picture of the last pass; panels speak of prompts at stride 4 and answers at stride 2."""
        shown = batch[-1]
        truth = (shown.targets == 1).float()
        return draw_panel(
            shown.images,
            functional.max_pool2d(shown.prompts, 4),
            functional.avg_pool2d(answer[-1].logits[:, None], 2)[:, 0],
            functional.avg_pool2d(truth[:, None], 2)[:, 0],
        )

    def _gathering(self, *, is_last: bool) -> AbstractContextManager[None]:
        """Keeps the gradients of all passes but the last to this process."""
        if isinstance(self.replica, DistributedDataParallel) and not is_last:
            return self.replica.no_sync()
        return nullcontext()

    def _pass(self, batch: OriginalBatch, weight: float) -> PassResult:
        """One forward and backward pass; gradients are added up."""
        device = self.device
        images = batch.images.to(device, non_blocking=True).float() / 255
        prompts = batch.prompts.to(device, non_blocking=True)
        targets = batch.targets.to(device, non_blocking=True)
        truth, valid = targets == 1, targets != IGNORE
        inputs = network_input(images, prompts).contiguous(memory_format=torch.channels_last)
        with self.autocast():
            logits = self.replica(inputs)[:, 0]
        share = hardest_share(self.iteration, self.config.bootstrap)
        loss = bootstrapped_cross_entropy(logits, truth, valid, share)
        torch.autograd.backward(loss * weight)
        answer = logits.detach().float()
        return PassResult(answer, loss.detach(), mean_iou(answer, truth.float(), valid.float()))


def _replica(network: DeepLabV3Plus, processes: Processes) -> nn.Module:
    """The network as it is for one process, else one whose gradients are averaged over all."""
    if processes.count == 1:
        return network
    devices = [processes.device] if processes.device.type == "cuda" else None
    return DistributedDataParallel(network, device_ids=devices, broadcast_buffers=False)


def check_share(config: OriginalOptimiserConfig, processes: Processes) -> None:
    """At least two samples a process and pass: the global context is normalised over one value a sample."""
    parts = config.accumulate * processes.count
    if config.batch_size % parts:
        raise ConfigError(
            f"the batch of {config.batch_size} cannot be shared by {processes.count} processes in "
            f"{config.accumulate} passes; choose a batch_size that is a multiple of {parts}"
        )
    if config.batch_size // config.accumulate < 2:
        raise ConfigError(f"a pass needs at least 2 samples, got {config.batch_size // config.accumulate}")
