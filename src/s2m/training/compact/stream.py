"""Folders of labelled images in; an endless, seeded stream of opened annotation sessions out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from s2m.data.labelled_images import LabelledImage
from s2m.data.layouts import open_named_set
from s2m.simulated_user.sessions import SimulatedSession
from s2m.training.compact.config import CompactConfig, CompactDataConfig
from s2m.training.compact.samples import draw_sample
from s2m.training.compact.targets import WHOLE_KINDS
from s2m.types import ByteArray


@dataclass(frozen=True)
class OpenSample:
    """One crop with its annotation sessions.

    Attributes:
        image_rgb: (S, S, 3) uint8.
        sessions: one a target.
        targets: (sessions, S, S) uint8: 0, 1, ``SIBLING`` and 255 (unknown).
    """

    image_rgb: ByteArray
    sessions: tuple[SimulatedSession, ...]
    targets: ByteArray


@dataclass(frozen=True)
class CompactBatch:
    """What one step learns from, in bytes, as it travels from the workers.

    Attributes:
        pictures: (B, 3, S, S) uint8.
        sessions: B * K, those of one image in a row.
        labels: (B * K, S, S) uint8: 0, 1, ``SIBLING`` and 255 (unknown).
    """

    pictures: Tensor
    sessions: tuple[SimulatedSession, ...]
    labels: Tensor

    def images(self, device: torch.device) -> Tensor:
        """The pictures as the network takes them, (B, 3, S, S) float32 in 0..1."""
        return self.pictures.to(device).float().div_(255)

    def truth(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """The share of each answer pixel that belongs to the target, and 1 where that is known, 0 elsewhere.

        Returns:
            Two (B * K, S/2, S/2) float32.
        """
        labels = self.labels.to(device)[:, None]
        share, known = (torch.nn.functional.avg_pool2d(mask.float(), 2)[:, 0] for mask in (labels == 1, labels != 255))
        return share, (known == 1).float()


class CompactStream(Dataset[OpenSample]):
    """Sample number i is a function of the seed and i alone, so that a run can be resumed anywhere."""

    def __init__(self, data_root: Path, config: CompactConfig) -> None:
        self.config = config
        self.user = config.simulated_user
        self.sets = open_sets(data_root, config.data)
        weights = np.array([config.data.sets[name] for name in self.sets], dtype=np.float64)
        self.shares = weights / weights.sum()
        self.folders = list(self.sets.values())
        self.cutouts = [image for folder in self.folders for image in folder if image.kind == "alpha"]
        self.wholes = [image for folder in self.folders for image in folder if image.kind in WHOLE_KINDS]

    def __getitem__(self, index: int) -> OpenSample:
        rng = np.random.default_rng([self.config.seed, index])
        number = int(rng.choice(len(self.folders), p=self.shares))
        folder, wholes = self.folders[number], self.config.data.wholes.get(tuple(self.sets)[number], 0.0)
        labelled = folder[int(rng.integers(len(folder)))]
        distractor, neighbours = self._distractor(rng), self._neighbours(labelled, rng)
        count = self.config.rounds.sessions
        sample = draw_sample(labelled, distractor, neighbours, self.config.data, count, rng, wholes)
        sessions = tuple(self.user.open_session(target, rng) for target in sample.targets)
        targets = [target_of(session, target.label) for session, target in zip(sessions, sample.targets, strict=True)]
        return OpenSample(sample.image_rgb, sessions, np.stack(targets))

    def _distractor(self, rng: np.random.Generator) -> LabelledImage | None:
        if not self.cutouts or rng.random() >= self.config.data.distractor:
            return None
        return self.cutouts[int(rng.integers(len(self.cutouts)))]

    def _neighbours(self, labelled: LabelledImage, rng: np.random.Generator) -> tuple[LabelledImage, ...]:
        """Whose objects to paste beside others: one of the same image is not told apart by a change of colour."""
        config = self.config.data
        if not self.wholes or rng.random() >= config.neighbour:
            return ()
        count = int(rng.integers(1, config.most_neighbours + 1))
        return tuple(
            labelled if rng.random() < config.alike else self.wholes[int(rng.integers(len(self.wholes)))]
            for _ in range(count)
        )


def target_of(session: SimulatedSession, target: ByteArray) -> ByteArray:
    """What a session asks for, (S, S) uint8 like a target: the target, or nothing where it is to be erased."""
    if session.truth.any():
        return target
    return np.where(target == 1, np.uint8(0), target)


def open_sets(data_root: Path, config: CompactDataConfig) -> dict[str, Sequence[LabelledImage]]:
    """The configured sets, below the data root in any layout or in shards at an address, by name.

    Raises:
        DataError: one of them is missing, broken or empty.
    """
    copies = Path(config.shard_copies).expanduser()
    return {name: open_named_set(data_root, name, copies) for name in config.sets}


def collate(samples: Sequence[OpenSample]) -> CompactBatch:
    """Join samples into a batch."""
    pictures = torch.from_numpy(np.stack([sample.image_rgb for sample in samples]))
    return CompactBatch(
        pictures.permute(0, 3, 1, 2),
        tuple(session for sample in samples for session in sample.sessions),
        torch.from_numpy(np.concatenate([sample.targets for sample in samples])),
    )
