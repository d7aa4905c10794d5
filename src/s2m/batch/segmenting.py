"""A job and a segmenter in; the files of its label map on disk, and what became of the job, out."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from s2m.batch.jobs import Job, Wanted
from s2m.batch.records import TEXT_KEY, Record, job_digest, read_record
from s2m.engine.channel_order import ChannelOrder, in_channel_order
from s2m.engine.edges import sharpened
from s2m.engine.models import SHIPPED_MODEL
from s2m.engine.precision import Precision
from s2m.engine.providers import Provider
from s2m.engine.segmenter import Prediction, Segmenter
from s2m.errors import MaskError, OutputError, S2MError, StrokeError, fault
from s2m.files.atomic import make_folder, sync_folder, write_atomically
from s2m.files.box_files import read_boxes
from s2m.files.images import read_file, read_image_bytes
from s2m.files.label_files import (
    check_mask_size,
    label_map_bytes,
    masks_of_label_map,
    read_label_map,
    write_soft_masks,
)
from s2m.files.overlays import draw_overlay
from s2m.files.reading import printable, read_bytes
from s2m.files.scribble_pictures import read_scribble_picture
from s2m.files.stroke_files import read_strokes
from s2m.networks.loading import load_model, model_digest
from s2m.types import BACKGROUND_ID, ByteArray, LabelMap, ObjectLogits, Stroke

Status = Literal["segmented", "skipped", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        image: name of its file.
        status: "skipped" where the files are there already, from the same inputs.
        files: that stand for it now, the label map first.
        objects: ids in the prediction.
        seconds: from the image's pixels to its label map.
        error: why it failed, or "".
        code: of the error, see ``s2m.errors``.
    """

    image: str
    status: Status
    files: tuple[Path, ...] = ()
    objects: tuple[int, ...] = ()
    seconds: float = 0.0
    error: str = ""
    code: str = ""


@dataclass(frozen=True)
class ModelSettings:
    """What a process needs to know to load the model.

    Attributes:
        path: folder or .pth file, None for the shipped model.
        threads: of a process, None for all cores.
        provider: what computes.
        channel_order: in which it is shown images.
        precision: of the arithmetic.
    """

    path: Path | None = None
    threads: int | None = 1
    provider: Provider = "auto"
    channel_order: ChannelOrder = "rgb"
    precision: Precision = "auto"

    def load(self) -> Segmenter:
        """A segmenter.

        Raises:
            ModelError: the model cannot be loaded.
        """
        model = load_model(self.path, self.threads, self.provider, self.precision)
        return Segmenter(in_channel_order(model, self.channel_order))

    def digest(self) -> str:
        """SHA-256 of the model's files."""
        return model_digest(SHIPPED_MODEL if self.path is None else self.path)


class Worker:
    """Does job after job with one model.

    Args:
        segmenter: with the model.
        digest: of the model.
        channel_order: in which it is shown images.
        wanted: what to write.
        again: whether jobs are done that are done already.
    """

    def __init__(
        self, segmenter: Segmenter, digest: str, channel_order: ChannelOrder, wanted: Wanted, again: bool = False
    ) -> None:
        self._segmenter, self._digest, self._channel_order = segmenter, digest, channel_order
        self._wanted, self._again = wanted, again

    def outcome(self, job: Job) -> Outcome:
        """Do a job; what goes wrong stands in the outcome."""
        try:
            return self.do(job)
        except S2MError as error:
            return Outcome(job.image.name, "failed", error=str(error), code=error.code)
        except MemoryError:
            words = "there is not enough memory for it; scale it down, or take fewer --jobs"
            return Outcome(job.image.name, "failed", error=words, code="memory")
        except Exception as error:  # One image never stops the others.
            return Outcome(job.image.name, "failed", error=fault(error), code="error")

    def do(self, job: Job) -> Outcome:
        """Do a job.

        Raises:
            S2MError: an input cannot be read or an output not written.
        """
        _check_inputs_survive(job, self._wanted)
        image = read_file(job.image)
        contents = {job.image: image}
        for path, error in ((job.strokes, StrokeError), (job.boxes, StrokeError), (job.mask, MaskError)):
            if path is not None:
                contents[path] = read_bytes(path, error)
        made_from = job_digest(job, contents, self._digest, self._channel_order)
        done = None if self._again else _done(job, made_from, self._wanted)
        if done is not None:
            return done
        image_rgb = read_image_bytes(image, str(job.image))
        size_hw = (image_rgb.shape[0], image_rgb.shape[1])
        strokes = _prompts(job, size_hw)
        previous = None if job.mask is None else _read_mask(job, size_hw)
        started = time.perf_counter()
        try:
            prediction = self._segmenter.predict(self._segmenter.encode(image_rgb), strokes, previous)
        finally:
            self._segmenter.forget()
        drawn = sorted({stroke.object_id for stroke in strokes} - {BACKGROUND_ID})
        label_map = sharpened(image_rgb, prediction.label_map(), drawn)
        seconds = time.perf_counter() - started
        files = write_prediction(prediction, label_map, image_rgb, strokes, job.image.stem, self._wanted, made_from)
        return Outcome(job.image.name, "segmented", tuple(files), prediction.object_ids, seconds)


def write_prediction(
    prediction: Prediction,
    label_map: LabelMap,
    image_rgb: ByteArray,
    strokes: Sequence[Stroke],
    stem: str,
    wanted: Wanted,
    made_from: str | None = None,
) -> list[Path]:
    """Write the label map of a prediction, and what else is wanted.

    All is written into a hidden folder first.  The label map takes its place last: where it stands, the rest does too.

    Args:
        prediction: of the image.
        label_map: (H, W) int32, of the prediction.
        image_rgb: (H, W, 3) uint8.
        strokes: drawn into the overlay.
        stem: of the names of the files.
        wanted: what to write.
        made_from: digest of what it depends on, for the record in the label map.

    Returns:
        The files, the label map first.

    Raises:
        OutputError: a file cannot be written.
    """
    aside = wanted.folder / f".{stem}.segmenting"
    shutil.rmtree(aside, ignore_errors=True)  # Of a run that was killed.
    try:
        beside: list[Path] = []
        if wanted.overlay:
            beside.append(aside / f"{stem}-overlay.jpg")
            write_atomically(beside[-1], _jpeg(draw_overlay(image_rgb, label_map, strokes)))
        if wanted.soft_masks:
            beside += write_soft_masks(aside, stem, prediction.object_ids, prediction.probs()[1:])
        texts = {}
        if made_from is not None:
            names = tuple(path.name for path in beside)
            record = Record(made_from=made_from, objects=prediction.object_ids, beside=names)
            texts[TEXT_KEY] = record.model_dump_json()
        write_atomically(aside / f"{stem}.png", label_map_bytes(label_map, texts))
        return _put_in_place([*beside, aside / f"{stem}.png"], wanted.folder)[::-1]
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _put_in_place(files: Sequence[Path], folder: Path) -> list[Path]:
    try:
        make_folder(folder)
        placed = [path.replace(folder / path.name) for path in files]
        sync_folder(folder)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"cannot write into {printable(folder)}: {reason}; choose another folder with -o") from error
    return placed


def _done(job: Job, made_from: str, wanted: Wanted) -> Outcome | None:
    """The outcome of a job whose files are all there from the same inputs; None where it must be done."""
    label_file = wanted.folder / f"{job.image.stem}.png"
    record = read_record(label_file)
    if record is None or record.made_from != made_from:
        return None
    names = [f"{job.image.stem}-overlay.jpg"] if wanted.overlay else []
    if wanted.soft_masks:
        names += [f"{job.image.stem}-object-{object_id}.png" for object_id in record.objects]
    files = [wanted.folder / name for name in names]
    if not set(names) <= set(record.beside) or not all(path.is_file() for path in files):
        return None
    return Outcome(job.image.name, "skipped", (label_file, *files), record.objects)


def _prompts(job: Job, size_hw: tuple[int, int]) -> tuple[Stroke, ...]:
    """Strokes, and boxes as strokes."""
    strokes: tuple[Stroke, ...] = ()
    if job.strokes is not None and job.strokes.suffix.lower() == ".json":
        strokes = read_strokes(job.strokes, size_hw)
    elif job.strokes is not None:
        strokes = read_scribble_picture(job.strokes, size_hw, job.style)
    boxes = () if job.boxes is None else read_boxes(job.boxes, size_hw)
    return (*(stroke for box in boxes for stroke in box.strokes()), *strokes)


def _read_mask(job: Job, size_hw: tuple[int, int]) -> ObjectLogits:
    assert job.mask is not None
    label_map = read_label_map(job.mask, job.mask_kind)
    check_mask_size(label_map, size_hw, str(job.mask))
    return masks_of_label_map(label_map)


def _check_inputs_survive(job: Job, wanted: Wanted) -> None:
    """Refuse to write the label map over the photograph, its strokes or its mask."""
    target = (wanted.folder / f"{job.image.stem}.png").resolve()
    for path in job.inputs:
        if path.resolve() == target:
            raise OutputError(f"the output {target} would replace an input; choose another folder with -o")


def _jpeg(picture: ByteArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
