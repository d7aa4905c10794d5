"""A recipe and a data root in; a trained compact network in a run folder out.

A step encodes its images once.  Then the simulated user draws, the network answers, and it learns from each answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from s2m.networks.compact.efficientnet import load_imagenet_weights
from s2m.networks.compact.export import PROMPT_DIAMETER_PX, read_weights
from s2m.networks.compact.network import PROMPT_STRIDE, CompactNetwork, CompactSettings
from s2m.networks.joint_normalisation import normalise_jointly
from s2m.simulated_user.sessions import SimulatedSession
from s2m.training.compact.config import CompactConfig, CompactOptimiserConfig
from s2m.training.compact.stream import CompactBatch, CompactStream, collate
from s2m.training.loading import make_loader, start_loading
from s2m.training.losses import mean_iou, segmentation_loss
from s2m.training.panels import draw_panel
from s2m.training.processes import Processes, ShardedOrder
from s2m.training.trainer import Figures, Trainer


@dataclass(frozen=True)
class RoundResult:
    """One round of one batch: what the network was told and what it answered."""

    prompts: Tensor
    logits: Tensor
    loss: float
    iou: float


class CompactTrainer(Trainer[CompactBatch, RoundResult]):
    """One run of the compact network; what is exported is the moving average of its weights.

    Args:
        config: the recipe.
        data_root: the recipe's sets lie below it.
        folder: of the run; None writes nothing.
        processes: this process among those that train together; the first one writes the folder.
    """

    config: CompactConfig
    network: CompactNetwork
    average: CompactNetwork

    def __init__(self, config: CompactConfig, data_root: Path, folder: Path | None, processes: Processes) -> None:
        super().__init__(config, folder, processes)
        processes.share(config.optimiser.batch_size, "batch_size")
        self.stream = CompactStream(data_root, config)
        self.user = config.simulated_user
        network = build_network(config)
        if processes.count > 1:
            normalise_jointly(network)
        self.network = place(network, self.device)
        self.average = place(build_network(config), self.device).requires_grad_(False)
        self.average.load_state_dict(self.network.state_dict())
        self.optimiser = build_optimiser(self.network, config.optimiser)

    @property
    def is_half(self) -> bool:
        """Wherever bfloat16 is fast."""
        return has_fast_bfloat16(self.device)

    def load_network(self, path: Path) -> None:
        """Start from weights as ``s2m export-model --weights`` writes them."""
        for network in (self.network, self.average):
            read_weights(network, path)

    def batches(self, end: int, workers: int) -> Iterator[CompactBatch]:
        """See ``Trainer.batches``."""
        order = ShardedOrder(self.iteration, end, self.config.optimiser.batch_size, 1, self.processes)
        return start_loading(make_loader(self.stream, collate, order, workers))

    def draw(self, batch: CompactBatch, answer: RoundResult) -> bytes:
        """See ``Trainer.draw``."""
        return draw_panel(batch.pictures, answer.prompts, answer.logits, batch.truth(self.device)[0])

    def learn(self, batch: CompactBatch) -> tuple[RoundResult, Figures]:
        """Encode once, then a backward pass for each round of strokes; the answer is that to the last round."""
        rng = np.random.default_rng([self.config.seed, self.iteration, 1])
        least, most = self.config.rounds.count
        rounds = int(rng.integers(least, most + 1))
        self._set_mode()
        with self.autocast():
            features = self.network.encoder(batch.images(self.device))
        leaves = [feature.detach().requires_grad_(not self.config.freeze_encoder) for feature in features]
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
        if not self.config.freeze_encoder:
            torch.autograd.backward(features, [leaf.grad for leaf in leaves])
        self.processes.average_gradients(self._trained())
        norm = nn.utils.clip_grad_norm_(self._trained(), self.config.optimiser.gradient_norm)
        self.optimiser.step()
        self._follow()
        return results[-1], {
            "loss": sum(result.loss for result in results) / rounds,
            "iou/first": results[0].iou,
            "iou/last": results[-1].iou,
            "gradient_norm": float(norm),
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
        with torch.no_grad(), self.autocast():
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
        with self.autocast():
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

    def _trained(self) -> list[nn.Parameter]:
        return [parameter for parameter in self.network.parameters() if parameter.requires_grad]

    def _follow(self) -> None:
        """Move the average towards the trained weights; faster at the start, when they change most."""
        rate = min(self.config.optimiser.ema, (1 + self.iteration) / (10 + self.iteration))
        trained, average = self.network.state_dict(), self.average.state_dict()
        floating = [name for name, value in trained.items() if value.is_floating_point()]
        torch._foreach_lerp_([average[n] for n in floating], [trained[n] for n in floating], 1 - rate)


def build_network(config: CompactConfig) -> CompactNetwork:
    """The network of a configuration, with pretrained encoder and what is to stay frozen frozen."""
    network = CompactNetwork(CompactSettings(encoder=config.encoder))
    load_imagenet_weights(network.encoder.backbone, config.encoder)
    network.start_late_blocks()
    if config.freeze_general:
        network.freeze_general()
    if config.freeze_encoder:
        network.encoder.requires_grad_(False)
    return network


def place(network: CompactNetwork, device: torch.device) -> CompactNetwork:
    """The network on its device, its convolutions in the memory order that is fastest there."""
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def build_optimiser(network: CompactNetwork, config: CompactOptimiserConfig) -> torch.optim.AdamW:
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
    # oneDNN also says yes where it only imitates bfloat16, at half the speed of float32.
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
