"""A file that a page sends in, in any format; its masks in the open image, or in all that have none, out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from s2m.errors import DataError, MaskError, S2MError, ServerError
from s2m.files.formats.reading import Source
from s2m.files.formats.recognition import opened_source
from s2m.session import ImageEntry, ImportMasks
from s2m.session.imports import command_of, import_image, matching
from s2m.web.messages_to_page import error_notice
from s2m.web.open_image import OpenImage
from s2m.web.workspace import Workspace

_LONGEST_NAME_BYTES = 200
_NAME_THEIR_IMAGES = (".json", ".geojson", ".xml", ".zip")


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
        DataError: the file is of no known format, or has no masks for the image.
        MaskError: the file is no label map of this image.
    """
    workspace.project.check_writable()
    open_image = workspace.open_image_of(index)
    if open_image is None:
        raise ServerError("open the image first, then import its masks")
    if open_image.editor != page:
        raise ServerError("another page edits this image; take over to import masks")
    command, problems = await workspace.workers.read(lambda: _masks_of(path, open_image))
    await open_image.do(command)
    if problems:
        open_image.tell_all(error_notice(f"{len(problems)} entries were left out: {problems[0]}"))


async def import_into_all(workspace: Workspace, path: Path) -> ImportOutcome:
    """Bring the masks of a file into all images of the project on which nothing was done yet.

    A label map goes to the image of its name, any other file to all that it names.

    Raises:
        ReadOnlyError: the project is read-only.
        DataError: the file is of no known format.
    """
    workspace.project.check_writable()
    imported = annotated = 0
    with ExitStack() as stack:
        source = await workspace.workers.read(lambda: stack.enter_context(opened_source(path)))
        matches = matching(source.names(), [entry.name for entry in workspace.project.images])
        failures = list(matches.failures)
        for name, name_in_source in matches.found.items():
            try:
                entry = workspace.project.entry(name)
                if await _import_where_untouched(workspace, source, entry, name_in_source, path.name):
                    imported += 1
                else:
                    annotated += 1
            except S2MError as error:
                failures.append(f"{name}: {error}")
        return ImportOutcome(imported, annotated, (*failures, *source.problems))


def _masks_of(path: Path, open_image: OpenImage) -> tuple[ImportMasks, list[str]]:
    """The masks of the open image, and what of the file was left out; a label map need not be called as it."""
    with opened_source(path) as source:
        names = source.names()
        matches = matching(names, [open_image.name])
        if not matches.found and (matches.failures or len(names) != 1 or path.suffix in _NAME_THEIR_IMAGES):
            reason = matches.failures[0] if matches.failures else f"{path.name} has no masks for {open_image.name}"
            raise DataError(reason)
        name = matches.found.get(open_image.name) or names[0]
        return command_of(source, name, open_image.session.state.size_hw, path.name), source.problems


async def _import_where_untouched(
    workspace: Workspace, source: Source, entry: ImageEntry, name: str, title: str
) -> bool:
    """Import the masks of one image; False where something was done in it already."""
    async with workspace.open_images.opening(entry.name):
        open_image = workspace.open_images.get(entry.name)
        if open_image is None and workspace.project.entry(entry.name).status != "untouched":
            return False
        if open_image is None:
            await workspace.workers.in_background(lambda: import_image(workspace.project, source, name, entry, title))
            workspace.tell_entry(entry.name)
            return True
    if open_image.session.undo_label is not None:
        return False
    size_hw = open_image.session.state.size_hw
    await open_image.do(await workspace.workers.read(lambda: command_of(source, name, size_hw, title)))
    return True
