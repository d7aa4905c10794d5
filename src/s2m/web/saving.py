"""Open images that changed in; their masks in the output folder soon after, tried again while the disk refuses, out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from s2m.errors import S2MError
from s2m.session import Project
from s2m.web.messages_to_page import ImageSaved, error_notice
from s2m.web.open_image import OpenImage
from s2m.web.open_images import OpenImages
from s2m.web.workers import Workers

SAVE_AFTER_S = 0.8
SAVE_AGAIN_AFTER_S = 5.8
log = logging.getLogger("s2m.web")


class MaskSaver:
    """Saves the masks of open images without being asked.

    Args:
        project: where they go.
        workers: does it while pages go on.
        on_saved: called with the name of an image whose masks were written.
    """

    def __init__(self, project: Project, workers: Workers, on_saved: Callable[[str], None]) -> None:
        self._project = project
        self._workers = workers
        self._on_saved = on_saved
        self._unsaved: dict[str, OpenImage] = {}

    def is_saved(self, name: str) -> bool:
        """Whether nothing of an image waits to be written."""
        return name not in self._unsaved

    def save_soon(self, open_image: OpenImage) -> None:
        """After a change: save, and together with it what follows at once."""
        self._save_after(open_image, SAVE_AFTER_S)

    async def catch_up(self, open_images: OpenImages) -> None:
        """Write the label maps that are older than their journals, as after a kill."""
        for entry in self._project.images:
            try:
                if not await self._workers.in_background(partial(self._project.is_behind, entry.name)):
                    continue
                open_image = await open_images.save_closed(entry.name)
            except (S2MError, OSError) as error:
                log.warning("the label map of %s is older than what was drawn: %s", entry.name, error)
                continue
            if open_image is None:
                self._on_saved(entry.name)
            else:
                self.save_soon(open_image)

    async def save(self, open_image: OpenImage) -> None:
        """Save now; a refusal is told to the pages, and tried again later."""
        try:
            result = await self._workers.in_background(lambda: self._project.save(open_image.session))
        except S2MError as error:
            open_image.tell_all(error_notice(str(error)))
            self._save_after(open_image, SAVE_AGAIN_AFTER_S)
            return
        backup = result.backup.name if result.backup else None
        open_image.tell_all(
            ImageSaved(type="saved", image=open_image.name, path=str(result.path.absolute()), backup=backup)
        )
        self._on_saved(open_image.name)

    async def save_all(self) -> None:
        """Save now what would be saved soon."""
        for open_image in tuple(self._unsaved.values()):
            await self.save(open_image)

    def _save_after(self, open_image: OpenImage, seconds: float) -> None:
        waits = open_image.name in self._unsaved
        self._unsaved[open_image.name] = open_image  # It may have been closed and opened again meanwhile.
        if not waits:
            self._workers.start(self._wait_and_save(open_image.name, seconds))

    async def _wait_and_save(self, name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.save(self._unsaved.pop(name))
