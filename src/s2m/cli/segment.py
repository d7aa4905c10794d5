"""``s2m segment``: images and strokes on disk in, label maps on disk out."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click
from PIL import Image
from tqdm import tqdm

from s2m.cli import fault
from s2m.cli.channel_order_option import channel_order_option
from s2m.cli.left_out import say_left_out
from s2m.cli.mask_kind_option import mask_kind_option
from s2m.cli.provider_option import provider_option
from s2m.engine.channel_order import ChannelOrder, in_channel_order
from s2m.engine.providers import Provider
from s2m.engine.segmenter import Prediction, Segmenter
from s2m.errors import BatchError, OutputError, S2MError, StrokeError
from s2m.files.atomic import write_atomically
from s2m.files.images import IMAGE_SUFFIXES, find_images, read_image
from s2m.files.label_files import check_mask_size, masks_of_label_map, read_label_map, write_label_map, write_soft_masks
from s2m.files.mask_pictures import MaskKind
from s2m.files.overlays import draw_overlay
from s2m.files.scribble_pictures import ScribbleStyle, read_scribble_picture
from s2m.files.stroke_files import read_strokes
from s2m.networks.loading import load_model
from s2m.types import ByteArray, ObjectLogits, Stroke


@dataclass(frozen=True)
class Job:
    """One image to segment.

    Attributes:
        image: the photograph.
        strokes: JSON file or scribble picture.
        style: what the indices of a scribble picture mean.
        mask: label map to start from.
        mask_kind: what its values mean.
    """

    image: Path
    strokes: Path
    style: ScribbleStyle
    mask: Path | None
    mask_kind: MaskKind = "auto"


@dataclass(frozen=True)
class Wanted:
    """What to write, and where.

    Attributes:
        folder: of the output.
        overlay: whether to write ``NAME-overlay.jpg`` too.
        soft_masks: whether to write ``NAME-object-ID.png`` too.
    """

    folder: Path
    overlay: bool
    soft_masks: bool


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option(
    "--strokes",
    required=True,
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
@click.option(
    "--model", type=click.Path(path_type=Path), help="Folder or .pth file of a model.  [default: the shipped one]"
)
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads.  [default: all cores]")
@provider_option
@channel_order_option
def segment(
    image: Path,
    strokes: Path,
    style: ScribbleStyle,
    mask: Path | None,
    mask_kind: MaskKind,
    output: Path,
    overlay: bool,
    soft_masks: bool,
    model: Path | None,
    threads: int | None,
    provider: Provider,
    channel_order: ChannelOrder,
) -> None:
    """Turn strokes on IMAGE, or on each image of a folder, into a label map."""
    wanted = Wanted(output, overlay, soft_masks)
    is_folder = image.is_dir()
    jobs = (
        find_jobs(image, strokes, style, mask, mask_kind)
        if is_folder
        else [Job(image, strokes, style, mask, mask_kind)]
    )
    if is_folder:
        say_left_out(image)
    segmenter = Segmenter(in_channel_order(load_model(model, threads, provider), channel_order))
    if is_folder:
        segment_folder(segmenter, jobs, wanted)
        return
    files, seconds = segment_image(segmenter, jobs[0], wanted)
    click.echo(f"{image.name}: {', '.join(str(file) for file in files)} ({seconds * 1000:.0f} ms)")


def find_jobs(
    images: Path, strokes: Path, style: ScribbleStyle, masks: Path | None, mask_kind: MaskKind = "auto"
) -> list[Job]:
    """The images of a folder that have strokes of the same name in another folder, and their masks.

    Raises:
        ImageError: the folder holds no image.
        StrokeError: ``strokes`` is no folder, or no image has strokes in it.
        OutputError: two images would be written to one file.
    """
    for option, folder in (("--strokes", strokes), ("--mask", masks)):
        if folder is not None and not folder.is_dir():
            raise StrokeError(f"{images} is a folder, so {option} must be one too; {folder} is not")
    jobs = []
    for image in find_images(images):
        found = _file_of_name(strokes, image, (".json", *IMAGE_SUFFIXES))
        if found is not None:
            mask = None if masks is None else _file_of_name(masks, image, IMAGE_SUFFIXES)
            jobs.append(Job(image, found, style, mask, mask_kind))
    if not jobs:
        raise StrokeError(f"no image of {images} has strokes in {strokes}; wanted NAME.json or NAME.png for NAME.jpg")
    seen: dict[str, Path] = {}
    for job in jobs:
        twin = seen.setdefault(job.image.stem.lower(), job.image)
        if twin is not job.image:
            raise OutputError(f"{twin.name} and {job.image.name} would be written to one file; rename one of them")
    return jobs


def segment_folder(segmenter: Segmenter, jobs: Sequence[Job], wanted: Wanted) -> None:
    """Segment image after image; one that fails does not stop the others.

    Raises:
        BatchError: some failed; it names them.
    """
    failures: list[str] = []
    started = time.perf_counter()
    for job in tqdm(jobs, unit="image", disable=None):
        try:
            segment_image(segmenter, job, wanted)
        except S2MError as error:
            failures.append(f"{job.image.name}: {error}")
        except (ValueError, TypeError, LookupError, ArithmeticError, OSError) as error:
            failures.append(f"{job.image.name}: {fault(error)}")
    done = len(jobs) - len(failures)
    seconds = time.perf_counter() - started
    click.echo(f"{done} of {len(jobs)} images segmented into {wanted.folder} in {seconds:.1f} s")
    if failures:
        raise BatchError(f"{len(failures)} of {len(jobs)} images failed\n  " + "\n  ".join(failures))


def segment_image(segmenter: Segmenter, job: Job, wanted: Wanted) -> tuple[list[Path], float]:
    """Segment one image and write what is wanted.

    Returns:
        The files written, and the seconds from the image's pixels to its label map.

    Raises:
        S2MError: an input cannot be read or an output not written.
    """
    _check_inputs_survive(job, wanted)
    image_rgb = read_image(job.image)
    size_hw = (image_rgb.shape[0], image_rgb.shape[1])
    strokes = _read_strokes(job, size_hw)
    previous = None if job.mask is None else _read_mask(job.mask, job.mask_kind, size_hw)
    started = time.perf_counter()
    prediction = segmenter.predict(segmenter.encode(image_rgb), strokes, previous)
    prediction.label_map()
    seconds = time.perf_counter() - started
    return write_prediction(prediction, image_rgb, strokes, job.image.stem, wanted), seconds


def write_prediction(
    prediction: Prediction, image_rgb: ByteArray, strokes: Sequence[Stroke], stem: str, wanted: Wanted
) -> list[Path]:
    """Write the label map of a prediction, and what else is wanted.

    Returns:
        The files, the label map first.

    Raises:
        OutputError: a file cannot be written.
    """
    label_map = prediction.label_map()
    files = [wanted.folder / f"{stem}.png"]
    write_label_map(files[0], label_map)
    if wanted.overlay:
        files.append(wanted.folder / f"{stem}-overlay.jpg")
        write_atomically(files[-1], _jpeg(draw_overlay(image_rgb, label_map, strokes)))
    if wanted.soft_masks:
        files += write_soft_masks(wanted.folder, stem, prediction.object_ids, prediction.probs()[1:])
    return files


def _read_strokes(job: Job, size_hw: tuple[int, int]) -> tuple[Stroke, ...]:
    if job.strokes.suffix.lower() == ".json":
        return read_strokes(job.strokes, size_hw)
    return read_scribble_picture(job.strokes, size_hw, job.style)


def _read_mask(path: Path, kind: MaskKind, size_hw: tuple[int, int]) -> ObjectLogits:
    label_map = read_label_map(path, kind)
    check_mask_size(label_map, size_hw, str(path))
    return masks_of_label_map(label_map)


def _file_of_name(folder: Path, image: Path, suffixes: Sequence[str]) -> Path | None:
    """The file of a folder that has the name of an image, whatever the case, and is not the image itself."""
    stems = (image.name.lower(), image.stem.lower())
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in suffixes and path.stem.lower() in stems and path.is_file() and path != image
    ]
    order = [".json", ".png", *suffixes]
    return min(found, key=lambda path: (order.index(path.suffix.lower()), path.stem != image.stem), default=None)


def _check_inputs_survive(job: Job, wanted: Wanted) -> None:
    """Refuse to write the label map over the photograph, its strokes or its mask."""
    target = (wanted.folder / f"{job.image.stem}.png").resolve()
    for path in (job.image, job.strokes, job.mask):
        if path is not None and path.resolve() == target:
            raise OutputError(f"the output {target} would replace an input; choose another folder with -o")


def _jpeg(picture: ByteArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
