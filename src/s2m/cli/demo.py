"""``s2m demo``: the shipped photograph and strokes in, its masks and an overlay out."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from pathlib import Path

import click

from s2m.batch.jobs import Wanted
from s2m.batch.segmenting import write_prediction
from s2m.cli.provider_option import provider_option
from s2m.engine.providers import Provider
from s2m.engine.segmenter import Segmenter
from s2m.files.demo import DEMO_IMAGE, DEMO_OBJECTS, DEMO_STROKES
from s2m.files.images import read_image
from s2m.files.stroke_files import read_strokes
from s2m.networks.loading import load_model


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("output"),
    show_default=True,
    help="Folder to write into.",
)
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model.  [default: the shipped one]")
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads.  [default: all cores]")
@provider_option
def demo(output: Path, model: Path | None, threads: int | None, provider: Provider) -> None:
    """Segment two objects of the shipped photograph from a few strokes."""
    segmenter = Segmenter(load_model(model, threads, provider))
    image_rgb = read_image(DEMO_IMAGE)
    strokes = read_strokes(DEMO_STROKES, (image_rgb.shape[0], image_rgb.shape[1]))
    started = time.perf_counter()
    embedding = segmenter.encode(image_rgb)
    encoded = time.perf_counter()
    prediction = segmenter.predict(embedding, strokes)
    answered = time.perf_counter()
    wanted = Wanted(output, overlay=True, soft_masks=False)
    label_file, overlay_file = write_prediction(
        prediction, prediction.label_map(), image_rgb, strokes, DEMO_IMAGE.stem, wanted
    )

    height, width = image_rgb.shape[:2]
    names = " and ".join(f"{object_id} ({name})" for object_id, name in enumerate(DEMO_OBJECTS, start=1))
    click.echo(f"Photograph  {DEMO_IMAGE.name}, {width} x {height} pixels, by NASA, in the public domain")
    click.echo(f"Strokes     {len(strokes)}, for objects {names}")
    click.echo(
        f"Time        {(encoded - started) * 1000:.0f} ms to encode the photograph, once; "
        f"{(answered - encoded) * 1000:.0f} ms from strokes to masks"
    )
    click.echo(f"Masks       {label_file}, an indexed PNG: the index of a pixel is its object")
    click.echo(f"Overlay     {overlay_file}, to look at")
    click.echo(f"\nDraw on it yourself with {_command_name()} annotate, or on a photograph of your own:\n")
    click.echo(f"    {_command_name()} annotate your-photo.jpg")


def _command_name() -> str:
    """What to type for this program here: its name if the shell finds it, or else its path."""
    program = Path(sys.argv[0]).absolute()
    found = shutil.which(program.name)
    if found is not None and Path(found).absolute() == program:
        return program.name
    near = Path(os.path.relpath(program))
    return shlex.quote(str(program if near.parts[:1] == ("..",) else near))
