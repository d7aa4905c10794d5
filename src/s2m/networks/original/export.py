"""The original network in; a model folder (encoder.onnx, decoder.onnx, model.json) like any other out.

The encoder's graph only normalises the image; the whole network is the decoder's graph.
"""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import Tensor, nn

from s2m.engine.model_cards import CARD_FILE, DECODER_FILE, ENCODER_FILE, ModelCard, card_as_json
from s2m.files.atomic import write_atomically
from s2m.networks.compact.export import halve_weights, trace
from s2m.networks.original.deeplabv3plus import DeepLabV3Plus, joined_input, normalised_image

FEATURE_NAME = "normalised"

_EXAMPLE_SIZE_HW = (96, 128)
_EXAMPLE_OBJECTS = 3


class _Encoder(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        """The normalised image."""
        return normalised_image(image)


class _Decoder(nn.Module):
    """The network without its padding: sides are multiples of 16 already."""

    def __init__(self, network: DeepLabV3Plus) -> None:
        super().__init__()
        self.network = network

    def forward(self, normalised: Tensor, prompts: Tensor) -> Tensor:
        """Logits (N, h, w) of prompts (N, 3, h, w)."""
        return self.network.whole_cells(joined_input(normalised, prompts))[:, 0]


def export_original(network: DeepLabV3Plus, card: ModelCard, folder: Path) -> None:
    """Write both graphs and the card; sizes (multiples of 16) and the number of objects stay dynamic.

    Args:
        network: in any mode, on any device; it is not changed.
        card: written as ``model.json``.
        folder: made if missing; files of the same names are replaced, each as a whole.
    """
    network = copy.deepcopy(network).cpu().float().eval()
    sides = {2: "h", 3: "w"}
    image = torch.rand(1, 3, *_EXAMPLE_SIZE_HW)
    prompts = torch.rand(_EXAMPLE_OBJECTS, 3, *_EXAMPLE_SIZE_HW)
    encoder = trace(_Encoder(), (image,), ("image",), (FEATURE_NAME,), {"image": sides, FEATURE_NAME: sides})
    decoder = trace(
        _Decoder(network),
        (image, prompts),
        (FEATURE_NAME, "prompts"),
        ("logits",),
        {FEATURE_NAME: sides, "prompts": {0: "objects", **sides}, "logits": {0: "objects", 1: "h", 2: "w"}},
    )
    write_atomically(folder / ENCODER_FILE, encoder.SerializeToString())
    write_atomically(folder / DECODER_FILE, halve_weights(decoder).SerializeToString())
    write_atomically(folder / CARD_FILE, card_as_json(card))
