"""The shipped photograph and strokes in; ``docs/pictures/stroke-to-mask.webp``, strokes that become masks, out.

``python scripts/moving_picture.py`` draws each stroke a few points at a time and shows the masks after each.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click
from PIL import Image

from s2m.engine.segmenter import Segmenter
from s2m.files.atomic import write_atomically
from s2m.files.demo import DEMO_IMAGE, DEMO_STROKES
from s2m.files.images import read_image
from s2m.files.overlays import draw_overlay
from s2m.files.stroke_files import read_strokes
from s2m.types import ByteArray, Stroke

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "stroke-to-mask.webp"

_POINTS_A_FRAME = 4
_FRAME_MS = 90
_REST_MS = 700
"""How long a finished stroke stands still."""

_END_MS = 2500
"""How long the last masks stand still."""

_SIDE_PX = 480
_QUALITY = 60


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=PICTURE, show_default=True)
def main(output: Path) -> None:
    """Write an animated WebP of strokes that become masks."""
    image_rgb = read_image(DEMO_IMAGE)
    strokes = read_strokes(DEMO_STROKES, (image_rgb.shape[0], image_rgb.shape[1]))
    frames = [(_reduced(image_rgb), _REST_MS), *((_reduced(shown), ms) for shown, ms in _drawing(image_rgb, strokes))]
    pictures, durations = [picture for picture, _ in frames], [ms for _, ms in frames]
    durations[-1] = _END_MS
    data = io.BytesIO()
    pictures[0].save(
        data, "WEBP", save_all=True, append_images=pictures[1:], duration=durations, loop=0, quality=_QUALITY, method=6
    )
    write_atomically(output, data.getvalue())
    click.echo(f"{output}: {len(pictures)} frames, {len(data.getvalue()) / 1e6:.2f} MB")


def _drawing(image_rgb: ByteArray, strokes: Sequence[Stroke]) -> Iterator[tuple[ByteArray, int]]:
    """The photograph (H, W, 3) with masks and strokes after every few points, and how long each is shown, in ms."""
    segmenter = Segmenter()
    embedding = segmenter.encode(image_rgb)
    previous = None
    for number, stroke in enumerate(strokes):
        count = len(stroke.points_xy)
        for end in (*range(_POINTS_A_FRAME, count, _POINTS_A_FRAME), count):
            drawn = [*strokes[:number], replace(stroke, points_xy=stroke.points_xy[:end])]
            prediction = segmenter.predict(embedding, drawn, previous)
            shown = draw_overlay(image_rgb, prediction.label_map(), drawn)
            yield shown, _REST_MS if end == count else _FRAME_MS
        previous = prediction.masks


def _reduced(picture_rgb: ByteArray) -> Image.Image:
    picture = Image.fromarray(picture_rgb)
    picture.thumbnail((_SIDE_PX, _SIDE_PX))
    return picture


if __name__ == "__main__":
    main()
