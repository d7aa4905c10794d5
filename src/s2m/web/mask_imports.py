"""A file that a page sends in, a label map or COCO JSON; its masks in the open image, or in all that have none, out."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from s2m.errors import MaskError, S2MError, ServerError
from s2m.files.label_files import check_mask_size, read_label_map
from s2m.session import ImageEntry, ImportMasks
from s2m.session.commands import new_key
from s2m.session.imports import CocoFile, MaskFolder, import_image
from s2m.web.messages_to_page import CommandDone, CommandFailed
from s2m.web.open_image import OpenImage, QueuedCommand
from s2m.web.workspace import Workspace

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


async def import_into_image(workspace: Workspace, index: int, page: str, path: Path) -> None:
    """Bring the masks of a file into an open image; for a label map the names need not agree.

    Raises:
        ReadOnlyError: the project is read-only.
        ServerError: the image is not open, or this page does not edit it.
        DataError: the COCO file has no masks for the image.
        MaskError: the file is no label map of this image.
    """
    workspace.project.check_writable()
    open_image = workspace.open_image_of(index)
    if open_image is None:
        raise ServerError("open the image first, then import its masks")
    if open_image.editor != page:
        raise ServerError("another page edits this image; take over to import masks")
    await _put(open_image, await workspace.workers.read(lambda: _masks_of(path, open_image)))


async def import_into_all(workspace: Workspace, path: Path) -> ImportOutcome:
    """Bring the masks of a file into all images of the project on which nothing was done yet.

    A label map goes to the image of its name, a COCO file to all that it names.

    Raises:
        ReadOnlyError: the project is read-only.
        DataError: the file is no COCO file, or no image of the project is in it.
    """
    workspace.project.check_writable()
    source, entries = await workspace.workers.read(lambda: _source_and_images(workspace, path))
    imported = annotated = 0
    failures: list[str] = []
    for entry in entries:
        try:
            if await _import_where_untouched(workspace, source, entry):
                imported += 1
            else:
                annotated += 1
        except S2MError as error:
            failures.append(f"{entry.name}: {error}")
    return ImportOutcome(imported, annotated, tuple(failures))


def _source_and_images(workspace: Workspace, path: Path) -> tuple[MaskFolder | CocoFile, Sequence[ImageEntry]]:
    images = workspace.project.images
    if path.suffix == ".json":
        coco = CocoFile(path)
        return coco, [entry for entry in images if coco.has_masks(entry.name)]
    return MaskFolder(path.parent), [entry for entry in images if Path(entry.name).stem == path.stem]


def _masks_of(path: Path, open_image: OpenImage) -> ImportMasks:
    size_hw = open_image.session.state.size_hw
    if path.suffix == ".json":
        return CocoFile(path).masks_of(open_image.name, size_hw)
    label_map = read_label_map(path)
    check_mask_size(label_map, size_hw, path.name)
    return ImportMasks.from_label_map(label_map, path.name)


async def _import_where_untouched(workspace: Workspace, source: MaskFolder | CocoFile, entry: ImageEntry) -> bool:
    """Import the masks of one image; False where something was done in it already."""
    async with workspace.open_images.opening(entry.name):
        open_image = workspace.open_images.get(entry.name)
        if open_image is None and workspace.project.entry(entry.name).status != "untouched":
            return False
        if open_image is None:
            await workspace.workers.in_background(lambda: import_image(workspace.project, source, entry))
            workspace.tell_entry(entry.name)
            return True
    if open_image.session.undo_label is not None:
        return False
    size_hw = open_image.session.state.size_hw
    await _put(open_image, await workspace.workers.read(lambda: source.masks_of(entry.name, size_hw)))
    return True


async def _put(open_image: OpenImage, command: ImportMasks) -> None:
    """Have a command done in an open image, and wait for it."""
    answer = _Answer()
    open_image.put(QueuedCommand(answer, new_key(), command))
    told = await answer.told
    if told["type"] == "failed":
        raise ServerError(told["text"])


class _Answer:
    """What became of a command, to be waited for."""

    def __init__(self) -> None:
        self.told: asyncio.Future[CommandDone | CommandFailed] = asyncio.get_running_loop().create_future()

    def send(self, message: CommandDone | CommandFailed) -> None:
        """Take the message."""
        if not self.told.done():
            self.told.set_result(message)
