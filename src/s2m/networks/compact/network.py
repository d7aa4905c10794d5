"""The compact encode-once network: RGB image -> features once; prompt maps -> logits for every stroke.

    image (1, 3, h, w) ── EfficientNet-Lite ── strides 2, 4, 8, 16, 32
                                                 │ everything that no stroke changes
                 fine (s4)   middle (s8)   coarse (s16)   affinity (every cell to every cell, s16)   late (s16)
                     │           │             │             │                                          │
    prompts (N, 3) ──┴── s4 ─────┴── s8 ───────┴── s16 ──────┴── s16 ── late blocks (s32) ──────────────┤
                                                                                                        │
                                        logits at s2 ── s4 ── up ── s8 ── up ── s16 ────────────────────┘

The decoder sees the whole image from a stroke through the affinity: at stride 16 each cell has a learned
similarity to every other, so the evidence of positive strokes, of negative strokes and of the previous
mask reaches every cell in one matrix product (a kernel density estimate; the attention of Vaswani et al.,
2017, with strokes for values).  And the encoder's layers see the strokes: they are added
to its map at stride 16 (late), and the first blocks of its stage at stride 32, which have a copy of their own in
the decoder, go over image and strokes together.  That is the one place where what the photograph shows
and what the strokes say meet in layers that know objects.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from s2m.networks.compact.efficientnet import (
    EfficientNetLite,
    EncoderName,
    freeze_depthwise,
    late_blocks,
    late_channels,
)

PROMPT_STRIDE = 4
PROMPT_CHANNELS = 3
SIZE_MULTIPLE = 32
"""Image sides must be multiples of this."""

FEATURE_NAMES = ("fine", "middle", "coarse", "affinity", "late")


@dataclass(frozen=True)
class CompactSettings:
    """What a compact network is built from; stored beside its weights.

    Attributes:
        encoder: which EfficientNet-Lite.
        fine_channels: channels of the decoder at stride 4.
        middle_channels: at stride 8.
        coarse_channels: at stride 16.
        coarse_blocks: residual blocks at stride 16.
        affinity_heads: independent similarities between cells.
        key_channels: channels of the keys that one similarity compares.
        late_blocks: blocks of the encoder's stage at stride 32 that see image and strokes together.
    """

    encoder: EncoderName = "lite2"
    fine_channels: int = 24
    middle_channels: int = 48
    coarse_channels: int = 96
    coarse_blocks: int = 3
    affinity_heads: int = 2
    key_channels: int = 32
    late_blocks: int = 3


def convolve(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution without bias, batch-normalised; sizes stay the same but for the stride."""
    padding = (kernel_size - 1) // 2
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(out_channels),
    )


class ResidualBlock(nn.Module):
    """Expand, filter each channel, project, add: (B, C, h, w) -> (B, C, h, w)."""

    def __init__(self, channels: int, expansion: int = 3) -> None:
        super().__init__()
        wide = channels * expansion
        self.expand = convolve(channels, wide, 1)
        self.depthwise = convolve(wide, wide, 3, groups=wide)
        self.project = convolve(wide, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        wide = functional.relu(self.expand(features))
        wide = functional.relu(self.depthwise(wide))
        return functional.relu(features + self.project(wide))


class Refine(nn.Module):
    """A dense 3 x 3 residual: (B, C, h, w) -> (B, C, h, w)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolve(channels, channels, 3)
        self.second = convolve(channels, channels, 3)

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features + self.second(functional.relu(self.first(features))))


class CompactEncoder(nn.Module):
    """Everything about the image that no stroke changes.

    Args of ``forward``: image (B, 3, h, w) float in 0..1, RGB, h and w multiples of 32.
    Returns: fine (B, C4, h/4, w/4), middle (B, C8, h/8, w/8), coarse (B, C16, h/16, w/16),
    affinity (B, heads, T, T) with T = h/16 * w/16: entry (i, j) is how much cell j speaks for cell i,
    exp(t * (cosine - 1)) in 0..1 with a learned t for each head; and late (B, C, h/16, w/16), the backbone's own map.
    """

    def __init__(self, settings: CompactSettings) -> None:
        super().__init__()
        self.backbone = EfficientNetLite(settings.encoder)
        channels2, channels4, channels8, channels16, channels32 = self.backbone.tap_channels
        fine, middle, coarse = settings.fine_channels, settings.middle_channels, settings.coarse_channels
        self.edges = convolve(channels2, fine, 3, stride=2)
        self.fine = convolve(channels4, fine, 1)
        self.middle = convolve(channels8, middle, 1)
        self.coarse = convolve(channels16, coarse, 1)
        self.context = convolve(channels32, coarse, 1)
        self.context_block = ResidualBlock(coarse)
        self.to_middle = convolve(coarse, middle, 1)
        self.to_fine = convolve(middle, fine, 1)
        self.heads = settings.affinity_heads
        self.keys = nn.Conv2d(coarse, settings.affinity_heads * settings.key_channels, 1)
        sharpness = torch.tensor([6.0 * 4.0**head for head in range(settings.affinity_heads)])
        self.log_sharpness = nn.Parameter(sharpness.log())

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        tap2, tap4, tap8, tap16, tap32 = self.backbone(image)
        coarse = functional.relu(self.coarse(tap16) + _double(self.context(tap32)))
        coarse = self.context_block(coarse)
        middle = functional.relu(self.middle(tap8) + _double(self.to_middle(coarse)))
        fine = functional.relu(self.fine(tap4) + self.edges(tap2) + _double(self.to_fine(middle)))
        return fine, middle, coarse, self._affinity(coarse), tap16

    def _affinity(self, coarse: Tensor) -> Tensor:
        batch = coarse.shape[0]
        keys = self.keys(coarse).float().reshape(batch, self.heads, -1, coarse.shape[2] * coarse.shape[3])
        keys = keys / (keys.square().sum(dim=2, keepdim=True) + 1e-6).sqrt()
        with torch.autocast(coarse.device.type, enabled=False):
            cosine = keys.transpose(2, 3) @ keys
            return torch.exp(self.log_sharpness.exp()[:, None, None] * (cosine - 1))


class LateBlocks(nn.Module):
    """Image and strokes together through a copy of the first blocks of the encoder's stage at stride 32.

    Args of ``forward``: what the decoder knows at stride 16 (N, C16, h/16, w/16), and the encoder's late map, with a
    batch axis of B images.
    Returns: what they add at stride 16, (N, C16, h/16, w/16); nothing at all before training.
    """

    def __init__(self, settings: CompactSettings) -> None:
        super().__init__()
        in_channels, out_channels = late_channels(settings.encoder)
        self.project = nn.Conv2d(settings.coarse_channels, in_channels, 1)
        self.blocks = late_blocks(settings.encoder, settings.late_blocks)
        self.back = nn.Conv2d(out_channels, settings.coarse_channels, 1)
        nn.init.zeros_(self.back.weight)
        assert self.back.bias is not None
        nn.init.zeros_(self.back.bias)

    def forward(self, at_coarse: Tensor, late: Tensor) -> Tensor:
        seen = self.back(self.blocks(_join(self.project(at_coarse), late)))
        # The size is named, not doubled, for tracing cannot know that sides at stride 16 are even.
        return functional.interpolate(seen, size=at_coarse.shape[-2:], mode="nearest")


class CompactDecoder(nn.Module):
    """Prompt maps in, logits out; nothing here depends on anything but its arguments.

    Args of ``forward``: the encoder's five outputs, each with a batch axis of B images, or of one image
    that all objects share; prompts (N, 3, h/4, w/4) in 0..1: positive, negative, previous mask.
    N is B times the objects of an image (the objects of one image in a row).
    Returns: logits (N, h/2, w/2), each object's as if it were alone.
    """

    def __init__(self, settings: CompactSettings) -> None:
        super().__init__()
        fine, middle, coarse = settings.fine_channels, settings.middle_channels, settings.coarse_channels
        self.prompt_fine = convolve(PROMPT_CHANNELS, fine, 3)
        self.mix_fine = convolve(fine, fine, 3)
        self.down_middle = convolve(fine, middle, 3, stride=2)
        self.down_coarse = convolve(middle, coarse, 3, stride=2)
        self.evidence = convolve(EVIDENCE_CHANNELS * settings.affinity_heads, coarse, 1)
        self.second_look = LateBlocks(settings)  # The name is that of the weights in their files.
        self.coarse_blocks = nn.Sequential(*(ResidualBlock(coarse) for _ in range(settings.coarse_blocks)))
        self.up_middle = convolve(coarse, middle, 1)
        self.middle_blocks = nn.Sequential(Refine(middle), ResidualBlock(middle))
        self.up_fine = convolve(middle, fine, 1)
        self.fine_blocks = nn.Sequential(Refine(fine))
        self.logits = nn.Conv2d(fine, 4, 3, padding=1)

    def forward(
        self, fine: Tensor, middle: Tensor, coarse: Tensor, affinity: Tensor, late: Tensor, prompts: Tensor
    ) -> Tensor:
        prompt = functional.relu(self.prompt_fine(prompts))
        at_fine = functional.relu(self.mix_fine(_join(prompt, fine)))
        at_middle = functional.relu(_join(self.down_middle(at_fine), middle))
        at_coarse = self.down_coarse(at_middle) + self.evidence(self._evidence(affinity, prompts, coarse))
        at_coarse = functional.relu(_join(at_coarse, coarse))
        at_coarse = self.coarse_blocks(at_coarse + self.second_look(at_coarse, late))
        at_middle = self.middle_blocks(functional.relu(at_middle + _double(self.up_middle(at_coarse))))
        at_fine = self.fine_blocks(functional.relu(at_fine + _double(self.up_fine(at_middle))))
        logits: Tensor = functional.pixel_shuffle(self.logits(at_fine), 2)
        return logits[:, 0]

    def _evidence(self, affinity: Tensor, prompts: Tensor, coarse: Tensor) -> Tensor:
        """What strokes and previous mask say of every cell: (N, 4 * heads, h/16, w/16).

        For each head the logarithm of the mean similarity to the cells under positive and under negative
        strokes, the logarithm of how much more the positive ones speak for it, and the previous mask
        averaged over similar cells.
        """
        rows, columns = coarse.shape[2], coarse.shape[3]
        with torch.autocast(coarse.device.type, enabled=False):
            cells = functional.avg_pool2d(prompts.float(), 4).flatten(2)  # (N, 3, T)
            images, heads = affinity.shape[0], affinity.shape[1]
            values = torch.cat([cells, torch.ones_like(cells[:, :1])], dim=1)  # (N, 4, T)
            values = values.reshape(images, -1, values.shape[2])  # (B, objects * 4, T)
            # (B, 1, objects * 4, T) x (B, heads, T, T) -> (B, heads, objects * 4, T)
            spread = values[:, None] @ affinity.transpose(2, 3)
            spread = spread.reshape(images, heads, -1, 4, rows * columns).transpose(1, 2).flatten(0, 1)
            positive, negative, previous, total = spread.unbind(2)  # (N, heads, T) each
            amounts = cells.sum(dim=2)[:, :, None]
            log_positive = torch.log(positive + EVIDENCE_FLOOR)
            log_negative = torch.log(negative + EVIDENCE_FLOOR)
            evidence = torch.stack(
                [
                    torch.log(positive / (amounts[:, 0:1] + EVIDENCE_FLOOR) + EVIDENCE_FLOOR),
                    torch.log(negative / (amounts[:, 1:2] + EVIDENCE_FLOOR) + EVIDENCE_FLOOR),
                    log_positive - log_negative,
                    previous / (total + EVIDENCE_FLOOR),
                ],
                dim=2,
            )
            return evidence.flatten(1, 2).reshape(-1, EVIDENCE_CHANNELS * heads, rows, columns)


EVIDENCE_CHANNELS = 4
EVIDENCE_FLOOR = 1e-3
"""Added where a logarithm or a quotient would meet a zero; about a thousandth of one cell."""


class CompactNetwork(nn.Module):
    """Encoder and decoder together, for training and export."""

    def __init__(self, settings: CompactSettings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = CompactEncoder(settings)
        self.decoder = CompactDecoder(settings)

    def start_late_blocks(self) -> None:
        """Give the late blocks the weights of the encoder's own stage at stride 32."""
        blocks, copy = self.encoder.backbone.stages[-1], self.decoder.second_look
        assert isinstance(blocks, nn.Sequential)
        copy.blocks.load_state_dict(blocks[: len(copy.blocks)].state_dict())

    def freeze_general(self) -> None:
        """Keep general filters at their ImageNet values: see ``EfficientNetLite.freeze_early``."""
        self.encoder.backbone.freeze_early()
        freeze_depthwise(self.decoder.second_look)

    def forward(self, image: Tensor, prompts: Tensor) -> Tensor:
        """Logits (B, N, h/2, w/2) from images (B, 3, h, w) and prompts (B, N, 3, h/4, w/4)."""
        features = self.encoder(image)
        logits: Tensor = self.decoder(*features, prompts.flatten(0, 1))
        return logits.reshape(image.shape[0], prompts.shape[1], *logits.shape[1:])


def _double(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")


def _join(per_object: Tensor, per_image: Tensor) -> Tensor:
    """Add features of each image (B, C, h, w) to those of its objects (B * N, C, h, w)."""
    images = per_image.shape[0]
    joined: Tensor = per_object.unflatten(0, (images, -1)) + per_image[:, None]
    return joined.flatten(0, 1)
