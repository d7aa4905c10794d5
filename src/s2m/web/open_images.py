"""Names of images and connections of pages in; the open images, each with its session and one editor, out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from s2m.errors import ImageError, ServerError
from s2m.files.label_files import check_mask_size, read_label_map
from s2m.files.mask_pictures import MaskKind
from s2m.session import ImportMasks, Project, Session, ViewState
from s2m.session.commands import new_key
from s2m.web import page_state
from s2m.web.connection import PageConnection
from s2m.web.image_encoder import ImageEncoder
from s2m.web.messages_to_page import EditorChanged, ImageInfo, LastView
from s2m.web.open_image import OpenImage, QueuedCommand
from s2m.web.pictures import PictureStore
from s2m.web.workers import Workers

EDITOR_RETURNS_WITHIN_S = 4.0
IMAGE_CLOSED_AFTER_S = 30.0
MOST_LEFT_OPEN = 4
"""Images without a page that stay open for a while, as pages come back; each may keep states for undo."""
_SECONDS_AT_A_TIME = 0.25


class OpenImages:
    """The images of a project that are open in pages.

    Args:
        project: the images.
        model_id: of the model, for the record.
        mask: a label map that an image starts from where it has no annotation yet, or None.
        mask_kind: what its values mean.
        pictures: gives the pixels.
        encoder: answers strokes.
        on_change: called with an open image after every command.
        workers: do what takes long.
    """

    def __init__(
        self,
        project: Project,
        model_id: str,
        mask: Path | None,
        mask_kind: MaskKind,
        pictures: PictureStore,
        encoder: ImageEncoder,
        on_change: Callable[[OpenImage], None],
        workers: Workers,
    ) -> None:
        self._project = project
        self._model_id = model_id
        self._mask = mask
        self._mask_kind: MaskKind = mask_kind
        self._pictures = pictures
        self._encoder = encoder
        self._on_change = on_change
        self._workers = workers
        self._images: dict[str, OpenImage] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._left_at: dict[str, float] = {}
        self._to_tell: dict[str, tuple[str, ...]] = {}
        self.index = {entry.name: index for index, entry in enumerate(project.images)}

    def __iter__(self) -> Iterator[OpenImage]:
        return iter(tuple(self._images.values()))

    def __len__(self) -> int:
        return len(self._images)

    def get(self, name: str) -> OpenImage | None:
        """The open image of a name, or None."""
        return self._images.get(name)

    def opening(self, name: str) -> asyncio.Lock:
        """Held while an image is opened or closed."""
        return self._opening.setdefault(name, asyncio.Lock())

    async def open(self, name: str, await_page: Callable[[float], bool] = lambda _: True) -> OpenImage:
        """The open image of a name, opened if it is not.

        Args:
            name: of the image.
            await_page: told from time to time how much is done, 0..1; says whether it is still wanted.

        Raises:
            ServerError: it is not wanted any more.
            ImageError: there is no such image, or it cannot be read.
            JournalError: its annotation cannot be opened.
        """
        if name not in self.index:
            raise ImageError(f"{name} is not in this project; reload the page")
        async with self.opening(name):
            if name not in self._images:
                self._images[name] = await self._make(self.index[name], name, await_page)
                self._left_at[name] = time.monotonic()
                self._workers.start(self._after_leaving(name))  # For a command alone no page may ever show it.
            return self._images[name]

    async def save_closed(self, name: str) -> OpenImage | None:
        """Write the label map of an image that is not open; one that is is given back instead.

        Raises:
            S2MError: the image or its annotation cannot be read, or the disk refuses.
        """
        async with self.opening(name):
            if name not in self._images:
                session = await self._open_session(self.index[name], name)
                self._to_tell[name] = session.notices
                try:
                    await self._workers.in_background(lambda: self._project.save(session))
                finally:
                    session.close()
            return self._images.get(name)

    def shown(self, connection: PageConnection, name: str) -> OpenImage:
        """The open image of a name that a page shows.

        Raises:
            ServerError: the page does not show it.
        """
        open_image = self._images.get(name)
        if open_image is None or connection not in open_image.connections:
            raise ServerError("this image is not open in the page; open it again")
        return open_image

    async def to_edit(self, connection: PageConnection, name: str) -> OpenImage:
        """The image of a command; pages that have edited before may still send what they did then.

        Raises:
            S2MError: it cannot be opened, or another page edits it.
        """
        open_image = await self.open(name)
        has_edited = connection.page in {open_image.editor, *open_image.former_editors}
        if not has_edited and not self._lacks_editor(open_image):
            raise ServerError("another page edits this image; take over to change it")
        return open_image

    async def enter(self, connection: PageConnection, open_image: OpenImage) -> None:
        """Show an open image to a page, which edits it where nobody does."""
        if self._lacks_editor(open_image):
            open_image.editor = connection.page
            open_image.former_editors.add(connection.page)
        await open_image.enter(connection)

    def leave(self, connection: PageConnection) -> None:
        """A page shows another image, or is gone."""
        open_image = self._images.get(connection.image or "")
        connection.image = None
        if open_image is not None and connection in open_image.connections:
            open_image.leave(connection)
            self._left_at[open_image.name] = time.monotonic()
            self._workers.start(self._after_leaving(open_image.name))
            unused = sorted((name for name, each in self._images.items() if not each.connections), key=self._left_last)
            for name in unused[:-MOST_LEFT_OPEN]:
                self._workers.start(self._close_unused(name))

    def _left_last(self, name: str) -> float:
        return self._left_at.get(name, 0.0)

    async def _after_leaving(self, name: str) -> None:
        """Wait whether a page comes back.  The image is known by name here, so that it is not kept when closed."""
        await asyncio.sleep(EDITOR_RETURNS_WITHIN_S)
        open_image = self._images.get(name)
        if open_image is not None and open_image.connections and self._lacks_editor(open_image):
            self.make_editor(open_image, open_image.connections[0])
        del open_image
        await asyncio.sleep(IMAGE_CLOSED_AFTER_S)
        if time.monotonic() - self._left_last(name) >= IMAGE_CLOSED_AFTER_S:
            await self._close_unused(name)

    async def _close_unused(self, name: str) -> None:
        """Close an image, unless a page shows it by now."""
        async with self.opening(name):
            open_image = self._images.get(name)
            if open_image is not None and not open_image.connections:
                del self._images[name]
                await open_image.close()

    def make_editor(self, open_image: OpenImage, connection: PageConnection) -> None:
        """Let a page edit, and tell all that show the image."""
        open_image.editor = connection.page
        open_image.former_editors.add(connection.page)
        for each in open_image.connections:
            each.send(EditorChanged(type="editor", image=open_image.name, you=each.page == open_image.editor))

    def _lacks_editor(self, open_image: OpenImage) -> bool:
        """Whether a page may become the editor without taking over; where nothing can be changed nobody does."""
        return self._project.read_only is None and (
            open_image.editor is None or not open_image.has_page(open_image.editor)
        )

    async def _open_session(
        self, index: int, name: str, await_page: Callable[[float], bool] = lambda _: True
    ) -> Session:
        path = self._project.images[index].path
        size_hw = (await self._workers.read(lambda: self._pictures.pyramid(path))).size_hw

        def open_session() -> Session:
            return self._project.open_image(name, size_hw, self._encoder.predictor(path), self._model_id)

        session = await self._workers.ask_network(open_session)
        try:
            # What the journal gives is computed in the worker, a little at a time: other images are answered meanwhile.
            while (share := await self._workers.ask_network(lambda: session.advance(_SECONDS_AT_A_TIME))) < 1:
                if not await_page(share):
                    raise ServerError(f"{name} was left before it was open; open it again")
        except BaseException:
            session.close()
            raise
        return session

    async def _make(self, index: int, name: str, await_page: Callable[[float], bool]) -> OpenImage:
        path = self._project.images[index].path
        session = await self._open_session(index, name, await_page)
        session.notices = self._to_tell.pop(name, ()) + session.notices
        size_hw, quick = session.state.size_hw, self._encoder.quick_predictor(path)
        info = await self._workers.read(lambda: self._info(index, name, path))
        open_image = OpenImage(
            name, info, session, quick, self._workers, self._on_change, lambda: self._view_of(name, info)
        )
        if self._mask is not None and self._project.read_only is None and not session.state.has_mask:
            mask = self._mask
            command = await self._workers.read(lambda: _import_command(mask, self._mask_kind, size_hw))
            open_image.put(QueuedCommand(None, new_key(), command))
        return open_image

    def _info(self, index: int, name: str, path: Path) -> ImageInfo:
        pyramid = self._pictures.pyramid(path)
        return ImageInfo(
            index=index,
            name=name,
            width=pyramid.size_hw[1],
            height=pyramid.size_hw[0],
            tile_size=pyramid.tile_size,
            levels=len(pyramid.levels),
            stamp=format(path.stat().st_mtime_ns, "x"),
            example=page_state.example_points(path, pyramid.size_hw),
            depth=page_state.depth_entry(pyramid.depth),
        )

    def _view_of(self, name: str, info: ImageInfo) -> LastView:
        """What was shown last; at first, of an image of more than 8 bits, the values that occur."""
        depth = info["depth"]
        view = self._project.view(name) or ViewState(contrast_limits=depth["tight"] if depth else None)
        return LastView(
            zoom=view.zoom,
            centre_xy=view.centre_xy,
            selected_object_id=view.selected_object_id,
            contrast_limits=view.contrast_limits,
        )


def _import_command(path: Path, kind: MaskKind, size_hw: tuple[int, int]) -> ImportMasks:
    """The command that brings in a label map.

    Raises:
        MaskError: it cannot be read, or does not fit the image.
    """
    label_map = read_label_map(path, kind)
    check_mask_size(label_map, size_hw, path.name)
    return ImportMasks.from_label_map(label_map, path.name)
