"""A configuration and a data root in; a run folder with checkpoint, metrics and pictures out."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from s2m.files.atomic import write_atomically
from s2m.networks.checkpoints import fill
from s2m.networks.compact.efficientnet import load_imagenet_weights
from s2m.networks.compact.export import PROMPT_DIAMETER_PX, read_weights
from s2m.networks.compact.network import PROMPT_STRIDE, CompactNetwork, CompactSettings
from s2m.networks.joint_normalisation import normalise_jointly
from s2m.simulated_user.sessions import SimulatedSession
from s2m.training.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from s2m.training.config import OptimiserConfig, TrainingConfig
from s2m.training.loading import start_loading, timed
from s2m.training.losses import mean_iou, segmentation_loss
from s2m.training.panels import draw_panel
from s2m.training.processes import Processes, ShardedOrder
from s2m.training.run_folder import CHECKPOINT_NAME, CONFIG_NAME, MetricsWriter, open_metrics, write_record
from s2m.training.stream import Batch, SampleStream, make_loader


@dataclass(frozen=True)
class RoundResult:
    """One round of one batch: what the network was told and what it answered."""

    prompts: Tensor
    logits: Tensor
    loss: float
    iou: float


class Trainer:
    """One run: its network, optimiser, moving average and place in the stream.

    Args:
        config: the recipe.
        data_root: the recipe's sets lie below it.
        folder: of the run.
        processes: this process among those that train together; the first one writes the folder.
    """

    def __init__(self, config: TrainingConfig, data_root: Path, folder: Path, processes: Processes) -> None:
        torch.manual_seed(config.seed)
        device = processes.device
        self.config = config
        self.folder = folder
        self.processes = processes
        self.device = device
        processes.share(config.optimiser.batch_size, "batch_size")
        self.stream = SampleStream(data_root, config)
        self.user = config.simulated_user
        network = build_network(config)
        if processes.count > 1:
            normalise_jointly(network)
        self.network = place(network, device)
        self.average = place(build_network(config), device).requires_grad_(False)
        self.average.load_state_dict(self.network.state_dict())
        self.optimiser = build_optimiser(self.network, config.optimiser)
        self.iteration = 0

    def resume(self) -> None:
        """Go on from the checkpoint of the run folder.

        Raises:
            ModelError: there is none, or it is no checkpoint of this network.
        """
        path = self.folder / CHECKPOINT_NAME
        checkpoint = read_checkpoint(path)
        fill(self.network, checkpoint.network, path)
        fill(self.average, checkpoint.average, path)
        self.optimiser.load_state_dict(checkpoint.optimiser)
        self.iteration = checkpoint.iteration

    def load_network(self, path: Path) -> None:
        """Start from weights as ``s2m export-model --weights`` writes them, with a fresh optimiser.

        Raises:
            ModelError: the file is missing, damaged or of another network.
        """
        for network in (self.network, self.average):
            read_weights(network, path)

    def save(self) -> None:
        """Write the checkpoint of the run folder, in the first process; the others return at once."""
        if not self.processes.is_first:
            return
        write_checkpoint(
            self.folder / CHECKPOINT_NAME,
            Checkpoint(
                self.iteration,
                self.config.model_dump(),
                self.network.state_dict(),
                self.average.state_dict(),
                self.optimiser.state_dict(),
            ),
        )

    def run(self) -> None:
        """Train to the last iteration; write checkpoints, metrics and pictures on the way."""
        total = self.config.optimiser.iterations
        recent: dict[str, list[float]] = defaultdict(list)
        saved = time.monotonic()
        with ExitStack() as stack:
            metrics = self._open_files(stack)
            progress = stack.enter_context(
                tqdm(total=total, initial=self.iteration, unit="step", smoothing=0.05, disable=metrics is None)
            )
            for batch, waited in timed(self.batches(total, self.config.data.workers)):
                last_round, figures = self.step(batch)
                for name, value in (*figures.items(), ("seconds_waiting", waited)):
                    recent[name].append(value)
                progress.update()
                if self.iteration % self.config.log_every == 0:
                    means = {name: float(np.nanmean(values)) for name, values in recent.items()}
                    recent.clear()
                    progress.set_postfix(loss=f"{means['loss']:.3f}", iou=f"{means['iou/last']:.3f}")
                    if metrics is not None:
                        metrics.write(self.iteration, means)
                if metrics is not None and self.iteration % self.config.panel_every == 0:
                    self._write_panel(batch, last_round, metrics)
                if time.monotonic() - saved > 60 * self.config.checkpoint_minutes:
                    self.save()
                    saved = time.monotonic()
        self.save()

    def _open_files(self, stack: ExitStack) -> MetricsWriter | None:
        """The writer of the run folder, in the first process."""
        if not self.processes.is_first:
            return None
        metrics = stack.enter_context(open_metrics(self.folder))
        write_atomically(self.folder / CONFIG_NAME, self.config.model_dump_json(indent=1).encode())
        write_record(self.folder, self.processes.count, self.device)
        return metrics

    def _write_panel(self, batch: Batch, last_round: RoundResult, metrics: MetricsWriter) -> None:
        panel = draw_panel(batch.pictures, last_round.prompts, last_round.logits, batch.truth(self.device)[0])
        write_atomically(self.folder / f"panel-{self.iteration:06d}.png", panel)
        metrics.write_picture(self.iteration, panel)

    def batches(self, end: int, workers: int) -> Iterator[Batch]:
        """This process's share of the batches from the next iteration to the one before ``end``.

        Args:
            end: iteration.
            workers: processes that prepare them beside this one.
        """
        order = ShardedOrder(self.iteration, end, self.config.optimiser.batch_size, 1, self.processes)
        return start_loading(make_loader(self.stream, order, workers))

    def step(self, batch: Batch) -> tuple[RoundResult, dict[str, float]]:
        """Learn from one batch: encode once, then a backward pass for each round of strokes.

        Returns:
            What the last round answered, and this process's figures.
        """
        started = time.monotonic()
        optimiser = self.config.optimiser
        rate = learning_rate(self.iteration, optimiser)
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * rate
        rng = np.random.default_rng([self.config.seed, self.iteration, 1])
        least, most = self.config.rounds.count
        rounds = int(rng.integers(least, most + 1))
        self.optimiser.zero_grad()
        self._set_mode()
        with self._autocast():
            features = self.network.encoder(batch.images(self.device))
        leaves = [feature.detach().requires_grad_() for feature in features]
        truth = batch.truth(self.device)
        results = []
        sessions = batch.sessions
        answers = np.stack([session.start for session in sessions])
        is_late = rng.random() < self.config.rounds.late
        ahead = int(rng.integers(1, self.config.rounds.late_rounds + 1)) if is_late else 0
        for turn in range(ahead + rounds):
            if turn > 0:
                sessions = self._next_strokes(sessions, answers, rng)
            if turn < ahead:
                answers = self._answer(leaves, sessions, answers)
                continue
            result = self._round(truth, leaves, sessions, answers, rounds, rng, is_first=turn == 0)
            answers = torch.sigmoid(result.logits).cpu().numpy()
            results.append(result)
        torch.autograd.backward(features, [leaf.grad for leaf in leaves])
        self.processes.average_gradients(self._trained())
        norm = nn.utils.clip_grad_norm_(self._trained(), optimiser.gradient_norm)
        self.optimiser.step()
        self._follow()
        self.iteration += 1
        return results[-1], {
            "loss": sum(result.loss for result in results) / rounds,
            "iou/first": results[0].iou,
            "iou/last": results[-1].iou,
            "learning_rate": rate * optimiser.learning_rate,
            "gradient_norm": float(norm),
            "seconds": time.monotonic() - started,
        }

    def _set_mode(self) -> None:
        """Normalise by the statistics of the batch, but in the last steps."""
        self.network.train()
        optimiser = self.config.optimiser
        if self.iteration >= optimiser.iterations - optimiser.settled_steps:
            freeze_normalisation(self.network)

    def _answer(self, leaves: list[Tensor], sessions: tuple[SimulatedSession, ...], answers: np.ndarray) -> np.ndarray:
        """The answers (N, S/2, S/2) to a round of which nothing is learned."""
        self.network.eval()
        prompts = self._prompts(sessions, torch.from_numpy(answers)[:, None])
        with torch.no_grad(), self._autocast():
            logits = self.network.decoder(*leaves, prompts).float()
        self._set_mode()
        return torch.sigmoid(logits).cpu().numpy()

    def _next_strokes(
        self, sessions: tuple[SimulatedSession, ...], answers: np.ndarray, rng: np.random.Generator
    ) -> tuple[SimulatedSession, ...]:
        return tuple(
            self.user.add_strokes(session, answer, 2 if rng.random() < 0.25 else 1, rng)
            for session, answer in zip(sessions, answers, strict=True)
        )

    def _round(
        self,
        truth: tuple[Tensor, Tensor],
        leaves: list[Tensor],
        sessions: tuple[SimulatedSession, ...],
        answers: np.ndarray,
        rounds: int,
        rng: np.random.Generator,
        *,
        is_first: bool,
    ) -> RoundResult:
        previous = torch.from_numpy(answers)[:, None]
        if not is_first:
            kept = rng.random(len(sessions)) >= self.config.rounds.forget_previous
            previous = previous * torch.from_numpy(kept.astype(np.float32))[:, None, None, None]
        prompts = self._prompts(sessions, previous)
        with self._autocast():
            logits = self.network.decoder(*leaves, prompts).float()
        loss = segmentation_loss(logits, *truth, self.config.loss)
        (loss / rounds).backward()
        logits = logits.detach()
        return RoundResult(prompts, logits, loss.item(), mean_iou(logits, *truth).item())

    def _prompts(self, sessions: tuple[SimulatedSession, ...], previous: Tensor) -> Tensor:
        """Strokes and masks before (N, 1, S/2, S/2) as the decoder takes them, (N, 3, S/4, S/4)."""
        drawn = np.stack([session.draw(PROMPT_STRIDE, PROMPT_DIAMETER_PX) for session in sessions])
        prompts = torch.cat([torch.from_numpy(drawn), nn.functional.avg_pool2d(previous, 2)], dim=1)
        return prompts.to(self.device, memory_format=torch.channels_last)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=has_fast_bfloat16(self.device))

    def _trained(self) -> list[nn.Parameter]:
        return [parameter for parameter in self.network.parameters() if parameter.requires_grad]

    def _follow(self) -> None:
        """Move the average towards the trained weights; faster at the start, when they change most."""
        rate = min(self.config.optimiser.ema, (1 + self.iteration) / (10 + self.iteration))
        trained, average = self.network.state_dict(), self.average.state_dict()
        floating = [name for name, value in trained.items() if value.is_floating_point()]
        torch._foreach_lerp_([average[n] for n in floating], [trained[n] for n in floating], 1 - rate)


def build_network(config: TrainingConfig) -> CompactNetwork:
    """The network of a configuration, with pretrained encoder and what is to stay frozen frozen."""
    network = CompactNetwork(CompactSettings(encoder=config.encoder))
    load_imagenet_weights(network.encoder.backbone, config.encoder)
    network.start_second_look()
    if config.freeze_general:
        network.freeze_general()
    return network


def place(network: CompactNetwork, device: torch.device) -> CompactNetwork:
    """The network on its device, its convolutions in the memory order that is fastest there."""
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def build_optimiser(network: CompactNetwork, config: OptimiserConfig) -> torch.optim.AdamW:
    """AdamW with a gentler rate for the pretrained encoder and no decay for vectors."""
    groups = []
    ready_made = (network.encoder.backbone, network.decoder.second_look.blocks)
    pretrained = {id(parameter) for module in ready_made for parameter in module.parameters()}
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for is_pretrained in (False, True):
        for is_matrix in (False, True):
            chosen = [p for p in trained if (id(p) in pretrained) == is_pretrained and (p.ndim > 1) == is_matrix]
            peak = config.encoder_learning_rate if is_pretrained else config.learning_rate
            decay = config.weight_decay if is_matrix else 0.0
            groups.append({"params": chosen, "lr": peak, "peak": peak, "weight_decay": decay})
    return torch.optim.AdamW(groups)


def learning_rate(iteration: int, config: OptimiserConfig) -> float:
    """The factor of the peak learning rates: warm-up, plateau, cosine fall."""
    if iteration < config.warmup:
        return (iteration + 1) / config.warmup
    into_decay = iteration - (config.iterations - config.decay)
    if into_decay < 0:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * min(1.0, into_decay / max(1, config.decay))))


def freeze_normalisation(network: nn.Module) -> None:
    """Normalise by the running statistics, as the exported network does.

    Each round of strokes has statistics of its own; over the last part of a run the weights get used to
    the joint ones.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.SyncBatchNorm):
            module.eval()


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is worth it: on CUDA from compute capability 8, on CPUs with its instructions."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())
