"""``s2m bench``: median times of encoding, of stroke to mask, and of the original architecture for the same."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np

from s2m.engine.models import Model, available_cores
from s2m.engine.segmenter import Segmenter
from s2m.evaluation.speed import Speed, Times, counted, write_speed
from s2m.files.demo import DEMO_IMAGE
from s2m.files.images import read_image
from s2m.networks.loading import load_model
from s2m.types import ByteArray, FloatArray, ObjectLogits, Stroke

OBJECT_COUNTS = (1, 3, 8)

ORIGINAL_SIZE_PX = 480
"""Side of the square that the original architecture is measured on, as it was trained."""

_ROUNDS_OF_ORIGINAL = 5
"""It is slow, and its time varies little."""


@click.command()
@click.option("--image", type=click.Path(path_type=Path), default=DEMO_IMAGE, help="Image.  [default: the shipped one]")
@click.option("--rounds", type=click.IntRange(min=1), default=30, show_default=True, help="Measurements of each step.")
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model.  [default: the shipped one]")
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads.  [default: all cores]")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write the times to this file.")
def bench(image: Path, rounds: int, model: Path | None, threads: int | None, json_path: Path | None) -> None:
    """Measure encoding, stroke to mask, and the original architecture (needs PyTorch) on this machine."""
    threads = threads or available_cores()
    original = load_original(threads)
    ours = load_model(model, threads)
    image_rgb = read_image(image)
    times = measure(ours, image_rgb, original, rounds)
    card, (height, width) = ours.card, image_rgb.shape[:2]
    click.echo(f"{card.name} {card.version}: {card.working_size} pixels on the long side, ONNX Runtime")
    click.echo(f"the original: DeepLabV3+ ResNet-50, {ORIGINAL_SIZE_PX} x {ORIGINAL_SIZE_PX} pixels, PyTorch")
    click.echo(f"image of {width} x {height} pixels, {threads} threads, medians\n")
    click.echo("\n".join(table(times)))
    if json_path is not None:
        write_speed(json_path, Speed(f"{card.name} {card.version}", (width, height), threads, times))


def load_original(threads: int) -> Callable[[FloatArray], FloatArray]:
    """The original architecture with random weights.

    Returns:
        A function of prompts (N, 3, h, w) float32 that runs a forward pass for each object, as the original does.
    """
    import torch  # Only needed to compare with the original.

    from s2m.networks.original.deeplabv3plus import deeplabv3plus_resnet50
    from s2m.networks.original.model import OriginalModel, original_card

    torch.set_num_threads(threads)
    model = OriginalModel(deeplabv3plus_resnet50(), original_card("random"))

    def run(prompts: FloatArray) -> FloatArray:
        image = np.full((1, 3, *prompts.shape[2:]), 0.5, dtype=np.float32)
        return model.decode(model.encode(image), prompts)

    return run


def measure(model: Model, image_rgb: ByteArray, original: Callable[[FloatArray], FloatArray], rounds: int) -> Times:
    """Measure one step after the other.

    Args:
        model: ours.
        image_rgb: (H, W, 3) uint8.
        original: as from ``load_original``.
        rounds: how often each step is measured; the slow original less often.
    """
    segmenter, size_hw = Segmenter(model), (image_rgb.shape[0], image_rgb.shape[1])
    encode = median_seconds(lambda: segmenter.encode(image_rgb), rounds)
    embedding = segmenter.encode(image_rgb)

    def answer(count: int, masked: bool) -> float:
        strokes = strokes_on_objects(size_hw, count)
        masks = ObjectLogits.of_masks(range(1, count + 1), np.ones((count, 8, 8), dtype=bool)) if masked else None
        return median_seconds(lambda: segmenter.predict(embedding, strokes, masks).label_map(), rounds)

    def crop_answer(count: int, is_new: bool) -> float:
        strokes, masks = small_objects(size_hw, count)

        def step() -> None:
            if is_new:
                segmenter.forget()
            segmenter.predict(embedding, strokes, masks).label_map()

        return median_seconds(step, rounds)

    def original_answer(count: int) -> float:
        prompts = np.zeros((count, 3, ORIGINAL_SIZE_PX, ORIGINAL_SIZE_PX), dtype=np.float32)
        return median_seconds(lambda: original(prompts), min(rounds, _ROUNDS_OF_ORIGINAL))

    return Times(
        OBJECT_COUNTS,
        encode,
        tuple(answer(count, masked=False) for count in OBJECT_COUNTS),
        tuple(answer(count, masked=True) for count in OBJECT_COUNTS),
        tuple(crop_answer(count, is_new=True) for count in OBJECT_COUNTS),
        tuple(crop_answer(count, is_new=False) for count in OBJECT_COUNTS),
        tuple(original_answer(count) for count in OBJECT_COUNTS),
    )


def median_seconds(step: Callable[[], object], rounds: int) -> float:
    """The median time of a step, after it was done once to warm up."""
    step()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def strokes_on_objects(size_hw: tuple[int, int], count: int) -> list[Stroke]:
    """One slanted stroke for each of ``count`` objects, side by side over the image."""
    height, width = size_hw
    step = width / count
    return [
        Stroke(np.array([[(place + 0.3) * step, height * 0.3], [(place + 0.7) * step, height * 0.7]]), place + 1)
        for place in range(count)
    ]


def small_objects(size_hw: tuple[int, int], count: int) -> tuple[list[Stroke], ObjectLogits]:
    """Small square masks side by side in the middle of the image, with a dot on each."""
    cells = 128
    masks = np.zeros((count, cells, cells), dtype=bool)
    strokes = []
    for place, mask in enumerate(masks):
        column = round((place + 0.5) / count * cells)
        mask[cells // 2 - 4 : cells // 2 + 4, column - 4 : column + 4] = True
        strokes.append(Stroke(np.array([[column / cells * size_hw[1], size_hw[0] / 2]]), place + 1))
    return strokes, ObjectLogits.of_masks(range(1, count + 1), masks)


def table(times: Times) -> list[str]:
    """The lines to print: milliseconds, and how many times as fast as the original an answer is."""

    def row(name: str, values: list[str]) -> str:
        return f"{name:34}" + "".join(f"{value:>12}" for value in values)

    def ratios(seconds: Sequence[float]) -> list[str]:
        return [f"{original / ours:.1f} x" for ours, original in zip(seconds, times.original, strict=True)]

    return [
        row("", [counted(count) for count in OBJECT_COUNTS]),
        row("encode the image, once", [_milliseconds(times.encode)]),
        row("first stroke to mask", [_milliseconds(seconds) for seconds in times.first]),
        row("further stroke to mask", [_milliseconds(seconds) for seconds in times.further]),
        row("on small objects, new crops", [_milliseconds(seconds) for seconds in times.new_crops]),
        row("on small objects, known crops", [_milliseconds(seconds) for seconds in times.known_crops]),
        row("the original's forward pass", [_milliseconds(seconds) for seconds in times.original]),
        row("ratio, first stroke", ratios(times.first)),
        row("ratio, further stroke", ratios(times.further)),
        row("ratio, first stroke with encoding", ratios([times.encode + first for first in times.first])),
    ]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
