"""Six-channel network image (B, 6, h, w) in; one logit map (B, 1, h, w) out: the original Scribble-to-Mask network.

DeepLabV3+ (Chen et al., "Encoder-Decoder with Atrous Separable Convolution for Semantic Image
Segmentation", ECCV 2018; plain convolutions here) on a ResNet-50 (He et al., CVPR 2016, the stride in
the 3 x 3 convolution), as the interaction module of MiVOS (Cheng et al., CVPR 2021) uses it.  Parameter
names and shapes are those of the published ``s2m.pth``, so that it loads strictly.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

OutputStride = Literal[16, 8]

INPUT_CHANNELS = 6
"""Normalised RGB (3), previous mask, positive strokes, negative strokes."""

IMAGE_MEAN = (0.485, 0.456, 0.406)
"""The ImageNet mean of R, G and B in 0..1 that the network's image is shifted by."""

IMAGE_DEVIATION = (0.229, 0.224, 0.225)
"""The ImageNet standard deviation of R, G and B in 0..1 that the network's image is divided by."""

PADDING_MULTIPLE = 16
"""Both sides of the input are zero-padded to multiples of this."""

EXPANSION = 4
LOW_LEVEL_CHANNELS = 256
TOP_CHANNELS = 2048
PYRAMID_CHANNELS = 256
PROJECTED_LOW_LEVEL_CHANNELS = 48
PYRAMID_DILATIONS: dict[OutputStride, tuple[int, int, int]] = {16: (6, 12, 18), 8: (12, 24, 36)}


class Bottleneck(nn.Module):
    """ResNet's residual block: 1 x 1 to ``width`` channels, 3 x 3 (strided or dilated), 1 x 1 to four times as many."""

    def __init__(self, in_channels: int, width: int, stride: int, dilation: int) -> None:
        super().__init__()
        out_channels = width * EXPANSION
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, h, w) to (B, 4 width, h / stride, w / stride)."""
        inner = functional.relu(self.bn1(self.conv1(features)))
        inner = functional.relu(self.bn2(self.conv2(inner)))
        inner = self.bn3(self.conv3(inner))
        identity = features if self.downsample is None else self.downsample(features)
        return functional.relu(inner + identity)


class ResNet50(nn.Module):
    """The features of a six-channel image at stride 4 (256 channels) and at the output stride (2048 channels)."""

    def __init__(self, output_stride: OutputStride) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(INPUT_CHANNELS, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        third = (1, 2) if output_stride == 8 else (2, 1)
        fourth_dilation = 4 if output_stride == 8 else 2
        self.layer1 = _stage(64, 64, blocks=3, stride=1, dilations=(1, 1))
        self.layer2 = _stage(256, 128, blocks=4, stride=2, dilations=(1, 1))
        self.layer3 = _stage(512, 256, blocks=6, stride=third[0], dilations=(1, third[1]))
        self.layer4 = _stage(1024, 512, blocks=3, stride=1, dilations=(third[1], fourth_dilation))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """The low-level features and the top's features of a six-channel image."""
        features = functional.relu(self.bn1(self.conv1(image)))
        low_level = self.layer1(functional.max_pool2d(features, 3, stride=2, padding=1))
        return low_level, self.layer4(self.layer3(self.layer2(low_level)))


def _stage(in_channels: int, width: int, blocks: int, stride: int, dilations: tuple[int, int]) -> nn.Sequential:
    """One run of blocks; ``dilations`` are that of the first block and that of the others."""
    first = Bottleneck(in_channels, width, stride, dilations[0])
    others = (Bottleneck(width * EXPANSION, width, 1, dilations[1]) for _ in range(blocks - 1))
    return nn.Sequential(first, *others)


def _convolution(in_channels: int, out_channels: int, kernel_size: int = 1, dilation: int = 1) -> list[nn.Module]:
    """Convolution of the input's size, batch normalisation, ReLU."""
    padding = dilation * (kernel_size // 2)
    return [
        nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding, dilation=dilation, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    ]


class GlobalContext(nn.Sequential):
    """The mean of the whole map, projected and spread over it again."""

    def __init__(self) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), *_convolution(TOP_CHANNELS, PYRAMID_CHANNELS))

    def forward(self, features: Tensor) -> Tensor:
        """The mean of (B, 2048, h, w) as (B, 256, h, w), the same at each place."""
        context = features
        for layer in self:
            context = layer(context)
        return context.expand(-1, -1, features.shape[2], features.shape[3])


class AtrousPyramid(nn.Module):
    """Atrous spatial pyramid pooling: five views of the same map, joined and projected."""

    def __init__(self, dilations: tuple[int, int, int]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [
                nn.Sequential(*_convolution(TOP_CHANNELS, PYRAMID_CHANNELS)),
                *(nn.Sequential(*_convolution(TOP_CHANNELS, PYRAMID_CHANNELS, 3, rate)) for rate in dilations),
                GlobalContext(),
            ]
        )
        self.project = nn.Sequential(*_convolution(5 * PYRAMID_CHANNELS, PYRAMID_CHANNELS), nn.Dropout(0.1))

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, 2048, h, w) to (B, 256, h, w)."""
        projected: Tensor = self.project(torch.cat([view(features) for view in self.convs], dim=1))
        return projected


class Head(nn.Module):
    """The pyramid of the top, brought up to stride 4, joined with the projected low-level features; one class."""

    def __init__(self, dilations: tuple[int, int, int]) -> None:
        super().__init__()
        self.project = nn.Sequential(*_convolution(LOW_LEVEL_CHANNELS, PROJECTED_LOW_LEVEL_CHANNELS))
        self.aspp = AtrousPyramid(dilations)
        self.classifier = nn.Sequential(
            *_convolution(PROJECTED_LOW_LEVEL_CHANNELS + PYRAMID_CHANNELS, PYRAMID_CHANNELS, 3),
            nn.Conv2d(PYRAMID_CHANNELS, 1, 1),
        )

    def forward(self, low_level: Tensor, top: Tensor) -> Tensor:
        """Low-level features (B, 256, h / 4, w / 4) and the top's to logits (B, 1, h / 4, w / 4)."""
        fine = self.project(low_level)
        coarse = functional.interpolate(self.aspp(top), size=fine.shape[2:], mode="bilinear", align_corners=False)
        logits: Tensor = self.classifier(torch.cat([fine, coarse], dim=1))
        return logits


class DeepLabV3Plus(nn.Module):
    """The original network; build it with ``deeplabv3plus_resnet50``.

    Args of ``forward``: (B, 6, h, w) float, the channels of ``INPUT_CHANNELS``; any h and w.
    Returns: (B, 1, h, w) logits.

    Each side is zero-padded to a multiple of 16, the smaller half to the left and the top, and the
    padding is cut away again.  In training mode a batch holds at least two samples: the global context
    is normalised over one value a sample.
    """

    def __init__(self, output_stride: OutputStride) -> None:
        super().__init__()
        self.backbone = ResNet50(output_stride)
        self.classifier = Head(PYRAMID_DILATIONS[output_stride])

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits (B, 1, h, w) of (B, 6, h, w); see the class."""
        height, width = inputs.shape[2:]
        pad_y, pad_x = -height % PADDING_MULTIPLE, -width % PADDING_MULTIPLE
        left, top = pad_x // 2, pad_y // 2
        padded = functional.pad(inputs, (left, pad_x - left, top, pad_y - top))
        return self.whole_cells(padded)[:, :, top : top + height, left : left + width]

    def whole_cells(self, inputs: Tensor) -> Tensor:
        """As ``forward``, for sides that are multiples of 16 already."""
        logits = self.classifier(*self.backbone(inputs))
        return functional.interpolate(logits, size=inputs.shape[2:], mode="bilinear", align_corners=False)


def deeplabv3plus_resnet50(output_stride: OutputStride = 16) -> DeepLabV3Plus:
    """The network with He-initialised convolutions, as ResNet is trained from scratch (39.8 M values).

    Args:
        output_stride: 16 as published; 8 keeps twice the resolution at the top for four times the work there.
            The parameters are the same, so weights fit both.
    """
    network = DeepLabV3Plus(output_stride)
    _initialise(network.backbone, "fan_out")
    # By its one output the class layer would be scaled to logits of tens.
    _initialise(network.classifier, "fan_in")
    return network


def _initialise(part: nn.Module, mode: Literal["fan_in", "fan_out"]) -> None:
    for module in part.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode=mode, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def network_input(image: Tensor, prompts: Tensor) -> Tensor:
    """What the network is fed, from what the rest of the package speaks.

    Args:
        image: (B, 3, h, w) or (1, 3, h, w) in 0..1, RGB.
        prompts: (B, 3, h, w) in 0..1: positive strokes, negative strokes, previous mask (``s2m.engine.prompts``).

    Returns:
        (B, 6, h, w): normalised RGB, previous mask, positive, negative.
    """
    return joined_input(normalised_image(image), prompts)


def normalised_image(image: Tensor) -> Tensor:
    """An image (B, 3, h, w) in 0..1, RGB, with the ImageNet mean and deviation applied."""
    mean = image.new_tensor(IMAGE_MEAN)[:, None, None]
    deviation = image.new_tensor(IMAGE_DEVIATION)[:, None, None]
    return (image - mean) / deviation


def joined_input(normalised: Tensor, prompts: Tensor) -> Tensor:
    """A normalised image (B or 1, 3, h, w) and prompts (B, 3, h, w) of ``engine.prompts``, in the network's order."""
    spread = normalised.expand(prompts.shape[0], -1, -1, -1)
    return torch.cat([spread, prompts[:, 2:3], prompts[:, 0:2]], dim=1)
