"""The folder of images in; what came into it since, and photographs that a page brings, out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from s2m.errors import ImageError, S2MError
from s2m.files.atomic import remove_leftovers, write_new
from s2m.files.images import IMAGE_SUFFIXES, check_name, left_out, read_image_bytes
from s2m.session import Project
from s2m.web.workers import Workers

LOOK_EVERY_S = 1.0
log = logging.getLogger("s2m.web")


class ImageFolder:
    """The folder of a project, watched while the server runs; a single image has none.

    Args:
        project: of the images.
        workers: read the disk.
        on_change: called when there may be other images, or ``left_out`` is another.

    Attributes:
        left_out: what of the folder is no image, and why, a sentence each.
    """

    def __init__(self, project: Project, workers: Workers, on_change: Callable[[], None]) -> None:
        self._project = project
        self._workers = workers
        self._on_change = on_change
        if project.read_only is None and project.source.is_dir():
            remove_leftovers(project.source)
        self.left_out = self._find_left_out()

    async def look_again(self) -> None:
        """Take in images that came into the folder since.

        Raises:
            ImageError: the folder cannot be listed.
            OutputError: they lie in the output folder.
        """
        await self._find_new()
        self._on_change()

    async def watch(self) -> None:
        """Look again whenever the folder changed, once it has been quiet for a moment: copying takes time."""
        seen = quiet = self._stamp()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = await self._workers.read(self._stamp)
            if now != seen and now == quiet:
                seen = now
                await self._look_if_changed()
            quiet = now

    async def take_in(self, name: str, data: bytes) -> str:
        """Copy a photograph into the folder; what is there is never replaced.

        Args:
            name: of its file.
            data: its bytes.

        Returns:
            the name under which it is an image of the project.

        Raises:
            ReadOnlyError: the project is read-only.
            ImageError: there is no folder, a file cannot be called so, it is there already, or is no image.
            OutputError: the folder cannot be written.
        """
        self._project.check_writable()
        folder = self._project.source
        if not folder.is_dir():
            raise ImageError(f"only {folder.name} is open here; open the photograph with: s2m {Path(name).name}")
        path = folder / _file_name(name)
        await self._workers.read(lambda: _write_new(path, data))
        await self.look_again()
        return path.name

    async def _look_if_changed(self) -> None:
        before = self.left_out
        try:
            new = await self._find_new()
        except S2MError as error:
            log.warning("the folder cannot be looked into again: %s", error)
            return
        if new or self.left_out != before:
            self._on_change()

    async def _find_new(self) -> Sequence[str]:
        new = await self._workers.read(self._project.look_again)
        self.left_out = await self._workers.read(self._find_left_out)
        return new

    def _stamp(self) -> int:
        """When something came into the folder, or went."""
        try:
            return self._project.source.stat().st_mtime_ns if self._project.source.is_dir() else 0
        except OSError:
            return 0

    def _find_left_out(self) -> list[str]:
        try:
            return left_out(self._project.source) if self._project.source.is_dir() else []
        except ImageError:
            return []


def _file_name(name: str) -> str:
    """The name of a file that a page sends, where it may be one.

    Raises:
        ImageError: it may not.
    """
    only = Path(name.replace("\\", "/")).name
    if not only.strip(". ") or only.startswith(".") or not only.isprintable():
        raise ImageError(f'no photograph can be called "{only[:40]}"; rename it')
    if Path(only).suffix.lower() not in IMAGE_SUFFIXES:
        raise ImageError(f"{only} does not end as a photograph does ({', '.join(IMAGE_SUFFIXES)}); save it as JPEG")
    check_name(Path(only))
    return only


def _write_new(path: Path, data: bytes) -> None:
    """A new image file, whole or not at all."""
    read_image_bytes(data, path.name)
    try:
        write_new(path, data)
    except FileExistsError as error:
        raise ImageError(f"{path.name} is in {path.parent} already; rename the new one") from error
