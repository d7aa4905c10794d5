"""A model in; the times of what an annotator waits for out, beside those of other methods for the same strokes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from s2m.engine.models import Model, OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.evaluation.baselines import BaselineImage, grabcut, walk
from s2m.evaluation.speed import Timing, milliseconds_of, timing_of
from s2m.session import Draw, DrawnStroke, JournalHeader, MemoryJournal, Session
from s2m.session.answers import predictor_of
from s2m.session.opening import open_image
from s2m.types import ByteArray, FloatArray, Stroke

OBJECT_COUNTS = (1, 3, 5, 8, 20)
TOUCHING_COUNTS = (5, 20)
MEGAPIXELS = (0.5, 2.0, 12.0)
LARGE_MEGAPIXELS = 100.0

OPEN = "open an image"
FIRST = "first stroke of an object"
FURTHER = "further stroke"
FIRST_TOUCHING = "first stroke, objects touch"
FURTHER_TOUCHING = "further stroke, objects touch"
LABEL_MAP = "label map of the image"
FORWARD = "forward pass for each object"

ORIGINAL_SIZE_PX = 480
"""Side of the square that the original architecture is measured on, as it was trained."""
ORIGINAL_ONNX = "original, ONNX Runtime"
ORIGINAL_TORCH = "original, PyTorch"

_TILES_XY = (5, 4)
_SLOW_ROUNDS = 5
"""What takes a second or more is measured less often, as its time varies little."""


def collage(image_rgb: ByteArray, megapixels: float) -> ByteArray:
    """An image of twenty small copies of another one: as many objects, apart from each other."""
    columns, rows = _TILES_XY
    height, width = image_rgb.shape[:2]
    scale = (megapixels * 1e6 / (height * width * columns * rows)) ** 0.5
    tile = cv2.resize(image_rgb, (max(8, round(width * scale)), max(8, round(height * scale))))
    return np.tile(tile, (rows, columns, 1))


def strokes_apart(stroke: Stroke, image_hw: tuple[int, int], collage_hw: tuple[int, int], count: int) -> list[Stroke]:
    """The stroke of the small image in ``count`` tiles, each on an object of its own."""
    columns, rows = _TILES_XY
    tile_wh = np.array([collage_hw[1] / columns, collage_hw[0] / rows])
    in_tile = stroke.points_xy / (image_hw[1], image_hw[0]) * tile_wh
    return [Stroke(in_tile + tile_wh * (at % columns, at // columns), at + 1) for at in range(count)]


def strokes_touching(
    stroke: Stroke, image_hw: tuple[int, int], collage_hw: tuple[int, int], count: int
) -> list[Stroke]:
    """``count`` dots along the stroke in the first tile, each on an object of its own."""
    (whole,) = strokes_apart(stroke, image_hw, collage_hw, 1)
    along = np.linspace(0, len(whole.points_xy) - 1, count)
    places = [np.interp(along, np.arange(len(whole.points_xy)), whole.points_xy[:, axis]) for axis in (0, 1)]
    return [Stroke(np.array([point]), at + 1) for at, point in enumerate(np.stack(places, axis=1))]


def moved(stroke: Stroke, collage_hw: tuple[int, int]) -> Stroke:
    """A stroke of the same object beside another."""
    return Stroke(stroke.points_xy + max(collage_hw) / 400, stroke.object_id)


def model_timings(
    model: Model, name: str, image_rgb: ByteArray, stroke: Stroke, rounds: int, megapixels: Sequence[float]
) -> Iterator[Timing]:
    """The steps of a model: opening images, and strokes on the largest of them up to 12 megapixels.

    Args:
        model: what is measured.
        name: what it is called.
        image_rgb: (H, W, 3) uint8, a photograph.
        stroke: on its object.
        rounds: how often each step is measured.
        megapixels: sizes of images.
    """
    for size in megapixels:
        yield _opening(model, name, collage(image_rgb, size), rounds)
    drawn_on = collage(image_rgb, max(size for size in megapixels if size <= 12))
    image_hw, collage_hw = (image_rgb.shape[0], image_rgb.shape[1]), (drawn_on.shape[0], drawn_on.shape[1])
    for count in OBJECT_COUNTS:
        strokes = strokes_apart(stroke, image_hw, collage_hw, count)
        yield from _drawing(model, name, drawn_on, strokes, rounds, (FIRST, FURTHER))
    for count in TOUCHING_COUNTS:
        strokes = strokes_touching(stroke, image_hw, collage_hw, count)
        yield from _drawing(model, name, drawn_on, strokes, rounds, (FIRST_TOUCHING, FURTHER_TOUCHING))


def _opening(model: Model, name: str, image_rgb: ByteArray, rounds: int) -> Timing:
    """From a file to where a stroke can be answered."""
    size = image_rgb.shape[0] * image_rgb.shape[1] / 1e6
    with tempfile.TemporaryDirectory(prefix="s2m-bench-") as folder:
        path = Path(folder) / "image.jpg"
        cv2.imwrite(str(path), image_rgb[..., ::-1])
        segmenter = Segmenter(model)
        runs = [milliseconds_of(lambda: open_image(path, segmenter)) for _ in range(1 + _fewer(rounds, size))]
    return timing_of(name, OPEN, runs[1:], megapixels=size)


def _drawing(
    model: Model, name: str, image_rgb: ByteArray, strokes: Sequence[Stroke], rounds: int, steps: tuple[str, str]
) -> Iterator[Timing]:
    """The last object's strokes, while the others have masks; each round encodes the image anew, as crops are kept."""
    header = JournalHeader(image="image", size_hw=(image_rgb.shape[0], image_rgb.shape[1]), overlap="exclusive")
    segmenter = Segmenter(model)
    first, further, maps = list[float](), list[float](), list[float]()
    *others, last = strokes
    for _ in range(1 + rounds):
        session = Session(MemoryJournal.begin(header), predictor_of(segmenter, image_rgb), name)
        for other in others:
            session.do(_command(other))
        commands = [_command(last), _command(moved(last, header.size_hw))]
        for command, runs in zip(commands, (first, further), strict=True):
            runs.append(milliseconds_of(partial(session.do, command)))
        maps.append(milliseconds_of(session.label_map))
    size = image_rgb.shape[0] * image_rgb.shape[1] / 1e6
    for step, runs in zip((*steps, LABEL_MAP), (first, further, maps), strict=True):
        if step != LABEL_MAP or steps[0] == FIRST:
            yield timing_of(name, step, runs[1:], objects=len(strokes), megapixels=size)


def _command(stroke: Stroke) -> Draw:
    return Draw(strokes=(DrawnStroke(points=tuple(map(tuple, stroke.points_xy)), object_id=stroke.object_id),))


def original_timings(threads: int, rounds: int) -> Iterator[Timing]:
    """A forward pass of the original architecture for one object and for five, with random weights; needs PyTorch."""
    import torch  # Only needed to compare with the original.

    from s2m.networks.original.deeplabv3plus import deeplabv3plus_resnet50
    from s2m.networks.original.export import export_original
    from s2m.networks.original.model import OriginalModel, original_card

    torch.set_num_threads(threads)
    network, card = deeplabv3plus_resnet50(), original_card("random")
    with tempfile.TemporaryDirectory(prefix="s2m-bench-") as folder:
        export_original(network, card, Path(folder))
        models: dict[str, Model] = {
            ORIGINAL_ONNX: OnnxModel(Path(folder), threads),
            ORIGINAL_TORCH: OriginalModel(network, card),
        }
        image = np.full((1, 3, ORIGINAL_SIZE_PX, ORIGINAL_SIZE_PX), 0.5, dtype=np.float32)
        for name, model in models.items():
            for count in (1, 5):
                prompts = np.zeros((count, 3, ORIGINAL_SIZE_PX, ORIGINAL_SIZE_PX), dtype=np.float32)
                runs = _runs(_forward(model, image, prompts), min(rounds, _SLOW_ROUNDS))
                yield timing_of(name, FORWARD, runs, objects=count, megapixels=ORIGINAL_SIZE_PX**2 / 1e6)


def _forward(model: Model, image: FloatArray, prompts: FloatArray) -> Callable[[], object]:
    return lambda: model.decode(model.encode(image), prompts)


def baseline_timings(image_rgb: ByteArray, strokes: Sequence[Stroke], rounds: int) -> Iterator[Timing]:
    """GrabCut and the random walker, from the same strokes on the photograph itself."""
    size = image_rgb.shape[0] * image_rgb.shape[1] / 1e6
    for name, segment in (("OpenCV GrabCut", grabcut), ("random walker", walk)):
        image = BaselineImage(image_rgb, segment)
        runs = _runs(partial(image.answer, strokes, None, (1,)), min(rounds, _SLOW_ROUNDS))
        yield timing_of(name, FIRST, runs, megapixels=size)


def _runs(step: Callable[[], object], rounds: int) -> list[float]:
    """The times of a step, after it was done once to warm up."""
    step()
    return [milliseconds_of(step) for _ in range(rounds)]


def _fewer(rounds: int, megapixels: float) -> int:
    return min(rounds, _SLOW_ROUNDS) if megapixels > 2 else rounds
