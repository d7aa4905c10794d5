"""A recipe, a network and its batches in; a run folder with checkpoint, metrics and pictures out.

The loop is the same for both networks.  ``compact.trainer`` and ``original.trainer`` say how a network is built, what a
step learns from and how, and what a picture shows of it.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from s2m.files.atomic import write_atomically
from s2m.networks.checkpoints import fill
from s2m.training.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from s2m.training.config import RunConfig
from s2m.training.loading import timed
from s2m.training.processes import Processes
from s2m.training.run_folder import CHECKPOINT_NAME, CONFIG_NAME, MetricsWriter, open_metrics, write_record

Batch = TypeVar("Batch")
Answer = TypeVar("Answer")

Figures = dict[str, float | Tensor]
"""Figures of one step and process: numbers or scalar tensors, NaN where there is nothing to say."""


class Trainer(ABC, Generic[Batch, Answer]):
    """One run: its network, optimiser, moving average and place in the stream of batches.

    A batch is what one process learns from in one step.  An answer is what the network said to it.

    Args:
        config: the recipe.
        folder: of the run; None writes nothing.
        processes: this process among those that train together; the first one writes the folder.
    """

    config: RunConfig
    network: nn.Module
    average: nn.Module | None = None
    optimiser: torch.optim.Optimizer

    def __init__(self, config: RunConfig, folder: Path | None, processes: Processes) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.folder = folder
        self.processes = processes
        self.device = processes.device
        self.iteration = 0

    @abstractmethod
    def load_network(self, path: Path) -> None:
        """Start from weights of this network, with a fresh optimiser.

        Raises:
            ModelError: the file is missing, damaged or of another network.
        """

    @abstractmethod
    def batches(self, end: int, workers: int) -> Iterator[Batch]:
        """This process's share of every step from the next one to the one before ``end``.

        Args:
            end: iteration.
            workers: processes that prepare them beside this one.
        """

    @abstractmethod
    def learn(self, batch: Batch) -> tuple[Answer, Figures]:
        """Add up gradients and change the weights by them; gradients are zero and rates are set before."""

    @abstractmethod
    def draw(self, batch: Batch, answer: Answer) -> bytes:
        """A picture (PNG) of what the network was told and what it answered."""

    @property
    @abstractmethod
    def is_half(self) -> bool:
        """Whether the network computes in bfloat16; losses and weights stay 32 bits."""

    def autocast(self) -> torch.autocast:
        """The precision that the network computes in."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.is_half)

    def resume(self) -> None:
        """Go on from the checkpoint of the run folder, whatever number of processes wrote it.

        Raises:
            ModelError: there is none, or it is no checkpoint of this network.
        """
        assert self.folder is not None
        path = self.folder / CHECKPOINT_NAME
        checkpoint = read_checkpoint(path)
        fill(self.network, checkpoint.network, path)
        if self.average is not None:
            fill(self.average, checkpoint.average, path)
        self.optimiser.load_state_dict(checkpoint.optimiser)
        self.iteration = checkpoint.iteration

    def save(self) -> None:
        """Write the checkpoint of the run folder, in the first process; the others return at once."""
        if self.folder is None or not self.processes.is_first:
            return
        average = {} if self.average is None else self.average.state_dict()
        state, optimiser = self.network.state_dict(), self.optimiser.state_dict()
        checkpoint = Checkpoint(self.iteration, self.config.model_dump(), state, average, optimiser)
        write_checkpoint(self.folder / CHECKPOINT_NAME, checkpoint)

    def run(self) -> None:
        """Train to the last iteration; write checkpoints, metrics and pictures on the way."""
        config, total = self.config, self.config.optimiser.iterations
        recent: dict[str, list[Tensor]] = defaultdict(list)
        with ExitStack() as stack:
            metrics = self._open_files(stack)
            shows_nothing = not self.processes.is_first
            progress = stack.enter_context(
                tqdm(total=total, initial=self.iteration, unit="step", smoothing=0.05, disable=shows_nothing)
            )
            for batch, waited in timed(self.batches(total, config.data.workers)):
                answer, figures = self.step(batch)
                for name, value in {**figures, "seconds_waiting": waited}.items():
                    recent[name].append(torch.as_tensor(value, dtype=torch.float64, device=self.device))
                progress.update()
                if self.iteration % config.log_every == 0 or self.iteration == total:
                    means = self._means(recent)
                    recent.clear()
                    progress.set_postfix({name: f"{means[name]:.3f}" for name in means if name[:3] in ("los", "iou")})
                    if metrics is not None:
                        metrics.write(self.iteration, means)
                if metrics is not None and self.iteration % config.panel_every == 0:
                    self._write_panel(self.draw(batch, answer), metrics)
                if self.iteration % config.checkpoint_every == 0 and self.iteration < total:
                    self.save()
        self.save()

    def step(self, batch: Batch) -> tuple[Answer, Figures]:
        """Learn from one batch.

        Returns:
            What the network answered, and this process's figures.
        """
        started = time.monotonic()
        optimiser = self.config.optimiser
        factor = optimiser.rate_factor(self.iteration)
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * factor
        self.optimiser.zero_grad()
        answer, figures = self.learn(batch)
        self.iteration += 1
        own: Figures = {"learning_rate": factor * optimiser.learning_rate, "seconds": time.monotonic() - started}
        return answer, {**figures, **own}

    def _means(self, recent: Mapping[str, list[Tensor]]) -> dict[str, float]:
        """The figures since the last line, over time and processes."""
        own = torch.stack([torch.stack(values).nanmean() for values in recent.values()])
        return dict(zip(recent, self.processes.mean(own).tolist(), strict=True))

    def _open_files(self, stack: ExitStack) -> MetricsWriter | None:
        """The writer of the run folder, in the first process."""
        if self.folder is None or not self.processes.is_first:
            return None
        metrics = stack.enter_context(open_metrics(self.folder))
        write_atomically(self.folder / CONFIG_NAME, self.config.model_dump_json(indent=1).encode())
        write_record(self.folder, self.processes.count, self.device)
        return metrics

    def _write_panel(self, picture: bytes, metrics: MetricsWriter) -> None:
        assert self.folder is not None
        write_atomically(self.folder / f"panel-{self.iteration:06d}.png", picture)
        metrics.write_picture(self.iteration, picture)
