"""``s2m segment``: images and strokes on disk in, label maps on disk out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import click
from tqdm import tqdm

from s2m.batch.jobs import Job, Wanted, find_jobs
from s2m.batch.run import ENGINE_NAMES, Engine, segment_jobs
from s2m.batch.segmenting import ModelSettings, Outcome, Worker
from s2m.cli.channel_order_option import channel_order_option
from s2m.cli.left_out import say_left_out
from s2m.cli.mask_kind_option import mask_kind_option
from s2m.cli.provider_option import provider_option
from s2m.engine.channel_order import ChannelOrder
from s2m.engine.models import available_cores
from s2m.engine.providers import Provider
from s2m.files.mask_pictures import MaskKind
from s2m.files.scribble_pictures import ScribbleStyle


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option(
    "--strokes",
    type=click.Path(path_type=Path),
    help="Strokes: JSON, or a scribble picture (index or colour = object).  For a folder of images a folder of files "
    "of the same names.",
)
@click.option(
    "--scribbles",
    "style",
    type=click.Choice(get_args(ScribbleStyle)),
    default="objects",
    show_default=True,
    help="What indices of a scribble picture mean: objects, or 1 foreground and 2 background.",
)
@click.option(
    "--boxes",
    type=click.Path(path_type=Path),
    help="Boxes of a detector, an object each: a text file for YOLO, or a folder of them.",
)
@click.option(
    "--mask", type=click.Path(path_type=Path), help="Label map to start from, or a folder of them; index = object."
)
@mask_kind_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("output"),
    show_default=True,
    help="Folder to write NAME.png into.",
)
@click.option("--overlay", is_flag=True, help="Also write NAME-overlay.jpg, the image with its masks and strokes.")
@click.option("--soft-masks", is_flag=True, help="Also write NAME-object-ID.png, the probability of each object.")
@click.option("--report", type=click.Path(path_type=Path), help="JSON file that says what became of each image.")
@click.option("--again", is_flag=True, help="Also images whose masks are there already, from the same inputs.")
@click.option(
    "--jobs", "count", type=click.IntRange(min=1), help="Processes for a folder.  [default: as many as cores]"
)
@click.option(
    "--engine",
    type=click.Choice(ENGINE_NAMES),
    default="local",
    show_default=True,
    help="What runs the processes of a folder; ray also on a cluster.",
)
@click.option(
    "--model", type=click.Path(path_type=Path), help="Folder or .pth file of a model.  [default: the shipped one]"
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Processor threads.  [default: all cores for an image, 1 a process for a folder]",
)
@provider_option
@channel_order_option
def segment(
    image: Path,
    strokes: Path | None,
    style: ScribbleStyle,
    boxes: Path | None,
    mask: Path | None,
    mask_kind: MaskKind,
    output: Path,
    overlay: bool,
    soft_masks: bool,
    report: Path | None,
    again: bool,
    count: int | None,
    engine: Engine,
    model: Path | None,
    threads: int | None,
    provider: Provider,
    channel_order: ChannelOrder,
) -> None:
    """Turn strokes, boxes or flawed masks on IMAGE, or on each image of a folder, into a label map.

    In a folder, images are skipped whose label maps are there already, from the same image, strokes and model.
    """
    if strokes is None and boxes is None and mask is None:
        raise click.UsageError("say what to start from: --strokes, --boxes or --mask")
    wanted = Wanted(output, overlay, soft_masks)
    if image.is_dir():
        jobs = find_jobs(image, strokes, boxes, mask, style, mask_kind)
        say_left_out(image)
        settings = ModelSettings(model, threads or 1, provider, channel_order)
        count = min(len(jobs), count or available_cores())

        def with_bar(outcomes: Iterator[Outcome]) -> Iterable[Outcome]:
            bar: Iterable[Outcome] = tqdm(outcomes, total=len(jobs), unit="image", disable=None)
            return bar

        done = segment_jobs(jobs, settings, wanted, count=count, engine=engine, again=again, progress=with_bar)
        click.echo(done.summary())
        if report is not None:
            done.write(report)
        done.check()
        return
    for option, given in (("--report", report), ("--jobs", count)):
        if given is not None:
            raise click.UsageError(f"{option} is for a folder of images; {image} is none")
    settings = ModelSettings(model, threads, provider, channel_order)
    worker = Worker(settings.load(), settings.digest(), channel_order, wanted, again=True)
    outcome = worker.do(Job(image, strokes, boxes, mask, style, mask_kind))
    files = ", ".join(str(file) for file in outcome.files)
    click.echo(f"{image.name}: {files} ({outcome.seconds * 1000:.0f} ms)")
