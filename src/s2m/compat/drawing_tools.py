"""What a language model can do with the images below one folder: open, draw, look, undo, save and export."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from s2m.compat.views import Corners, draw_view
from s2m.engine.geometry import box_around
from s2m.engine.segmenter import Segmenter
from s2m.errors import ImageError, OutputError, StrokeError
from s2m.files.atomic import write_atomically
from s2m.files.formats.pictures import mask_png
from s2m.files.images import find_images, image_size, read_image
from s2m.files.label_files import label_map_bytes
from s2m.session import ChangeObjects, Draw, DrawnStroke, Session
from s2m.session.exports import as_sentences, export_image
from s2m.session.opening import open_image
from s2m.types import ByteArray

MOST_IMAGES = 8
MOST_BYTES = 1024**3
_MOST_NAMES = 200
_JPEG_QUALITY = 90

_POINTS = "[x, y] in image pixels: a line, one point of a dot, two corners of a box, or the outline of a lasso"
_SIGN = "positive shows what belongs to the object, negative what does not"

Place = Annotated[list[FiniteFloat], Field(min_length=2, max_length=2)]


class Mark(BaseModel):
    """One movement of the pen."""

    model_config = ConfigDict(extra="forbid")

    points: Annotated[list[Place], Field(min_length=1, max_length=1000, description=_POINTS)]
    tool: Literal["stroke", "dot", "box", "lasso"] = "stroke"
    sign: Annotated[Literal["positive", "negative"], Field(description=_SIGN)] = "positive"


@dataclass
class _Opened:
    """An image that is annotated, and its pixels (H, W, 3)."""

    path: Path
    pixels: ByteArray
    session: Session


class DrawingTools:
    """Annotates images below a folder; nothing outside of it is read or written, and no file is replaced.

    Args:
        folder: where the images are.
        segmenter: answers.
    """

    def __init__(self, folder: Path, segmenter: Segmenter) -> None:
        self.folder = folder.resolve()
        if not self.folder.is_dir():
            raise ImageError(f"{folder} is not a folder; name the one that holds the images")
        self._segmenter = segmenter
        self._opened: dict[Path, _Opened] = {}
        self._written: set[Path] = set()
        self._lock = threading.Lock()

    def list_images(self, folder: str = ".") -> str:
        """The images and folders in a folder."""
        place = self._below(folder)
        if not place.is_dir():
            raise ImageError(f"{folder} is not a folder")
        folders = sorted(one for one in place.iterdir() if one.is_dir() and not one.name.startswith("."))
        try:
            images = find_images(place)
        except ImageError:
            images = []
        names = [self._name(one) + ("/" if one.is_dir() else "") for one in (*folders, *images)]
        more = [f"and {len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
        return "\n".join((*names[:_MOST_NAMES], *more)) or "there are no images and no folders"

    def open_image(self, image: str) -> str:
        """Open an image, or go on with one that is open."""
        path = self._below(image)
        with self._lock:
            if path not in self._opened:
                self._check_place(path)
                pixels = read_image(path)
                self._opened[path] = _Opened(path, pixels, open_image(pixels, self._segmenter))
            return self._told(self._opened[path])

    def close_image(self, image: str) -> str:
        """Close an image; what was not saved is lost."""
        opened = self._get(image)
        with self._lock:
            self._opened.pop(opened.path, None)
        opened.session.close()
        return f"{self._name(opened.path)} is closed"

    def draw(self, image: str, marks: Sequence[Mark], object_id: int = 1) -> str:
        """Draw marks for an object, and answer them together."""
        opened = self._get(image)
        height, width = opened.session.state.size_hw
        for mark in marks:
            for x, y in mark.points:
                if not (0 <= x <= width and 0 <= y <= height):
                    raise StrokeError(f"the point ({x}, {y}) lies outside the image of {width} x {height} pixels")
        strokes = tuple(
            DrawnStroke(
                points=tuple((x, y) for x, y in mark.points), object_id=object_id, sign=mark.sign, tool=mark.tool
            )
            for mark in marks
        )
        opened.session.do(Draw(strokes=strokes))
        return self._told(opened)

    def name_object(self, image: str, object_id: int, class_name: str) -> str:
        """Say what an object is."""
        opened = self._get(image)
        opened.session.do(ChangeObjects(object_ids=(object_id,), name=class_name, class_name=class_name))
        return self._told(opened)

    def undo(self, image: str) -> str:
        """Take the last step back."""
        opened = self._get(image)
        label = opened.session.undo_label
        opened.session.undo()
        return f"undone: {label}\n{self._told(opened)}"

    def look(self, image: str, box: Corners | None = None, masks: bool = True) -> bytes:
        """A JPEG of the image or of a part; see ``draw_view``."""
        opened = self._get(image)
        buffer = io.BytesIO()
        picture = draw_view(opened.pixels, opened.session.state, box, masks)
        Image.fromarray(picture).save(buffer, "JPEG", quality=_JPEG_QUALITY)
        return buffer.getvalue()

    def told(self, image: str) -> str:
        """Size and objects of an open image, and what undo would take back."""
        return self._told(self._get(image))

    def save(self, image: str, path: str, object_id: int | None = None) -> str:
        """Write the mask of an object, or the label map of all, as a PNG."""
        opened, target = self._get(image), self._below(path)
        if target.suffix.lower() != ".png":
            raise OutputError(f"{path} does not end in .png")
        if target.exists() and target not in self._written:
            raise OutputError(f"{path} is there already; choose another name")
        state = opened.session.state
        if object_id is None:
            data = label_map_bytes(state.label_map())
        else:
            state.object(object_id)
            data = mask_png(state.object_mask(object_id))
        write_atomically(target, data)
        self._written.add(target)
        return f"{self._name(target)} is written"

    def export(self, image: str, folder: str, formats: str = "coco") -> str:
        """Write the annotation in formats of other tools, into a folder of its own."""
        opened, target = self._get(image), self._below(folder)
        if target.exists() and target not in self._written:
            raise OutputError(f"{folder} is there already; choose another name")
        report = export_image(opened.session, opened.path.name, opened.path, target, formats)
        self._written.add(target)
        return "\n".join(as_sentences(report)).replace(str(target), self._name(target))

    def _check_place(self, path: Path) -> None:
        height, width = image_size(path)
        if height * width * 3 > MOST_BYTES:
            most = MOST_BYTES // 3_000_000
            raise ImageError(f"{path.name} has {width} x {height} pixels; {most} megapixels are the most here")
        held = sum(one.pixels.nbytes for one in self._opened.values())
        if len(self._opened) >= MOST_IMAGES or held + height * width * 3 > MOST_BYTES:
            raise ImageError(f"too much is open; close one of {', '.join(map(self._name, self._opened))}")

    def _below(self, name: str) -> Path:
        """A path below the folder, links followed."""
        try:
            path = (self.folder / name).resolve()
        except (OSError, ValueError) as error:
            raise ImageError(f"{name!r} cannot be a path: {error}") from error
        if not path.is_relative_to(self.folder):
            raise ImageError(f"{name!r} lies outside the folder of this server; name a path in it")
        return path

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _get(self, image: str) -> _Opened:
        with self._lock:
            opened = self._opened.get(self._below(image))
        if opened is None:
            raise ImageError(f"{image!r} is not open; open it first")
        return opened

    def _told(self, opened: _Opened) -> str:
        state = opened.session.state
        height, width = state.size_hw
        lines = [f"{self._name(opened.path)}: {width} x {height} pixels"]
        for one in state.objects:
            mask = state.object_mask(one.object_id)
            what = f"object {one.object_id}" + (f" ({one.class_name})" if one.class_name else "")
            if not np.any(mask):
                lines.append(f"{what}: no pixel")
                continue
            left, top, right, bottom = box_around(mask)
            lines.append(f"{what}: {int(mask.sum())} pixels in the box {left}, {top}, {right}, {bottom}")
        lines.append(f"undo takes back: {opened.session.undo_label or 'nothing'}")
        return "\n".join(lines)
