"""The project behind the page: which images are open, who edits them, what is saved, encoded ahead and remembered."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from s2m.engine.focus import FocusedFeatures, FocusedSegmenter
from s2m.engine.image_predictor import SegmenterPredictor
from s2m.engine.segmenter import FeatureCache
from s2m.errors import ImageError, JournalError, S2MError, ServerError
from s2m.files.label_files import check_mask_size, read_label_map, voc_palette
from s2m.session import ImportMasks, Project, Session, ViewState
from s2m.session.commands import Command, command_from_json, new_key
from s2m.session.state import colour_of
from s2m.web import page_state
from s2m.web.class_changes import classes_after
from s2m.web.connection import PageConnection
from s2m.web.messages_from_page import (
    CHANGES,
    AddClass,
    ChangeClass,
    CopyObjects,
    DoCommand,
    Hello,
    KeepPreferences,
    KeepView,
    MessageFromPage,
    Open,
    PenCancel,
    PenPoints,
    RemoveClass,
    Save,
    TakeOver,
)
from s2m.web.messages_to_page import (
    ClassesChanged,
    EditorChanged,
    EncodingProgress,
    FolderEntryChanged,
    ImageInfo,
    ImageSaved,
    ImageUnreadable,
    LastView,
    Preferences,
    ProjectInfo,
    Welcome,
    done,
    error_notice,
)
from s2m.web.open_image import OpenImage, QueuedCommand
from s2m.web.pictures import TILE_BYTES, PictureStore
from s2m.web.pyramid import EncodedTile

T = TypeVar("T")
PALETTE_SIZE = 8
FEATURE_BYTES = 512 * 1024 * 1024
SAVE_AFTER_S = 0.8
SAVE_AGAIN_AFTER_S = 5.0
EDITOR_RETURNS_WITHIN_S = 4.0
IMAGE_CLOSED_AFTER_S = 30.0
_NOT_FOR_PAGES = ("model_used",)
log = logging.getLogger("s2m.web")


@dataclass(frozen=True)
class WorkspaceSettings:
    """How the workspace works.

    Attributes:
        title: what the project is called.
        model_id: name and version of the model, for the record.
        mask: a label map that a single image starts from, where it has no annotation yet.
    """

    title: str
    model_id: str
    mask: Path | None = None


@dataclass(frozen=True)
class MemoryUse:
    """Memory kept so that something need not be computed again, of what is used least lately dropped.

    Attributes:
        name: of what.
        used_bytes: now; more than the limit only where the newest alone is.
        limit_bytes: at most.
    """

    name: str
    used_bytes: int
    limit_bytes: int


class Workspace:
    """Everything the server has beside HTTP.

    Args:
        project: the images and where their masks go.
        segmenter: answers strokes.
        settings: see there.
    """

    def __init__(self, project: Project, segmenter: FocusedSegmenter, settings: WorkspaceSettings) -> None:
        self.project = project
        self.segmenter = segmenter
        self.settings = settings
        self.pictures = PictureStore()
        self.features: FeatureCache[FocusedFeatures] = FeatureCache(FEATURE_BYTES)
        self.open_images: dict[str, OpenImage] = {}
        self.connections: set[PageConnection] = set()
        self._worker = ThreadPoolExecutor(1, "answers")
        self._readers = ThreadPoolExecutor(2, "pictures")
        self._behind = ThreadPoolExecutor(1, "behind")
        self._encoding = threading.Lock()
        self._opening: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsaved: dict[str, asyncio.Task[None]] = {}
        self._index = {entry.name: index for index, entry in enumerate(project.images)}

    def memory(self) -> tuple[MemoryUse, ...]:
        """What the engine keeps of the images looked at last, and how much it may."""
        return (
            MemoryUse("features", self.features.nbytes, self.features.limit_bytes),
            MemoryUse("closer looks", self.segmenter.crops.nbytes, self.segmenter.crops.limit_bytes),
            MemoryUse("pictures", self.pictures.picture_nbytes, self.pictures.limit_bytes),
            MemoryUse("tiles", self.pictures.tile_nbytes, TILE_BYTES),
        )

    # Images.

    def path_of(self, index: int) -> Path:
        """The file of an image of the project.

        Raises:
            ImageError: there is no image of this number.
        """
        if not 0 <= index < len(self.project.images):
            raise ImageError(f"the project has {len(self.project.images)} images, got number {index}")
        return self.project.images[index].path

    async def thumbnail(self, index: int) -> EncodedTile:
        """A small picture for the folder strip.

        Raises:
            ImageError: the image cannot be read; the list says so from now on.
        """
        path = self.path_of(index)
        try:
            return await self.in_reader(lambda: self.pictures.thumbnail(path))
        except ImageError as error:
            self._report_unreadable(self.project.images[index].name, error)
            raise

    def _report_unreadable(self, name: str, error: S2MError) -> None:
        self.project.report_unreadable(name, str(error))
        self.tell_entry(name)

    def open_image_of(self, index: int) -> OpenImage | None:
        """The open image of this number, or None."""
        return self.open_images.get(self.project.images[index].name) if 0 <= index < len(self.project.images) else None

    async def in_reader(self, work: Callable[[], T]) -> T:
        """Do something with image files, beside the network."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    # Pages come and go.

    def welcome(self, connection: PageConnection) -> None:
        """Tell a page about the project."""
        self.connections.add(connection)
        images = self.project.images
        last = self.project.last_image
        connection.send(
            Welcome(
                type="welcome",
                project=self._project_info(),
                preferences=cast(Preferences, self.project.settings.preferences),
                folder=[page_state.image_entry(index, entry) for index, entry in enumerate(images)],
                first=last if last in self._index else (images[0].name if images else ""),
            )
        )

    def _project_info(self) -> ProjectInfo:
        return ProjectInfo(
            name=self.settings.title,
            output=str(self.project.output),
            read_only=self.project.read_only,
            model=self.settings.model_id,
            palette=[colour_of(object_id) for object_id in range(1, PALETTE_SIZE + 1)],
            key=_key_of(self.project.output),
            file_palette=["#{:02x}{:02x}{:02x}".format(*colour) for colour in voc_palette()[1:255].tolist()],
            classes=page_state.class_entries(self.project.settings.classes),
        )

    def goodbye(self, connection: PageConnection) -> None:
        """A page is gone: another may edit its image."""
        self.connections.discard(connection)
        self._leave(connection)

    async def receive(self, connection: PageConnection, message: MessageFromPage) -> None:
        """Do what a page asks for.

        Raises:
            S2MError: it cannot be done; say so to the page.
        """
        if isinstance(message, CHANGES):
            self.project.check_writable()
        match message:
            case Hello():
                connection.page = message.page
                self.welcome(connection)
            case Open():
                await self._open(connection, message.image)
            case DoCommand():
                open_image = await self._image_to_edit(connection, message.image)
                open_image.put(QueuedCommand(connection, message.id, _command_of(message)))
            case CopyObjects():
                await self._copy_objects(connection, message)
            case Save():
                open_image = await self._image_to_edit(connection, message.image)
                await self._save(open_image)
                connection.send(done(message.id, "save"))
            case TakeOver():
                self._make_editor(self._shown_image(connection, message.image), connection)
            case KeepView():
                self._keep_view(connection, message)
            case KeepPreferences():
                preferences = {"preset": message.preset, "keys": dict(message.keys)}
                settings = self.project.settings
                self.project.change_settings(settings.model_copy(update={"preferences": preferences}))
            case AddClass() | ChangeClass() | RemoveClass():
                self._change_classes(connection, message)
            case PenPoints():
                open_image = self._shown_image(connection, message.image)
                if open_image.editor == connection.page:
                    open_image.draw_on(message)
            case PenCancel():
                await self._shown_image(connection, message.image).drop_pen(message.key)

    async def _open(self, connection: PageConnection, name: str) -> None:
        self._leave(connection)
        connection.image = name
        try:
            open_image = await self._open_image(name)
        except S2MError as error:
            if isinstance(error, ImageError) and name in self._index:
                self._report_unreadable(name, error)
            connection.send(ImageUnreadable(type="unreadable", name=name, text=str(error)))
            return
        if self._lacks_editor(open_image):
            open_image.editor = connection.page
            open_image.former_editors.add(connection.page)
        await open_image.enter(connection)
        if self.project.read_only is None:
            self._start(self._look_at(open_image))

    def opening(self, name: str) -> asyncio.Lock:
        """Held while an image is opened or closed."""
        return self._opening.setdefault(name, asyncio.Lock())

    async def _open_image(self, name: str) -> OpenImage:
        """The open image of a name, opened if it is not.

        Raises:
            ImageError: there is no such image, or it cannot be read.
            JournalError: its annotation cannot be opened.
        """
        if name not in self._index:
            raise ImageError(f"{name} is not in this project; reload the page")
        async with self.opening(name):
            if name not in self.open_images:
                self.open_images[name] = await self._make_open_image(name)
            return self.open_images[name]

    async def _make_open_image(self, name: str) -> OpenImage:
        index = self._index[name]
        path = self.project.images[index].path
        pyramid = await self.in_reader(lambda: self.pictures.pyramid(path))
        predictor = SegmenterPredictor(self.segmenter, lambda: self._features_of(path))

        def open_session() -> Session:
            session = self.project.open_image(name, pyramid.size_hw, predictor, self.settings.model_id)
            # What the journal gives is computed here, in the worker, before the pages ask for it.
            log.debug("%s has %d objects", name, len(session.state.objects))
            return session

        session = await asyncio.get_running_loop().run_in_executor(self._worker, open_session)
        info = ImageInfo(
            index=index,
            name=name,
            width=pyramid.size_hw[1],
            height=pyramid.size_hw[0],
            tile_size=pyramid.tile_size,
            levels=len(pyramid.levels),
            stamp=format(path.stat().st_mtime_ns, "x"),
            example=await self.in_reader(lambda: page_state.example_points(path, pyramid.size_hw)),
            depth=await self.in_reader(lambda: page_state.depth_entry(pyramid.depth)),
        )
        open_image = OpenImage(name, info, session, self._worker, self._changed, lambda: self._view_of(name))
        if self.settings.mask is not None and self.project.read_only is None and not session.state.has_mask:
            mask = self.settings.mask
            open_image.put(
                QueuedCommand(None, new_key(), await self.in_reader(lambda: self._import(mask, mask.name, open_image)))
            )
        return open_image

    def _import(self, path: Path, source: str, open_image: OpenImage) -> ImportMasks:
        """The command that brings in a label map.

        Raises:
            MaskError: it cannot be read, or does not fit the image.
        """
        label_map = read_label_map(path)
        check_mask_size(label_map, open_image.session.state.size_hw, source)
        return ImportMasks.from_label_map(label_map, source)

    def _shown_image(self, connection: PageConnection, name: str) -> OpenImage:
        open_image = self.open_images.get(name)
        if open_image is None or connection not in open_image.connections:
            raise ServerError("this image is not open in the page; open it again")
        return open_image

    async def _image_to_edit(self, connection: PageConnection, name: str) -> OpenImage:
        """The open_image of a command; pages that have edited before may still send what they did then."""
        open_image = await self._open_image(name)
        if not (
            self._lacks_editor(open_image)
            or connection.page == open_image.editor
            or connection.page in open_image.former_editors
        ):
            raise ServerError("another page edits this image; take over to change it")
        return open_image

    def _leave(self, connection: PageConnection) -> None:
        open_image = self.open_images.get(connection.image or "")
        connection.image = None
        if open_image is None or connection not in open_image.connections:
            return
        open_image.leave(connection)
        self._start(self._after_leaving(open_image))

    async def _after_leaving(self, open_image: OpenImage) -> None:
        await asyncio.sleep(EDITOR_RETURNS_WITHIN_S)
        if open_image.connections and self._lacks_editor(open_image):
            self._make_editor(open_image, open_image.connections[0])
        await asyncio.sleep(IMAGE_CLOSED_AFTER_S)
        if (
            not open_image.connections
            and self.open_images.get(open_image.name) is open_image
            and not self.opening(open_image.name).locked()
        ):
            async with self.opening(open_image.name):
                del self.open_images[open_image.name]
                await open_image.close()

    def _lacks_editor(self, open_image: OpenImage) -> bool:
        """Whether a page may become the editor without taking over; where nothing can be changed nobody does."""
        return self.project.read_only is None and (
            open_image.editor is None or not open_image.has_page(open_image.editor)
        )

    def _make_editor(self, open_image: OpenImage, connection: PageConnection) -> None:
        open_image.editor = connection.page
        open_image.former_editors.add(connection.page)
        for each in open_image.connections:
            each.send(EditorChanged(type="editor", image=open_image.name, you=each.page == open_image.editor))

    # Looking at images: encoded when opened, the next one ahead.

    async def _look_at(self, open_image: OpenImage) -> None:
        path = self.path_of(open_image.info["index"])
        if self.features.get(path) is None:
            open_image.tell_all(EncodingProgress(type="encoding", image=open_image.name, done=False, ms=0))
            try:
                features = await self.in_behind(lambda: self._features_of(path))
            except S2MError as error:
                open_image.tell_all(error_notice(str(error)))
                return
            open_image.tell_all(
                EncodingProgress(type="encoding", image=open_image.name, done=True, ms=features.seconds * 1000)
            )
        following = open_image.info["index"] + 1
        if following < len(self.project.images):
            ahead = self.path_of(following)
            try:
                await self.in_behind(lambda: self._features_of(ahead))
            except S2MError as error:
                log.info("cannot prepare the next image: %s", error)

    def _features_of(self, path: Path) -> FocusedFeatures:
        """The features of an image, encoded once; called from worker threads."""
        with self._encoding:
            known = self.features.get(path)
            if known is None:
                known = self.segmenter.encode(self.pictures.pyramid(path).levels[0])
                self.features.put(path, known)
            return known

    # Saving.

    def _changed(self, open_image: OpenImage) -> None:
        """After a command: save soon, and tell the folder lists."""
        self.tell_entry(open_image.name)
        if open_image.name not in self._unsaved:
            self._unsaved[open_image.name] = self._start(self._save_soon(open_image))

    async def _save_soon(self, open_image: OpenImage) -> None:
        await asyncio.sleep(SAVE_AFTER_S)
        del self._unsaved[open_image.name]
        await self._save(open_image)

    async def _save(self, open_image: OpenImage) -> None:
        try:
            result = await self.in_behind(lambda: self.project.save(open_image.session))
        except S2MError as error:
            open_image.tell_all(error_notice(str(error)))
            if open_image.name not in self._unsaved:
                self._unsaved[open_image.name] = self._start(self._save_again(open_image))
            return
        backup = result.backup.name if result.backup else None
        open_image.tell_all(ImageSaved(type="saved", image=open_image.name, path=str(result.path), backup=backup))
        self.tell_entry(open_image.name)

    async def _save_again(self, open_image: OpenImage) -> None:
        await asyncio.sleep(SAVE_AGAIN_AFTER_S)
        await self._save_soon(open_image)

    def tell_entry(self, name: str) -> None:
        """Tell the folder lists about one image."""
        index = self._index[name]
        entry = page_state.image_entry(index, self.project.images[index])
        for connection in self.connections:
            connection.send(FolderEntryChanged(type="entry", entry=entry))

    def _view_of(self, name: str) -> LastView:
        view = self.project.view(name) or ViewState()
        return LastView(
            zoom=view.zoom,
            centre_xy=view.centre_xy,
            selected_object_id=view.selected_object_id,
            contrast_limits=view.window,
        )

    def _keep_view(self, connection: PageConnection, message: KeepView) -> None:
        if message.image not in self._index:
            return
        view = ViewState(
            zoom=None if message.fitted else message.zoom,
            centre_xy=message.centre_xy,
            selected_object_id=message.selected_object_id,
            window=message.contrast_limits,
        )
        open_image = self.open_images.get(message.image)
        if open_image is not None and open_image.editor == connection.page:
            self.project.keep_view(message.image, view)

    def _change_classes(self, connection: PageConnection, message: AddClass | ChangeClass | RemoveClass) -> None:
        settings = self.project.settings
        classes, text = classes_after(settings.classes, message)
        self.project.change_settings(settings.model_copy(update={"classes": classes}))
        for each in self.connections:
            each.send(ClassesChanged(type="classes", classes=page_state.class_entries(classes)))
        connection.send(done(message.id, message.type, text))

    async def _copy_objects(self, connection: PageConnection, message: CopyObjects) -> None:
        into = await self._image_to_edit(connection, message.into)
        if into.session.was_done(message.id):
            connection.send(done(message.id, "paste_objects"))
            return
        open_image = self._shown_image(connection, message.image)
        into.put(QueuedCommand(connection, message.id, open_image.session.state.copy_objects(message.object_ids)))

    async def close(self) -> None:
        """Save what is not saved, and release the journals."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for open_image in self.open_images.values():
            await open_image.close()
            if open_image.name in self._unsaved:
                await self._save(open_image)
        for executor in (self._worker, self._readers, self._behind):
            executor.shutdown(wait=True, cancel_futures=True)

    async def in_behind(self, work: Callable[[], T]) -> T:
        """Do something that no page waits for: saving, encoding ahead."""
        return await asyncio.get_running_loop().run_in_executor(self._behind, work)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _key_of(folder: Path) -> str:
    """A name by which a page knows the project again, also when the server was started anew."""
    return hashlib.blake2s(str(folder.resolve()).encode(), digest_size=8).hexdigest()


def _command_of(message: DoCommand) -> Command:
    command = command_from_json(message.body)
    if command.kind in _NOT_FOR_PAGES:
        raise JournalError(f'pages do not send "{command.kind}"; reload the page')
    return command
