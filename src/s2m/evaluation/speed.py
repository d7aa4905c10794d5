"""Times measured by ``s2m bench`` in; a file of them out, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from s2m.errors import DataError
from s2m.files.atomic import write_atomically


@dataclass(frozen=True)
class Times:
    """Medians in seconds; all but the first are for each of ``objects``.

    Attributes:
        objects: how many objects are drawn on at once.
        encode: encoding the image, once.
        first: from the first strokes to the label map at the image's size.
        further: the same for objects that have masks.
        new_crops: the same for small objects that have masks, where each crop is new.
        known_crops: the same where the crops are encoded already.
        original: a forward pass of the original architecture for each object.
    """

    objects: tuple[int, ...]
    encode: float
    first: tuple[float, ...]
    further: tuple[float, ...]
    new_crops: tuple[float, ...]
    known_crops: tuple[float, ...]
    original: tuple[float, ...]


@dataclass(frozen=True)
class Speed:
    """What ``s2m bench --json`` writes.

    Attributes:
        model: its name and version.
        image_wh: (width, height) of the image in pixels.
        threads: of the processor.
        times: of the engine.
    """

    model: str
    image_wh: tuple[int, int]
    threads: int
    times: Times


_SPEED = TypeAdapter(Speed)


def write_speed(path: Path, speed: Speed) -> None:
    """Write measured times as JSON."""
    write_atomically(path, _SPEED.dump_json(speed, indent=2) + b"\n")


def read_speed(path: Path) -> Speed:
    """Read measured times.

    Raises:
        DataError: the file is missing, damaged or of an older format.
    """
    try:
        return _SPEED.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError(f"{path} cannot be read; write it with s2m bench --json {path}") from error


def counted(objects: int) -> str:
    """How many objects, in words."""
    return "1 object" if objects == 1 else f"{objects} objects"
