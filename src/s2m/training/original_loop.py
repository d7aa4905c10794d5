"""A configuration and sets of images in; a trained original network in a run folder out.

Any number of processes train together: each computes its share of every batch, gradients and batch
statistics are those of the joined batch, and the first process alone writes files.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from s2m.data.labelled_images import IGNORE
from s2m.data.layouts import DataSet
from s2m.errors import ConfigError
from s2m.files.atomic import write_atomically
from s2m.networks.checkpoints import fill, load_deeplab, load_weights, save_weights
from s2m.networks.joint_normalisation import normalise_jointly
from s2m.networks.original.deeplabv3plus import DeepLabV3Plus, deeplabv3plus_resnet50, network_input
from s2m.training.bootstrapped_loss import bootstrapped_cross_entropy, hardest_share
from s2m.training.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from s2m.training.loading import start_loading, timed
from s2m.training.losses import mean_iou
from s2m.training.original_config import OriginalConfig, OriginalOptimiserConfig
from s2m.training.panels import draw_panel
from s2m.training.processes import Processes, ShardedOrder
from s2m.training.published_stream import PublishedBatch, PublishedStream, make_published_loader
from s2m.training.run_folder import (
    CHECKPOINT_NAME,
    CONFIG_NAME,
    WEIGHTS_NAME,
    MetricsWriter,
    open_metrics,
    write_record,
)


@dataclass(frozen=True)
class PassResult:
    """One pass of one process: what it learnt from and what the network answered."""

    batch: PublishedBatch
    logits: Tensor
    loss: Tensor
    iou: Tensor


class OriginalTrainer:
    """One run: its network, its optimiser and its place in the stream.

    Args:
        config: the recipe.
        sets: what to learn from.
        folder: of the run; None writes nothing.
        processes: this process among the others.

    Raises:
        ConfigError: the batch cannot be shared equally.
    """

    def __init__(
        self, config: OriginalConfig, sets: Sequence[DataSet], folder: Path | None, processes: Processes
    ) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.folder = folder
        self.processes = processes
        self.stream = PublishedStream(sets, config)
        self.network = deeplabv3plus_resnet50(config.output_stride)
        if processes.count > 1:
            normalise_jointly(self.network)
        self.network.to(processes.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.replica = _replica(self.network, processes)
        optimiser = config.optimiser
        self.optimiser = torch.optim.Adam(
            self.network.parameters(), lr=optimiser.learning_rate, weight_decay=optimiser.weight_decay
        )
        self.iteration = 0
        check_share(optimiser, processes)

    def load_deeplab(self, path: Path) -> None:
        """Start from a DeepLabV3+ checkpoint; see ``s2m.networks.checkpoints.load_deeplab``."""
        load_deeplab(self.network, path, self.config.seed)

    def load_network(self, path: Path) -> None:
        """Start from weights of this network; see ``s2m.networks.checkpoints.load_weights``."""
        load_weights(self.network, path)

    def resume(self) -> None:
        """Go on from the checkpoint of the run folder, whatever number of processes wrote it.

        Raises:
            ModelError: there is none, or it is no checkpoint of this network.
        """
        assert self.folder is not None
        path = self.folder / CHECKPOINT_NAME
        checkpoint = read_checkpoint(path)
        fill(self.network, checkpoint.network, path)
        self.optimiser.load_state_dict(checkpoint.optimiser)
        self.iteration = checkpoint.iteration

    def save(self) -> None:
        """Write the checkpoint and the weights alone, in the first process; the others return at once."""
        if self.folder is None or not self.processes.is_first:
            return
        state = self.network.state_dict()
        checkpoint = Checkpoint(self.iteration, self.config.model_dump(), state, {}, self.optimiser.state_dict())
        write_checkpoint(self.folder / CHECKPOINT_NAME, checkpoint)
        save_weights(self.network, self.folder / WEIGHTS_NAME)

    def run(self) -> None:
        """Train to the last iteration; checkpoints, metrics and pictures are written on the way."""
        config = self.config
        total = config.optimiser.iterations
        recent: dict[str, list[Tensor]] = defaultdict(list)
        with ExitStack() as stack:
            metrics = self._open_files(stack)
            progress = stack.enter_context(
                tqdm(total=total, initial=self.iteration, unit="step", disable=not self.processes.is_first)
            )
            for batches, waited in timed(self.batches(total, config.data.workers)):
                results, figures = self.step(batches)
                figures["seconds_waiting"] = torch.tensor(waited, device=self.processes.device)
                for name, value in figures.items():
                    recent[name].append(value)
                progress.update()
                if self.iteration % config.log_every == 0 or self.iteration == total:
                    means = self._means(recent)
                    recent.clear()
                    progress.set_postfix(loss=f"{means['loss']:.3f}", iou=f"{means['iou']:.3f}")
                    if metrics is not None:
                        metrics.write(self.iteration, means)
                if metrics is not None and self.iteration % config.panel_every == 0:
                    self._write_panel(results[-1], metrics)
                if self.iteration % config.checkpoint_every == 0 and self.iteration < total:
                    self.save()
        self.save()

    def batches(self, end: int, workers: int) -> Iterator[list[PublishedBatch]]:
        """The passes of every iteration from the next one to the one before ``end``.

        Args:
            end: iteration.
            workers: processes that prepare them beside this one.
        """
        optimiser = self.config.optimiser
        order = ShardedOrder(self.iteration, end, optimiser.batch_size, optimiser.accumulate, self.processes)
        passes = start_loading(make_published_loader(self.stream, order, workers))
        while batches := list(islice(passes, optimiser.accumulate)):
            yield batches

    def step(self, batches: Sequence[PublishedBatch]) -> tuple[list[PassResult], dict[str, Tensor]]:
        """Learn from the passes of one iteration.

        Returns:
            What each pass answered, and this process's figures.
        """
        started = time.monotonic()
        optimiser = self.config.optimiser
        rate = learning_rate(self.iteration, optimiser)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        # Dropout repeats after a resumption and differs between processes.
        torch.manual_seed(hash((self.config.seed, self.iteration, self.processes.rank)) % 2**63)
        self.network.train()
        self.optimiser.zero_grad()
        results = []
        for index, batch in enumerate(batches):
            with self._gathering(is_last=index + 1 == len(batches)):
                results.append(self._pass(batch, 1 / len(batches)))
        self.optimiser.step()
        self.iteration += 1
        loss = torch.stack([result.loss for result in results]).mean()
        iou = torch.stack([result.iou for result in results]).nanmean()
        seconds = torch.tensor(time.monotonic() - started, device=self.processes.device)
        return results, {"loss": loss, "iou": iou, "seconds": seconds, "learning_rate": loss.new_tensor(rate)}

    def _gathering(self, *, is_last: bool) -> AbstractContextManager[None]:
        """Keeps the gradients of all passes but the last to this process."""
        if isinstance(self.replica, DistributedDataParallel) and not is_last:
            return self.replica.no_sync()
        return nullcontext()

    def _pass(self, batch: PublishedBatch, weight: float) -> PassResult:
        """One forward and backward pass; gradients are added up."""
        device = self.processes.device
        images = batch.images.to(device, non_blocking=True).float() / 255
        prompts = batch.prompts.to(device, non_blocking=True)
        targets = batch.targets.to(device, non_blocking=True)
        truth, valid = targets == 1, targets != IGNORE
        inputs = network_input(images, prompts).contiguous(memory_format=torch.channels_last)
        is_half = self.config.optimiser.precision == "bfloat16"
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_half):
            logits = self.replica(inputs)[:, 0]
        share = hardest_share(self.iteration, self.config.bootstrap)
        loss = bootstrapped_cross_entropy(logits, truth, valid, share)
        torch.autograd.backward(loss * weight)
        answer = logits.detach().float()
        return PassResult(batch, answer, loss.detach(), mean_iou(answer, truth.float(), valid.float()))

    def _means(self, recent: dict[str, list[Tensor]]) -> dict[str, float]:
        """The figures since the last line, over time and processes."""
        own = torch.stack([torch.stack(values).float().nanmean() for values in recent.values()])
        return dict(zip(recent, self.processes.mean(own).tolist(), strict=True))

    def _open_files(self, stack: ExitStack) -> MetricsWriter | None:
        if self.folder is None or not self.processes.is_first:
            return None
        metrics = stack.enter_context(open_metrics(self.folder))
        write_atomically(self.folder / CONFIG_NAME, self.config.model_dump_json(indent=1).encode())
        write_record(self.folder, self.processes.count, self.processes.device)
        return metrics

    def _write_panel(self, result: PassResult, metrics: MetricsWriter) -> None:
        """A picture of the last pass; panels speak of prompts at stride 4 and answers at stride 2."""
        assert self.folder is not None
        batch = result.batch
        truth = (batch.targets == 1).float()
        picture = draw_panel(
            batch.images,
            functional.max_pool2d(batch.prompts, 4),
            functional.avg_pool2d(result.logits[:, None], 2)[:, 0],
            functional.avg_pool2d(truth[:, None], 2)[:, 0],
        )
        write_atomically(self.folder / f"panel-{self.iteration:06d}.png", picture)
        metrics.write_picture(self.iteration, picture)


def learning_rate(iteration: int, config: OriginalOptimiserConfig) -> float:
    """The rate of an iteration: multiplied by gamma after each of the configured steps."""
    return config.learning_rate * math.pow(config.gamma, sum(iteration >= step for step in config.steps))


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
