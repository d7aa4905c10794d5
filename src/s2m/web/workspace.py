"""The project behind the pages: what they ask for goes in, the answers and what is saved and remembered come out."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from s2m.engine.segmenter import Segmenter
from s2m.errors import ImageError, JournalError, S2MError
from s2m.files.mask_pictures import MaskKind, voc_palette
from s2m.session import Project, ViewState
from s2m.session.commands import Command, command_from_json
from s2m.session.state import colour_of
from s2m.web import page_state
from s2m.web.class_changes import classes_after
from s2m.web.connection import PageConnection
from s2m.web.copies import copies
from s2m.web.image_encoder import ImageEncoder
from s2m.web.image_folder import ImageFolder
from s2m.web.messages_from_page import (
    CHANGES,
    AddClass,
    ChangeClass,
    CopyObjects,
    DoCommand,
    Hello,
    KeepPreferences,
    KeepView,
    LookAgain,
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
    EncodingProgress,
    FolderChanged,
    FolderEntry,
    FolderEntryChanged,
    ImageUnreadable,
    MessageToPage,
    Notice,
    Preferences,
    ProjectInfo,
    Welcome,
    done,
    error_notice,
)
from s2m.web.open_image import OpenImage, QueuedCommand
from s2m.web.open_images import OpenImages
from s2m.web.pictures import TILE_BYTES, PictureStore
from s2m.web.pyramid import EncodedTile
from s2m.web.saving import MaskSaver
from s2m.web.workers import Workers

PALETTE_SIZE = 32
_OPENED_WITHIN_S = 3.0
_NOT_FOR_PAGES = ("model_used",)
log = logging.getLogger("s2m.web")


@dataclass(frozen=True)
class WorkspaceSettings:
    """How the workspace works.

    Attributes:
        title: what the project is called.
        model_id: name and version of the model, for the record.
        mask: a label map that a single image starts from, where it has no annotation yet.
        mask_kind: what its values mean.
    """

    title: str
    model_id: str
    mask: Path | None = None
    mask_kind: MaskKind = "auto"


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

    def __init__(self, project: Project, segmenter: Segmenter, settings: WorkspaceSettings) -> None:
        self.project = project
        self.settings = settings
        self.workers = Workers()
        self.pictures = PictureStore()
        self.encoder = ImageEncoder(segmenter, self.pictures)
        self.connections: set[PageConnection] = set()
        self._saver = MaskSaver(project, self.workers, self.tell_entry)
        self.open_images = OpenImages(
            project,
            settings.model_id,
            settings.mask,
            settings.mask_kind,
            self.pictures,
            self.encoder,
            self._changed,
            self.workers,
        )
        self._index = self.open_images.index
        self.folder = ImageFolder(project, self.workers, self._take_new)

    def memory(self) -> tuple[MemoryUse, ...]:
        """What is kept of the images shown last, and how much it may."""
        return (
            MemoryUse("embeddings", self.encoder.nbytes, self.encoder.limit_bytes),
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

    def open_image_of(self, index: int) -> OpenImage | None:
        """The open image of this number, or None."""
        images = self.project.images
        return self.open_images.get(images[index].name) if 0 <= index < len(images) else None

    async def thumbnail(self, index: int) -> EncodedTile:
        """A small picture for the folder strip.

        Raises:
            ImageError: the image cannot be read; the list says so from now on.
        """
        path = self.path_of(index)
        try:
            return await self.workers.read(lambda: self.pictures.thumbnail(path))
        except ImageError as error:
            self._report_unreadable(self.project.images[index].name, error)
            raise

    def _report_unreadable(self, name: str, error: S2MError) -> None:
        self.project.report_unreadable(name, str(error))
        self.tell_entry(name)

    # Pages come and go.

    def _welcome(self, connection: PageConnection) -> None:
        self.connections.add(connection)
        images = self.project.images
        last = self.project.last_image
        connection.send(
            Welcome(
                type="welcome",
                project=self._project_info(),
                preferences=cast(Preferences, self.project.settings.preferences),
                folder=self._entries(),
                left_out=self.folder.left_out,
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
        self.open_images.leave(connection)

    def _tell_all(self, message: MessageToPage) -> None:
        for connection in self.connections:
            connection.send(message)

    def tell_entry(self, name: str) -> None:
        """Tell the folder lists about one image."""
        index = self._index[name]
        entry = page_state.image_entry(index, self.project.images[index])
        self._tell_all(FolderEntryChanged(type="entry", entry=entry))

    # What pages ask for.

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
                self._welcome(connection)
            case Open():
                # A page may go elsewhere while an image takes long; what comes at once keeps its order.
                opening = self.workers.start(self._open(connection, message.image))
                await asyncio.wait((opening,), timeout=_OPENED_WITHIN_S)
            case DoCommand():
                open_image = await self.open_images.to_edit(connection, message.image)
                open_image.put(QueuedCommand(connection, message.id, _command_of(message)))
            case CopyObjects():
                await self._copy_objects(connection, message)
            case Save():
                await self._saver.save(await self.open_images.to_edit(connection, message.image))
                connection.send(done(message.id, "save"))
            case LookAgain():
                await self.folder.look_again()
            case TakeOver():
                self.open_images.make_editor(self.open_images.shown(connection, message.image), connection)
            case KeepView():
                self._keep_view(connection, message)
            case KeepPreferences():
                preferences = {"preset": message.preset, "keys": dict(message.keys)}
                settings = self.project.settings
                self.project.change_settings(settings.model_copy(update={"preferences": preferences}))
            case AddClass() | ChangeClass() | RemoveClass():
                self._change_classes(connection, message)
            case PenPoints():
                open_image = self.open_images.shown(connection, message.image)
                if open_image.editor == connection.page:
                    open_image.draw_on(message)
            case PenCancel():
                await self.open_images.shown(connection, message.image).drop_pen(message.key)

    async def _open(self, connection: PageConnection, name: str) -> None:
        self.open_images.leave(connection)
        connection.image = name
        try:
            open_image = await self.open_images.open(name, partial(self._is_awaited, name))
        except S2MError as error:
            if connection.image != name:
                return
            if isinstance(error, ImageError) and name in self._index:
                self._report_unreadable(name, error)
            connection.send(ImageUnreadable(type="unreadable", name=name, text=str(error)))
            return
        await self.open_images.enter(connection, open_image)
        if self.project.read_only is None:
            self.workers.start(self._encode(open_image))

    def _is_awaited(self, name: str, share: float) -> bool:
        """Whether a page still waits for an image, which hears how far it is."""
        waiting = [each for each in self.connections if each.image == name]
        for each in waiting:
            text = f"The masks of {name} are computed again from its journal: {round(100 * share)} %"
            each.send_passing(partial(Notice, type="notice", level="warning", text=text))
        return bool(waiting)

    async def _encode(self, open_image: OpenImage) -> None:
        """Encode an image that was opened, and then the next one ahead."""
        index, name = open_image.info["index"], open_image.name
        path = self.path_of(index)
        if not self.encoder.has(path):
            open_image.tell_all(EncodingProgress(type="encoding", image=name, done=False, ms=0))
            try:
                ms = await self.workers.in_background(lambda: self.encoder.encode(path))
            except S2MError as error:
                open_image.tell_all(error_notice(str(error)))
                return
            open_image.tell_all(EncodingProgress(type="encoding", image=name, done=True, ms=ms))
        if index + 1 < len(self.project.images):
            ahead = self.path_of(index + 1)
            try:
                await self.workers.in_background(lambda: self.encoder.encode_ahead(ahead, path))
            except S2MError as error:
                log.info("cannot prepare the next image: %s", error)

    def _changed(self, open_image: OpenImage) -> None:
        """After a command: save soon, and tell the folder lists."""
        self.tell_entry(open_image.name)
        self._saver.save_soon(open_image)

    def _keep_view(self, connection: PageConnection, message: KeepView) -> None:
        if message.image not in self._index:
            return
        view = ViewState(
            zoom=None if message.fitted else message.zoom,
            centre_xy=message.centre_xy,
            selected_object_id=message.selected_object_id,
            contrast_limits=message.contrast_limits,
        )
        open_image = self.open_images.get(message.image)
        if open_image is not None and open_image.editor == connection.page:
            self.project.keep_view(message.image, view)

    def _change_classes(self, connection: PageConnection, message: AddClass | ChangeClass | RemoveClass) -> None:
        settings = self.project.settings
        classes, text = classes_after(settings.classes, message)
        self.project.change_settings(settings.model_copy(update={"classes": classes}))
        self._tell_all(ClassesChanged(type="classes", classes=page_state.class_entries(classes)))
        connection.send(done(message.id, message.type, text))

    async def _copy_objects(self, connection: PageConnection, message: CopyObjects) -> None:
        into = await self.open_images.to_edit(connection, message.into)
        if into.session.was_done(message.id):
            connection.send(done(message.id, "paste_objects"))
            return
        source = await self.open_images.open(message.image)
        command = copies(source.session.state, message.object_ids, into.session.state)
        into.put(QueuedCommand(connection, message.id, command))

    def _take_new(self) -> None:
        """Tell all pages of the images of the folder, which may be more than before."""
        for entry in self.project.images:
            self._index.setdefault(entry.name, len(self._index))
        self._tell_all(FolderChanged(type="folder", folder=self._entries(), left_out=self.folder.left_out))

    def _entries(self) -> list[FolderEntry]:
        return [page_state.image_entry(index, entry) for index, entry in enumerate(self.project.images)]

    def start(self) -> None:
        """Mend what a kill left behind, and watch the folder."""
        self.workers.start(self.folder.watch())
        self.workers.start(self._saver.catch_up(self.open_images))

    async def save_all(self) -> None:
        """Save now what would be saved soon."""
        await self._saver.save_all()

    async def close(self) -> None:
        """Save what is not saved, and release the journals."""
        await self.workers.cancel_tasks()
        for open_image in self.open_images:
            await open_image.close()
            if not self._saver.is_saved(open_image.name):
                await self._saver.save(open_image)
        self.workers.shut_down()
        self.encoder.close()


def _key_of(folder: Path) -> str:
    """A name by which a page knows the project again, also when the server was started anew."""
    return hashlib.blake2s(str(folder.resolve()).encode(), digest_size=8).hexdigest()


def _command_of(message: DoCommand) -> Command:
    command = command_from_json(message.body)
    if command.kind in _NOT_FOR_PAGES:
        raise JournalError(f'pages do not send "{command.kind}"; reload the page')
    return command
