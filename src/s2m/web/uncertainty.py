"""Logits of objects (N, h, w) in; a picture of where the network is in doubt out, see-through where it is sure."""

from __future__ import annotations

import cv2
import numpy as np

from s2m.engine.aggregation import sigmoid
from s2m.types import ByteArray, ObjectLogits
from s2m.web.pyramid import EncodedTile

_COLOUR_BGR = (255, 229, 0)
"""Cyan: it shows on wood and skin; the legend of the page has the same (``.legend`` in ``parts.css``)."""
_STRONGEST = 215


def uncertainty_of(masks: ObjectLogits) -> ByteArray:
    """How doubtful each place is, (h, w) uint8: 0 sure of everything, 255 even odds for some object."""
    if not masks.object_ids:
        return np.zeros(masks.logits.shape[1:], dtype=np.uint8)
    doubt = 1 - 2 * np.abs(sigmoid(masks.logits) - 0.5)
    return np.asarray(np.round(doubt.max(axis=0) * 255), dtype=np.uint8)


def draw_uncertainty(masks: ObjectLogits) -> EncodedTile:
    """The doubt as a PNG to lay over the photograph: the more doubt, the less of it shines through."""
    doubt = uncertainty_of(masks)
    picture = np.empty((*doubt.shape, 4), dtype=np.uint8)
    picture[..., :3] = _COLOUR_BGR
    picture[..., 3] = (doubt.astype(np.uint16) * _STRONGEST // 255).astype(np.uint8)
    done, data = cv2.imencode(".png", picture)
    assert done, "OpenCV encodes every 8-bit image of at least one pixel"
    return EncodedTile(data.tobytes(), "image/png")
