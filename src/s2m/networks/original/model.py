"""The original network behind the interface of ``s2m.engine.models.Model``: image -> the image, prompts -> logits.

Its prompts enter at the first layer, so nothing about the image can be kept: ``encode`` only prepares
the image, and all of the work is done for each object and each answer in ``decode``.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from s2m.engine.model_cards import ModelCard
from s2m.networks.checkpoints import load_weights
from s2m.networks.original.deeplabv3plus import (
    PADDING_MULTIPLE,
    DeepLabV3Plus,
    OutputStride,
    deeplabv3plus_resnet50,
    joined_input,
    normalised_image,
)
from s2m.types import FloatArray

ARCHITECTURE = "deeplabv3plus_resnet50"

RUN_CONFIG_NAME = "config.json"
"""Of a run folder of ``s2m train``."""

WORKING_SIZE = 480
"""The side of the crops that the original was trained on."""

PROMPT_DIAMETER_PX = 3.0
"""Thickness of the strokes that the original was trained on, network pixels."""


class OriginalModel:
    """A DeepLabV3+ Scribble-to-Mask network run by PyTorch.

    Args:
        network: filled with weights; it is put into evaluation mode.
        card: its settings.
    """

    def __init__(self, network: DeepLabV3Plus, card: ModelCard) -> None:
        self.card = card
        self._network = network.eval()
        self._device = next(network.parameters()).device

    def encode(self, image: FloatArray) -> tuple[FloatArray, ...]:
        """See ``Model.encode``: the normalised image (1, 3, h, w), nothing else."""
        return (normalised_image(torch.tensor(image)).numpy(),)

    @torch.inference_mode()
    def decode(self, features: tuple[FloatArray, ...], prompts: FloatArray) -> FloatArray:
        """See ``Model.decode``; all at the size of the image.  Objects run one by one, as in the original."""
        image = torch.tensor(features[0], device=self._device)
        given = torch.tensor(prompts, device=self._device)
        logits = [self._network(joined_input(image, one[None]))[0, 0] for one in given]
        return torch.stack(logits).cpu().numpy()


def original_card(name: str) -> ModelCard:
    """The settings of a network of the original architecture."""
    return ModelCard(
        name=name,
        architecture=ARCHITECTURE,
        version="1",
        working_size=WORKING_SIZE,
        size_multiple=PADDING_MULTIPLE,
        prompt_stride=1,
        prompt_diameter_px=PROMPT_DIAMETER_PX,
    )


def read_original_network(path: Path) -> DeepLabV3Plus:
    """The network of a ``.pth`` file, with the output stride that it was trained at.

    Weights fit every stride, so the file cannot say it: the configuration that ``s2m train`` leaves beside
    ``weights.pth`` does, and without one it is the published 16.

    Raises:
        ModelError: as ``read_original_model``.
    """
    network = deeplabv3plus_resnet50(_output_stride_beside(path))
    load_weights(network, path)
    return network


def _output_stride_beside(path: Path) -> OutputStride:
    config = path.with_name(RUN_CONFIG_NAME)
    try:
        content = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 16
    is_of_original = isinstance(content, dict) and content.get("architecture") == ARCHITECTURE
    return 8 if is_of_original and content.get("output_stride") == 8 else 16


def read_original_model(path: Path, threads: int | None = None) -> OriginalModel:
    """The model of a ``.pth`` file: the published ``s2m.pth`` or one that training saved.

    Args:
        path: a state dict; see ``s2m.networks.checkpoints.load_weights``.
        threads: how many PyTorch uses, for the whole process; None leaves its choice.

    Raises:
        ModelError: the file is missing, damaged, refused or holds another network's weights.
    """
    network = read_original_network(path)
    if threads is not None:
        torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return OriginalModel(network.to(device), original_card(path.stem))
