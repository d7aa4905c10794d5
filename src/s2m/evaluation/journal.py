"""The interactions on one image in; a journal that grows image by image out, so that an interrupted run goes on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from s2m.errors import DataError, OutputError
from s2m.evaluation.calibration import Tally, tally_of
from s2m.evaluation.interaction import Interaction, InteractionRow, row_of
from s2m.evaluation.scene import Scene
from s2m.files.atomic import write_atomically
from s2m.session.packed_masks import PackedMask

JOURNAL_NAME = "images.jsonl"
TABLE_NAME = "interactions.csv"

FORMAT = 3
"""Of the journal; a run does not go on from a journal of another format."""

Wanted = Literal["object", "nothing"]
"""What a way of drawing works towards: the object, or an empty mask."""


@dataclass(frozen=True)
class Settings:
    """What a result was measured with; a run goes on only with the same.

    Attributes:
        data: name of the data set.
        protocol: name of the protocol.
        method: name of what was measured.
        fingerprint: of its files.
        seed: of every choice.
        format: of the journal.
    """

    data: str
    protocol: str
    method: str
    fingerprint: str
    seed: int
    format: int = FORMAT


@dataclass(frozen=True)
class DrawnStroke:
    """A stroke as it is kept for pictures: its points (x, y), to a tenth of a pixel, and its sign."""

    points_xy: tuple[tuple[float, float], ...]
    positive: bool


@dataclass(frozen=True)
class ObjectResult:
    """What is kept of one object under one variant beside its rows, for calibration and for the analysis of errors.

    Attributes:
        object_id: the object.
        variant: the way of drawing.
        wanted: what it works towards.
        mask: the last answer.
        strokes: all that were drawn on the object.
        first: of the answer to the first interaction, where the method says how sure it is.
        last: of the answer to the last one.
    """

    object_id: int
    variant: str
    wanted: Wanted
    mask: PackedMask
    strokes: tuple[DrawnStroke, ...]
    first: Tally | None
    last: Tally | None


@dataclass(frozen=True)
class ImageResult:
    """All that is kept of one image."""

    image: str
    rows: tuple[InteractionRow, ...]
    objects: tuple[ObjectResult, ...]


_HEAD = TypeAdapter(dict[str, str | int])
_SETTINGS = TypeAdapter(Settings)
_IMAGE = TypeAdapter(ImageResult)


class Journal:
    """The finished images of one run: a line of JSON with the settings, then one an image, in ``folder``.

    Args:
        folder: made when it is missing.
        settings: of this run.

    Raises:
        DataError: the folder holds a run with other settings, or a damaged one.
        OutputError: the folder cannot be written.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._path, self._settings = folder / JOURNAL_NAME, settings
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make {folder} ({error.strerror}); choose another --output") from error
        lines = _whole_lines(self._path)
        if len(lines) > 1:
            _check_settings(self._path, lines[0], settings)
        self._finished = {result.image: result for result in _images_of(self._path, lines)}

    @property
    def finished(self) -> Mapping[str, ImageResult]:
        """The result of every finished image, by its name."""
        return self._finished

    def add(self, result: ImageResult) -> None:
        """Keep the result of an image; it is on disk when this returns."""
        head = b"" if self._finished else _SETTINGS.dump_json(self._settings) + b"\n"
        try:
            with self._path.open("ab" if self._finished else "wb") as file:
                file.write(head + _IMAGE.dump_json(result) + b"\n")
        except OSError as error:
            raise OutputError(f"cannot write {self._path} ({error.strerror}); free some space") from error
        self._finished[result.image] = result


def read_journal(folder: Path) -> tuple[Settings, tuple[ImageResult, ...]]:
    """What a run was measured with, and the results of its finished images.

    Raises:
        DataError: the folder has no journal, a damaged one, or one of another format.
    """
    path = folder / JOURNAL_NAME
    lines = _whole_lines(path)
    if not lines:
        raise DataError(f"{path} is missing or empty; give a folder OUTPUT/DATA/PROTOCOL/METHOD of s2m evaluate")
    try:
        settings = _SETTINGS.validate_json(lines[0])
    except ValidationError as error:
        raise DataError(f"{path} is damaged or of another format; evaluate again") from error
    return settings, _images_of(path, lines)


def image_result(scene: Scene, interactions: Iterable[Interaction]) -> ImageResult:
    """Note every interaction, and keep the last of each object."""
    rows: list[InteractionRow] = []
    firsts: dict[tuple[str, int], Interaction] = {}
    lasts: dict[tuple[str, int], Interaction] = {}
    for interaction in interactions:
        rows.append(row_of(scene, interaction))
        if interaction.number > 0:
            key = (interaction.variant, interaction.object_id)
            firsts.setdefault(key, interaction)
            lasts[key] = interaction
    objects = tuple(_object_result(scene, firsts[key], last) for key, last in lasts.items())
    return ImageResult(scene.name, tuple(rows), objects)


def write_table(path: Path, rows: Iterable[InteractionRow]) -> None:
    """Write rows as CSV."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, [field.name for field in fields(InteractionRow)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, rows))
    write_atomically(path, buffer.getvalue().encode())


def _object_result(scene: Scene, first: Interaction, last: Interaction) -> ObjectResult:
    strokes = tuple(
        DrawnStroke(
            tuple((round(float(x), 1), round(float(y), 1)) for x, y in stroke.points_xy),
            stroke.sign == "positive" and stroke.object_id == last.object_id,
        )
        for stroke in last.strokes
    )
    return ObjectResult(
        last.object_id,
        last.variant,
        "object" if last.goal is None or last.goal.mask.any() else "nothing",
        PackedMask.of(last.mask),
        strokes,
        _tally(scene, first),
        _tally(scene, last),
    )


def _tally(scene: Scene, interaction: Interaction) -> Tally | None:
    truth = scene.truths[interaction.object_id] if interaction.goal is None else interaction.goal
    return None if interaction.logits is None else tally_of(interaction.logits, truth)


def _check_settings(path: Path, head: bytes, settings: Settings) -> None:
    """Make sure that the finished images of an old run were measured with the same settings."""
    wanted = asdict(settings)
    try:
        got = _HEAD.validate_json(head)
    except ValidationError as error:
        raise DataError(f"{path} is damaged; delete its folder and run again") from error
    changed = sorted(key for key in wanted if got.get(key) != wanted[key])
    if changed:
        raise DataError(
            f"{path.parent} holds a run that differs in {', '.join(changed)}; choose another --output, or delete it"
        )


def _whole_lines(path: Path) -> list[bytes]:
    """The lines of a journal; a last one cut off by an interruption is dropped from the file."""
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        write_atomically(path, whole)
    return whole.splitlines()


def _images_of(path: Path, lines: Sequence[bytes]) -> tuple[ImageResult, ...]:
    try:
        return tuple(_IMAGE.validate_json(line) for line in lines[1:])
    except ValidationError as error:
        raise DataError(f"{path} is damaged ({error.errors()[0]['msg']}); delete its folder and run again") from error
