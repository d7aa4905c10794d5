"""A model of your own behind the same engine: an encoder and a decoder in NumPy, without any learning.

Whatever encodes an image once and decodes strokes many times can answer: two ONNX files in a folder with a
``model.json``, or, as here, an object with a card and two methods.

    python examples/own_model.py [OUTPUT.png]
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

import s2m
from s2m.engine.model_cards import ModelCard
from s2m.files.demo import DEMO_IMAGE

FloatArray = npt.NDArray[np.float32]
STRIDE = 4


class NearestColour:
    """A pixel belongs to the object where its colour is nearer to the positive strokes than to the negative ones."""

    card = ModelCard(
        name="nearest colour",
        architecture="none",
        version="1",
        working_size=512,
        size_multiple=32,
        prompt_stride=STRIDE,
        prompt_diameter_px=5,
    )

    def encode(self, image: FloatArray) -> tuple[FloatArray, ...]:
        """The mean colour of cells of 4 x 4 pixels: (1, 3, h, w) in 0..1 to one array (3, h / 4, w / 4)."""
        _, channels, height, width = image.shape
        cells = image[0].reshape(channels, height // STRIDE, STRIDE, width // STRIDE, STRIDE)
        return (cells.mean(axis=(2, 4)),)

    def decode(self, features: tuple[FloatArray, ...], prompts: FloatArray) -> FloatArray:
        """Logits (N, h / 4, w / 4) from prompts (N, 3, h / 4, w / 4): positive and negative strokes, mask before."""
        (colours,) = features
        return np.stack([self._logits(colours, positive, negative) for positive, negative, _ in prompts])

    def _logits(self, colours: FloatArray, positive: FloatArray, negative: FloatArray) -> FloatArray:
        near, far = self._distance(colours, positive), self._distance(colours, negative)
        return np.asarray(20 * (np.minimum(far, 0.4) - near), dtype=np.float32)

    def _distance(self, colours: FloatArray, strokes: FloatArray) -> FloatArray:
        """Distance (h / 4, w / 4) of each colour to the mean colour under some strokes, far where there are none."""
        under = colours[:, strokes > 0.5]
        if under.size == 0:
            return np.ones(colours.shape[1:], dtype=np.float32)
        return np.asarray(np.abs(colours - under.mean(axis=1)[:, None, None]).sum(axis=0), dtype=np.float32)


def main(output: str) -> None:
    """Draw on the suit of the shipped photograph, with the colours alone."""
    session = s2m.open_image(DEMO_IMAGE, s2m.Segmenter(NearestColour()))
    suit = session.add_object("suit")
    session.draw([(120, 300), (330, 320)], suit)
    mask = session.draw([(20, 20), (120, 60)], suit, sign="negative")
    session.save(output)
    print(f"{mask.mean():.0%} of the photograph has the colours of the suit")


if __name__ == "__main__":
    main(*(sys.argv[1:2] or ["own_model.png"]))
