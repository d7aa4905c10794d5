"""A batch and its answers in; a picture to look at (PNG bytes) out."""

from __future__ import annotations

import cv2
import numpy as np
from torch import Tensor
from torch.nn import functional

from s2m.types import ByteArray

ROWS = 6


def draw_panel(images: Tensor, prompts: Tensor, logits: Tensor, targets: Tensor) -> bytes:
    """A row an object: image with strokes, previous mask, answer, truth.

    Args:
        images: (B, 3, S, S) float in 0..1.
        prompts: (B * K, 3, S/4, S/4) positive, negative, previous.
        logits: (B * K, S/2, S/2).
        targets: (B * K, S/2, S/2) in 0..1.
    """
    side = images.shape[2] // 2
    each = len(prompts) // len(images)
    rows = []
    for index in range(0, min(len(prompts), ROWS * each), each):
        image = _picture(functional.avg_pool2d(images[index // each].float().cpu(), 2).permute(1, 2, 0))
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


def _picture(image: Tensor) -> ByteArray:
    return np.ascontiguousarray((image.numpy() * 255).astype(np.uint8))


def _grey(mask: np.ndarray) -> ByteArray:
    return np.repeat((np.clip(mask, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
