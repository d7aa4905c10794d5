"""What all readers share: objects that come one by one, of which bad ones are named and left out; bounded pictures."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from s2m.errors import DataError, ImageError, MaskError, S2MError
from s2m.files.formats.annotation import (
    NO_CLASS,
    ImageAnnotation,
    KeptStroke,
    ObjectAnnotation,
    PlacedMask,
    strokes_of_json,
)
from s2m.files.label_files import MAX_OBJECT_ID
from s2m.files.opening import load_picture, open_picture
from s2m.types import BoolArray, ByteArray

LONGEST_NAME = 200

UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, ArithmeticError)
"""What reading a malformed entry raises beside our own errors."""


class Source(Protocol):
    """A file or folder of annotations.

    Attributes:
        problems: entries that cannot be read, a sentence each; more come while images are read.
    """

    problems: list[str]

    def names(self) -> Sequence[str]:
        """Names of the images that are annotated: file names, or stems of them."""

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image of (H, W) pixels, by one of ``names``.

        Raises:
            S2MError: none of it can be read, or it is of an image of another size.
        """


@dataclass
class Objects:
    """The objects of one image while they are read.

    Attributes:
        name: of the image.
        size_hw: (H, W) of the image.
        where: the file, for messages.
        problems: gets a line for each object that cannot be read.
    """

    name: str
    size_hw: tuple[int, int]
    where: str
    problems: list[str]
    objects: list[ObjectAnnotation] = field(default_factory=list)
    background_strokes: list[KeptStroke] = field(default_factory=list)

    def add(self, label: str, read: Callable[[int], ObjectAnnotation]) -> None:
        """Take an object.

        Args:
            label: what to call it in a message, such as "annotation 7".
            read: makes the object, which may have the id it is given.
        """
        if len(self.objects) >= MAX_OBJECT_ID:
            self.problems.append(
                f"{self.where}: {label} of {self.name} is left out: an image holds {MAX_OBJECT_ID} objects at most"
            )
            return
        taken = {one.object_id for one in self.objects}
        free = next(number for number in range(1, MAX_OBJECT_ID + 1) if number not in taken)
        try:
            one = read(free)
            if one.object_id in taken:
                one = ObjectAnnotation(free, one.name, one.class_name, one.mask, one.strokes)
            self.objects.append(one)
        except (S2MError, *UNREADABLE) as error:
            self.problems.append(f"{self.where}: {label} of {self.name} is left out: {reason_of(error)}")

    def add_background_strokes(self, content: object) -> None:
        """Take strokes of the background, in JSON."""
        try:
            self.background_strokes += strokes_of_json(content, "the image")
        except DataError as error:
            self.problems.append(f"{self.where}: strokes of {self.name} are left out: {error}")

    def annotation(self) -> ImageAnnotation:
        """The image with what could be read; strokes stand at the objects that they are about."""
        image = ImageAnnotation(self.name, self.size_hw, tuple(self.objects), Path(self.name).stem)
        numbered = [
            stroke.model_copy(update={"object_id": one.object_id}) for one in self.objects for stroke in one.strokes
        ]
        return image.with_strokes([*self.background_strokes, *numbered])


def files_in(path: Path, *patterns: str) -> list[Path]:
    """The file, or those of a folder and the folders in it that match; without what describes an export."""
    if path.is_file():
        return [path]
    found = {file for pattern in patterns for file in path.rglob(pattern)}
    return sorted(file for file in found if file.name != "manifest.json" and not file.name.startswith("._"))


class JoinedSource:
    """Several files of one format as one, such as those of splits.

    Args:
        sources: at least one.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self.problems = [problem for source in sources for problem in source.problems]
        self._sources = {name: source for source in reversed(sources) for name in source.names()}

    def names(self) -> list[str]:
        """The images of all files."""
        return list(self._sources)

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image, of the first file that has it."""
        source = self._sources[name]
        before = len(source.problems)
        try:
            return source.read(name, size_hw)
        finally:
            self.problems += source.problems[before:]


def object_of(
    free_id: int,
    mask: BoolArray | PlacedMask,
    class_name: object = "",
    name: object = "",
    object_id: object = None,
    strokes: object = None,
) -> ObjectAnnotation:
    """An object of what a file says, with its own id where it has a usable one.

    Raises:
        DataError: its strokes are malformed.
    """
    placed = mask.cut() if isinstance(mask, PlacedMask) else PlacedMask.of(mask)
    usable = isinstance(object_id, int) and not isinstance(object_id, bool) and 1 <= object_id <= MAX_OBJECT_ID
    category = text_of(class_name)
    return ObjectAnnotation(
        int(str(object_id)) if usable else free_id,
        text_of(name),
        "" if category == NO_CLASS else category,
        placed,
        strokes_of_json(strokes, "it"),
    )


def labelled_object(
    mask: BoolArray | PlacedMask, class_name: object, name: object, object_id: int, free_id: int
) -> ObjectAnnotation:
    """An object of a label map; see ``object_of``."""
    return object_of(free_id, mask, class_name, name, object_id)


def text_of(value: object) -> str:
    """A name as objects and classes have them."""
    return "" if value is None else str(value).strip()[:LONGEST_NAME]


def check_size(got_hw: tuple[int, int], size_hw: tuple[int, int], where: str) -> None:
    """Make sure that masks are as large as their image.

    Raises:
        MaskError: they are not; a turned image is named as such.
    """
    if got_hw == size_hw:
        return
    got, wanted = (f"{width} x {height}" for height, width in (got_hw, size_hw))
    turned = " (made before it was turned upright)" if got_hw == size_hw[::-1] else ""
    raise MaskError(f"{where} has {got} pixels, its image {wanted}{turned}; give masks of the image's size")


def placed_in(crop: BoolArray, left: object, top: object, size_hw: tuple[int, int]) -> PlacedMask:
    """A mask in its box.

    Raises:
        DataError: the box does not lie in the image.
    """
    x, y = whole_number(left), whole_number(top)
    height, width = crop.shape
    if x < 0 or y < 0 or x + width > size_hw[1] or y + height > size_hw[0]:
        raise DataError(f"its box ({x}, {y}) with {width} x {height} pixels leaves the image")
    return PlacedMask(x, y, crop)


def whole_number(value: object) -> int:
    """A number of a file that stands for pixels.

    Raises:
        ValueError: it is none.
    """
    number = float(str(value)) if not isinstance(value, bool) else float("nan")
    if not number.is_integer() or abs(number) > 1e9:
        raise ValueError(f"{value!r} is no whole number")
    return int(number)


def picture_of(data: bytes, largest: int, name: str = "its picture") -> Image.Image:
    """A small picture inside of a file, or of the file ``name``.

    Raises:
        DataError: it is none, or it has more pixels than ``largest``.
    """
    try:
        picture = open_picture(data, name)
        if picture.width * picture.height > largest:
            raise DataError(f"{name} has {picture.width} x {picture.height} pixels, more than the image")
        return load_picture(data, name)
    except ImageError as error:
        raise DataError(str(error)) from error


def picture_of_text(text: object, largest: int) -> Image.Image:
    """The picture of base64, with or without the head of a data URL; errors as ``picture_of``."""
    if not isinstance(text, str):
        raise DataError("its picture is no base64 text")
    try:
        data = base64.b64decode(text.partition("base64,")[2] or text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError("its picture is no base64 text") from error
    return picture_of(data, largest)


def marked(picture: Image.Image) -> BoolArray:
    """The pixels that a picture of one object marks: those that are not transparent, or not black."""
    if picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info:
        alpha = np.asarray(picture.convert("RGBA"))[:, :, 3]
        if (alpha < 255).any():
            return np.asarray(alpha >= 128)
    grey: ByteArray = np.asarray(picture.convert("L"))
    highest = int(grey.max(initial=0))
    return np.asarray(grey >= 128) if highest > 1 else np.asarray(grey == 1)


def reason_of(error: BaseException) -> str:
    """Why an entry cannot be read, in a few words."""
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return " ".join(str(error).split())[:300] or type(error).__name__


def entry(content: object, what: str) -> Mapping[str, Any]:
    """A JSON object.

    Raises:
        DataError: it is something else.
    """
    if not isinstance(content, dict):
        raise DataError(f"{what} is no JSON object but {type(content).__name__}")
    return content


def entries(content: object, what: str) -> list[Any]:
    """A JSON list.

    Raises:
        DataError: it is something else.
    """
    if not isinstance(content, list):
        raise DataError(f"{what} is no list but {type(content).__name__}")
    return content
