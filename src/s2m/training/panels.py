"""A batch and its answers in; a picture of them (PNG bytes) out."""

from __future__ import annotations

import cv2
import numpy as np
from torch import Tensor
from torch.nn import functional

from s2m.types import ByteArray

ROWS = 6


def draw_panel(pictures: Tensor, prompts: Tensor, logits: Tensor, targets: Tensor) -> bytes:
    """A row an object: image with strokes, previous mask, answer, truth.

    Args:
        pictures: (B, 3, S, S) uint8.
        prompts: (B * K, 3, S/4, S/4) positive, negative, previous.
        logits: (B * K, S/2, S/2).
        targets: (B * K, S/2, S/2) in 0..1.
    """
    side = pictures.shape[2] // 2
    each = len(prompts) // len(pictures)
    rows = []
    for index in range(0, min(len(prompts), ROWS * each), each):
        image = _halved(pictures[index // each])
        maps = functional.interpolate(prompts[index : index + 1].float().cpu(), size=(side, side))[0].numpy()
        drawn = image.copy()
        drawn[maps[0] > 0.3] = (60, 220, 60)
        drawn[maps[1] > 0.3] = (220, 60, 60)
        answer = logits[index].float().sigmoid().cpu().numpy()
        rows.append(
            np.concatenate([drawn, *(_grey(m) for m in (maps[2], answer, targets[index].cpu().numpy()))], axis=1)
        )
    _, packed = cv2.imencode(".png", cv2.cvtColor(np.concatenate(rows), cv2.COLOR_RGB2BGR))
    return packed.tobytes()


def _halved(picture: Tensor) -> ByteArray:
    """A picture (3, S, S) uint8 at half its size, (S/2, S/2, 3)."""
    return functional.avg_pool2d(picture.float(), 2).permute(1, 2, 0).byte().contiguous().numpy()


def _grey(mask: np.ndarray) -> ByteArray:
    return np.repeat((np.clip(mask, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
