"""What all writers share: where files go, the order of classes, and what was lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from s2m.errors import OutputError
from s2m.files.formats.annotation import ImageAnnotation


@dataclass(frozen=True)
class Loss:
    """Something of an annotation that a format cannot hold.

    Attributes:
        image: its name.
        object_id: of the object that changed.
        pixels: how many pixels of it differ.
        reason: why.
    """

    image: str
    object_id: int
    pixels: int
    reason: str


@dataclass
class Target:
    """Where one format goes and what holds for all its images.

    Attributes:
        folder: of the format; nothing is written elsewhere.
        classes: names in their order; those that turn up later are added at the end.
        splits: names of the splits; none where the export is not split.
        with_images: whether layouts that have a place for the images get copies of them.
        as_predictions: whether Label Studio shows the masks as a model's, to be looked over.
        model: the name of the model, "" where none is known.
    """

    folder: Path
    classes: list[str]
    splits: tuple[str, ...] = ()
    with_images: bool = True
    as_predictions: bool = False
    model: str = ""
    losses: list[Loss] = field(default_factory=list)

    def class_index(self, name: str) -> int:
        """The place of a class, from 0; a new one goes to the end."""
        if name not in self.classes:
            self.classes.append(name)
        return self.classes.index(name)

    def write(self, relative: str, data: bytes) -> None:
        """Write a file of the format.

        Raises:
            OutputError: the file cannot be written.
        """
        path = self.folder / relative
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            raise OutputError(
                f"cannot write {path}: {error.strerror or error}; choose another folder with -o"
            ) from error

    def write_json(self, relative: str, content: object) -> None:
        """Write a file of JSON in one line; see ``write``."""
        self.write(relative, as_json_text(content).encode())

    def write_lines(self, relative: str, lines: Sequence[str]) -> None:
        """Write a text of some lines; see ``write``."""
        self.write(relative, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))

    def copy_image(self, image: ImageAnnotation, folder: str, name: str = "") -> None:
        """Put a copy of the image's file into a folder of the format, byte by byte, under a name or its stem.

        Raises:
            OutputError: it cannot be read or written.
        """
        if image.path is None or not self.with_images:
            return
        path = self.folder / folder / (name or f"{image.stem}{image.path.suffix}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(image.path, path)
        except OSError as error:
            raise OutputError(f"cannot copy {image.path} to {path}: {error.strerror or error}") from error

    def lose(self, image: ImageAnnotation, object_id: int, pixels: int, reason: str) -> None:
        """Count pixels of an object that the format cannot hold, if there are any."""
        if pixels:
            self.losses.append(Loss(image.name, object_id, pixels, reason))

    def lose_overlaps(self, image: ImageAnnotation) -> None:
        """Count the pixels of objects that a label map gives to a later object."""
        labels = image.label_map()
        for one in image.objects:
            hidden = one.mask.crop & (labels[one.mask.place] != one.object_id)
            self.lose(image, one.object_id, int(hidden.sum()), "a label map holds one object a pixel")


class Writer(Protocol):
    """Writes the images of an export one by one."""

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Write an image; ``split`` is "" where the export is not split."""

    def finish(self) -> None:
        """Write what belongs to all images."""


def as_json_text(content: Any) -> str:
    """JSON in one line of ASCII."""
    # Names of files that are no UTF-8 can only be written escaped.
    return json.dumps(content, separators=(",", ":"))
