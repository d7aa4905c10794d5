"""Points and boxes in, masks out, with the signature of ``SamPredictor`` of segment-anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2m.engine.aggregation import sigmoid
from s2m.engine.geometry import resize_maps
from s2m.engine.segmenter import Embedding, Segmenter
from s2m.errors import ImageError, MaskError, StrokeError
from s2m.types import BoolArray, Box, ByteArray, FloatArray, ObjectLogits, Stroke

LOW_SIZE = 256
"""The long side of the logits that go out and come in again."""

_OBJECT_ID = 1


class SamPredictor:
    """Segments one object of an image with clicks and a box, as ``segment_anything.SamPredictor`` does.

    The model is s2m's: it gives one mask for a prompt.  With ``multimask_output`` it stands there alone, too.

    Args:
        model: answers; the shipped model where it is None.
    """

    def __init__(self, model: Segmenter | None = None) -> None:
        self.model = model or Segmenter()
        self._embedding: Embedding | None = None
        self.original_size: tuple[int, int] = (0, 0)

    @property
    def is_image_set(self) -> bool:
        """Whether there is an image to segment."""
        return self._embedding is not None

    def set_image(self, image: ByteArray, image_format: str = "RGB") -> None:
        """Encode an image (H, W, 3) uint8; ``image_format`` is "RGB" or "BGR".

        Raises:
            ImageError: it is none.
        """
        if image_format not in ("RGB", "BGR"):
            raise ImageError(f'the format of an image is "RGB" or "BGR", got {image_format!r}')
        pixels = np.asarray(image)
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
            raise ImageError(f"an image is an array (H, W, 3) of uint8, got {pixels.shape} of {pixels.dtype}")
        rgb = pixels if image_format == "RGB" else pixels[..., ::-1]
        self._embedding = self.model.encode(np.ascontiguousarray(rgb))
        self.original_size = (pixels.shape[0], pixels.shape[1])

    def reset_image(self) -> None:
        """Forget the image."""
        self._embedding, self.original_size = None, (0, 0)

    def predict(
        self,
        point_coords: NDArray[np.generic] | None = None,
        point_labels: NDArray[np.generic] | None = None,
        box: NDArray[np.generic] | None = None,
        mask_input: FloatArray | None = None,
        multimask_output: bool = True,
        return_logits: bool = False,
    ) -> tuple[BoolArray | FloatArray, FloatArray, FloatArray]:
        """Segment the object of a prompt.

        Args:
            point_coords: (N, 2), x and y in image pixels; the first pixel is (0, 0).
            point_labels: (N,), 1 for the object, 0 for what is not.
            box: (4,) left, top, right, bottom in image pixels.
            mask_input: (1, h, w) logits of an earlier call.
            multimask_output: taken, and of no effect: there is one mask.
            return_logits: logits instead of masks.

        Returns:
            masks (1, H, W) bool, scores (1,) float32 in 0..1, and logits (1, h, w) float32 at low resolution.  A score
            is the mean probability of the mask's pixels; it is 0 for an empty mask.

        Raises:
            ImageError: no image is set.
            StrokeError: no point and no box, or malformed ones.
            MaskError: ``mask_input`` is none.
        """
        del multimask_output
        if self._embedding is None:
            raise ImageError("no image is set; call set_image first")
        strokes = [*_of_points(point_coords, point_labels), *_of_box(box)]
        if not strokes and mask_input is None:
            raise StrokeError("a prompt has points or a box; give point_coords with point_labels, or box")
        previous = None if mask_input is None else _previous(mask_input)
        logits = self.model.predict(self._embedding, strokes, previous, (_OBJECT_ID,)).masks.logits
        full = resize_maps(logits, self.original_size)
        mask = full > 0
        score = float(sigmoid(full[mask]).mean()) if mask.any() else 0.0
        low = resize_maps(logits, _low_size(self.original_size))
        return full if return_logits else mask, np.array([score], dtype=np.float32), low


def _low_size(size_hw: tuple[int, int]) -> tuple[int, int]:
    scale = LOW_SIZE / max(size_hw)
    return max(1, round(size_hw[0] * scale)), max(1, round(size_hw[1] * scale))


def _previous(mask_input: FloatArray) -> ObjectLogits:
    logits = np.asarray(mask_input, dtype=np.float32)
    if logits.ndim != 3 or logits.shape[0] != 1 or logits.size == 0 or not np.isfinite(logits).all():
        raise MaskError(f"mask_input has the shape (1, h, w) and finite logits, got {logits.shape}")
    return ObjectLogits((_OBJECT_ID,), logits)


def _of_points(coords: NDArray[np.generic] | None, labels: NDArray[np.generic] | None) -> list[Stroke]:
    if coords is None and labels is None:
        return []
    points = np.asarray([] if coords is None else coords, dtype=np.float64).reshape(-1, 2)
    signs = np.asarray([] if labels is None else labels).reshape(-1)
    if len(points) != len(signs) or not np.isin(signs, (0, 1)).all():
        raise StrokeError(f"{len(points)} points need as many labels of 0 or 1, got {signs.tolist()}")
    # There the first pixel's centre is (0, 0), here it is (0.5, 0.5).
    return [
        Stroke(point + 0.5, _OBJECT_ID, "positive" if sign else "negative")
        for point, sign in zip(points, signs, strict=True)
    ]


def _of_box(box: NDArray[np.generic] | None) -> tuple[Stroke, ...]:
    if box is None:
        return ()
    corners = np.asarray(box, dtype=np.float64).reshape(-1)
    if len(corners) != 4:
        raise StrokeError(f"a box has four numbers, left, top, right and bottom, got {len(corners)}")
    left, top, right, bottom = (float(value) for value in corners)
    return Box(left, top, right, bottom, _OBJECT_ID).strokes()
