"""What sharper edges gain on large photographs: ``python -m research.edges DATA... --factor 8``.

Photographs of 2,000 pixels and more with exact masks are rare.  So the network sees ordinary photographs with 1 /
FACTOR of its usual detail, as if they were FACTOR times as large, and its masks are sharpened at their full size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from s2m.engine.edges import sharpened
from s2m.engine.models import Model, OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import S2MError
from s2m.evaluation.scene import Scene, Truth, boundary_width_px, inner_boundary, iou, load_scene, read_images
from s2m.simulated_user.clicks import next_click
from s2m.types import BoolArray, FloatArray, Stroke

_CLICKS = 4
_LEAST_IOU = 0.85
_SHARES = (0.02, 0.7)
"""Objects of these shares of the image are tried, with an IoU of at least ``_LEAST_IOU`` after ``_CLICKS`` clicks."""


class LowDetail:
    """A model that sees less detail than it could."""

    def __init__(self, model: Model, factor: float) -> None:
        self._model, card = model, model.card
        sizes = (max(2, round(size / factor / card.size_multiple)) for size in (card.working_size, card.flip_size))
        working, flipped = (size * card.size_multiple for size in sizes)
        self.card = replace(card, working_size=working, flip_size=flipped)

    def encode(self, image: FloatArray) -> tuple[FloatArray, ...]:
        """See ``Model.encode``."""
        return self._model.encode(image)

    def decode(self, features: tuple[FloatArray, ...], prompts: FloatArray) -> FloatArray:
        """See ``Model.decode``."""
        return self._model.decode(features, prompts)


def measured(scene: Scene, segmenter: Segmenter) -> Iterator[tuple[float, float, float, float]]:
    """IoU and boundary IoU before, and after, of each object of a scene."""
    area = scene.size_hw[0] * scene.size_hw[1]
    embedding = segmenter.encode(scene.image_rgb)
    for truth in scene.truths.values():
        if not _SHARES[0] < truth.mask.sum() / area < _SHARES[1]:
            continue
        strokes: list[Stroke] = []
        mask, previous = np.zeros(scene.size_hw, dtype=bool), None
        unclicked = np.ones(scene.size_hw, dtype=bool)
        for _ in range(_CLICKS):
            made = next_click(truth.mask, mask, truth.valid, unclicked)
            if made is None:
                break
            strokes.append(made.stroke(1))
            unclicked[made.row, made.column] = False
            prediction = segmenter.predict(embedding, strokes, previous)
            mask, previous = prediction.label_map() == 1, prediction.masks
        if iou(truth.mask, mask, truth.valid) >= _LEAST_IOU:
            sharp = sharpened(scene.image_rgb, mask.astype(np.int32), (1,), segmenter.model.card.working_size // 2) == 1
            yield (*_scores(truth, mask), *_scores(truth, sharp))


def _scores(truth: Truth, mask: BoolArray) -> tuple[float, float]:
    width = boundary_width_px(mask.shape)
    true_band, band = (inner_boundary(one, width) for one in (truth.mask, mask))
    return iou(truth.mask, mask, truth.valid), iou(true_band, band, truth.valid)


@click.command()
@click.argument("data", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--factor", type=click.FloatRange(1), default=4.0, show_default=True, help="How much larger they seem.")
@click.option("--images", type=click.IntRange(1), default=20, show_default=True, help="Of each data set.")
def main(data: tuple[Path, ...], factor: float, images: int) -> None:
    """Compare masks with and without sharper edges on the data sets DATA."""
    model = LowDetail(OnnxModel(), factor)
    rows: list[tuple[float, float, float, float]] = []
    try:
        for folder in data:
            found = read_images(folder)
            chosen = np.random.default_rng(0).permutation(len(found))[:images]
            for number in chosen:
                rows += measured(load_scene(found[number]), Segmenter(model))
    except S2MError as error:
        raise click.ClickException(str(error)) from error
    before, boundary_before, after, boundary_after = np.mean(rows, axis=0)
    click.echo(f"{len(rows)} objects, as on photographs {factor:g} times as large")
    click.echo(f"IoU {before:.3f} -> {after:.3f}, boundary IoU {boundary_before:.3f} -> {boundary_after:.3f}")


if __name__ == "__main__":
    main()
