"""A file that a page sends in, a label map or COCO JSON; its masks in the open image, or in all that have none, out."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s2m.errors import MaskError, S2MError, ServerError
from s2m.imports import CocoFile, MaskFolder, import_image
from s2m.label_files import check_mask_size, read_label_map
from s2m.session import ImageEntry, ImportMasks
from s2m.session.commands import new_key
from s2m.web.room import Job, Room
from s2m.web.studio import Studio

_LONGEST_NAME_BYTES = 200


@dataclass(frozen=True)
class ImportOutcome:
    """What became of a file for all images: how many got masks, were annotated already; and a line for each failure."""

    imported: int
    annotated: int
    failures: tuple[str, ...]


@contextmanager
def sent_file(name: str, data: bytes) -> Iterator[Path]:
    """A file as a page sends it, on the disk for a while under its own name.

    Raises:
        MaskError: a file cannot be called so.
    """
    name = Path(name).name
    if not name.strip(". ") or "\0" in name or len(name.encode()) > _LONGEST_NAME_BYTES:
        raise MaskError(f'no file can be called "{name[:40]}"; rename it')
    with tempfile.TemporaryDirectory(prefix="s2m-import-") as folder:
        path = Path(folder) / Path(name).with_suffix(Path(name).suffix.lower())
        path.write_bytes(data)
        yield path


async def import_into_image(studio: Studio, index: int, page: str, path: Path) -> None:
    """Bring the masks of a file into an open image; for a label map the names need not agree.

    Raises:
        ReadOnlyError: the project was opened to look at.
        ServerError: the image is not open, or this page does not edit it.
        DataError: the COCO file has no masks for the image.
        MaskError: the file is no label map of this image.
    """
    studio.project.check_writable()
    room = studio.room_of(index)
    if room is None:
        raise ServerError("open the image first, then import its masks")
    if room.editor != page:
        raise ServerError("another page edits this image; take over to import masks")
    await _put(room, await studio.in_reader(lambda: _masks_of(path, room)))


async def import_into_all(studio: Studio, path: Path) -> ImportOutcome:
    """Bring the masks of a file into all images of the project on which nothing was done yet.

    A label map goes to the image of its name, a COCO file to all that it names.

    Raises:
        ReadOnlyError: the project was opened to look at.
        DataError: the file is no COCO file, or no image of the project is in it.
    """
    studio.project.check_writable()
    source, entries = await studio.in_reader(lambda: _source_and_images(studio, path))
    imported = annotated = 0
    failures: list[str] = []
    for entry in entries:
        try:
            if await _import_where_untouched(studio, source, entry):
                imported += 1
            else:
                annotated += 1
        except S2MError as error:
            failures.append(f"{entry.name}: {error}")
    return ImportOutcome(imported, annotated, tuple(failures))


def _source_and_images(studio: Studio, path: Path) -> tuple[MaskFolder | CocoFile, Sequence[ImageEntry]]:
    images = studio.project.images
    if path.suffix == ".json":
        coco = CocoFile(path)
        return coco, [entry for entry in images if coco.has_masks(entry.name)]
    return MaskFolder(path.parent), [entry for entry in images if Path(entry.name).stem == path.stem]


def _masks_of(path: Path, room: Room) -> ImportMasks:
    size_hw = room.session.state.size_hw
    if path.suffix == ".json":
        return CocoFile(path).masks_of(room.name, size_hw)
    label_map = read_label_map(path)
    check_mask_size(label_map, size_hw, path.name)
    return ImportMasks.from_label_map(label_map, path.name)


async def _import_where_untouched(studio: Studio, source: MaskFolder | CocoFile, entry: ImageEntry) -> bool:
    """Import the masks of one image; False where something was done in it already."""
    async with studio.opening(entry.name):
        room = studio.rooms.get(entry.name)
        if room is None and studio.project.entry(entry.name).status != "untouched":
            return False
        if room is None:
            await studio.in_behind(lambda: import_image(studio.project, source, entry))
            studio.tell_entry(entry.name)
            return True
    if room.session.undo_label is not None:
        return False
    size_hw = room.session.state.size_hw
    await _put(room, await studio.in_reader(lambda: source.masks_of(entry.name, size_hw)))
    return True


async def _put(room: Room, command: ImportMasks) -> None:
    """Have a command done in an open image, and wait for it."""
    answer = _Answer()
    room.put(Job(answer, new_key(), command))
    told = await answer.told
    if told["type"] == "failed":
        raise ServerError(told["text"])


class _Answer:
    """What became of a command, to be waited for."""

    def __init__(self) -> None:
        self.told: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    def send(self, message: dict[str, Any]) -> None:
        """Take a message, ``done`` or ``failed``."""
        if not self.told.done():
            self.told.set_result(message)
