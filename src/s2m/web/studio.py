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
from typing import Any, TypeVar

from s2m.answering import SegmenterAnswerer
from s2m.errors import ImageError, JournalError, S2MError, ServerError
from s2m.focus import FocusedFeatures, FocusedSegmenter
from s2m.label_files import check_mask_size, read_label_map, voc_palette
from s2m.segmenter import FeatureCache
from s2m.session import ImportMasks, Project, Session, ViewState
from s2m.session.commands import Command as SessionCommand
from s2m.session.commands import command_from_json, new_key
from s2m.session.state import colour_of
from s2m.web import views
from s2m.web.class_changes import classes_after
from s2m.web.line import PageLine
from s2m.web.messages import (
    CHANGES,
    AddClass,
    ChangeClass,
    Command,
    CopyObjects,
    Hello,
    KeepPreferences,
    KeepView,
    Open,
    PageMessage,
    PenCancel,
    PenDown,
    RemoveClass,
    Save,
    TakeOver,
)
from s2m.web.pictures import TILE_BYTES, PictureStore
from s2m.web.pyramid import EncodedTile
from s2m.web.room import Job, Room

T = TypeVar("T")
PALETTE_SIZE = 8
FEATURE_BYTES = 512 * 1024 * 1024
SAVE_AFTER_S = 0.8
SAVE_AGAIN_AFTER_S = 5.0
EDITOR_RETURNS_WITHIN_S = 4.0
ROOM_CLOSED_AFTER_S = 30.0
_NOT_FOR_PAGES = ("model_used",)
log = logging.getLogger("s2m.web")


@dataclass(frozen=True)
class StudioSettings:
    """How the studio works.

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


class Studio:
    """Everything the server has beside HTTP.

    Args:
        project: the images and where their masks go.
        segmenter: answers strokes.
        settings: see there.
    """

    def __init__(self, project: Project, segmenter: FocusedSegmenter, settings: StudioSettings) -> None:
        self.project = project
        self.segmenter = segmenter
        self.settings = settings
        self.pictures = PictureStore()
        self.features: FeatureCache[FocusedFeatures] = FeatureCache(FEATURE_BYTES)
        self.rooms: dict[str, Room] = {}
        self.lines: set[PageLine] = set()
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

    def room_of(self, index: int) -> Room | None:
        """The open image of this number, or None."""
        return self.rooms.get(self.project.images[index].name) if 0 <= index < len(self.project.images) else None

    async def in_reader(self, work: Callable[[], T]) -> T:
        """Do something with image files, beside the network."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    # Pages come and go.

    def welcome(self, line: PageLine) -> None:
        """Tell a page about the project."""
        self.lines.add(line)
        images = self.project.images
        last = self.project.last_image
        line.send(
            {
                "type": "welcome",
                "project": {
                    "name": self.settings.title,
                    "output": str(self.project.output),
                    "read_only": self.project.read_only,
                    "model": self.settings.model_id,
                    "palette": [colour_of(object_id) for object_id in range(1, PALETTE_SIZE + 1)],
                    "key": _key_of(self.project.output),
                    "file_palette": ["#{:02x}{:02x}{:02x}".format(*colour) for colour in voc_palette()[1:255].tolist()],
                    "classes": views.class_entries(self.project.settings.classes),
                },
                "preferences": dict(self.project.settings.preferences),
                "folder": [views.image_entry(index, entry) for index, entry in enumerate(images)],
                "first": last if last in self._index else (images[0].name if images else ""),
            }
        )

    def goodbye(self, line: PageLine) -> None:
        """A page is gone: another may edit its image."""
        self.lines.discard(line)
        self._leave(line)

    async def receive(self, line: PageLine, message: PageMessage) -> None:
        """Do what a page asks for.

        Raises:
            S2MError: it cannot be done; say so to the page.
        """
        if isinstance(message, CHANGES):
            self.project.check_writable()
        match message:
            case Hello():
                line.page = message.page
                self.welcome(line)
            case Open():
                await self._open(line, message.image)
            case Command():
                room = await self._room_to_edit(line, message.image)
                room.put(Job(line, message.id, _command_of(message)))
            case CopyObjects():
                await self._copy_objects(line, message)
            case Save():
                room = await self._room_to_edit(line, message.image)
                await self._save(room)
                line.send({"type": "done", "id": message.id, "kind": "save", "ms": 0, "text": ""})
            case TakeOver():
                self._make_editor(self._shown_room(line, message.image), line)
            case KeepView():
                self._keep_view(line, message)
            case KeepPreferences():
                preferences = {"preset": message.preset, "keys": dict(message.keys)}
                settings = self.project.settings
                self.project.change_settings(settings.model_copy(update={"preferences": preferences}))
            case AddClass() | ChangeClass() | RemoveClass():
                self._change_classes(line, message)
            case PenDown():
                room = self._shown_room(line, message.image)
                if room.editor == line.page:
                    room.draw_on(message)
            case PenCancel():
                await self._shown_room(line, message.image).drop_pen(message.key)

    async def _open(self, line: PageLine, name: str) -> None:
        self._leave(line)
        line.image = name
        try:
            room = await self._room(name)
        except S2MError as error:
            if isinstance(error, ImageError) and name in self._index:
                self._report_unreadable(name, error)
            line.send({"type": "unreadable", "name": name, "text": str(error)})
            return
        if self._lacks_editor(room):
            room.editor = line.page
            room.former_editors.add(line.page)
        await room.enter(line)
        if self.project.read_only is None:
            self._start(self._look_at(room))

    def opening(self, name: str) -> asyncio.Lock:
        """Held while an image is opened or closed."""
        return self._opening.setdefault(name, asyncio.Lock())

    async def _room(self, name: str) -> Room:
        """The open image of a name, opened if it is not.

        Raises:
            ImageError: there is no such image, or it cannot be read.
            JournalError: its annotation cannot be opened.
        """
        if name not in self._index:
            raise ImageError(f"{name} is not in this project; reload the page")
        async with self.opening(name):
            if name not in self.rooms:
                self.rooms[name] = await self._make_room(name)
            return self.rooms[name]

    async def _make_room(self, name: str) -> Room:
        index = self._index[name]
        path = self.project.images[index].path
        pyramid = await self.in_reader(lambda: self.pictures.pyramid(path))
        answerer = SegmenterAnswerer(self.segmenter, lambda: self._features_of(path))

        def open_session() -> Session:
            session = self.project.open_image(name, pyramid.size_hw, answerer, self.settings.model_id)
            # What the journal gives is computed here, in the worker, before the pages ask for it.
            log.debug("%s has %d objects", name, len(session.state.objects))
            return session

        session = await asyncio.get_running_loop().run_in_executor(self._worker, open_session)
        info = {
            "type": "image",
            "index": index,
            "name": name,
            "width": pyramid.size_hw[1],
            "height": pyramid.size_hw[0],
            "tile_size": pyramid.tile_size,
            "levels": len(pyramid.levels),
            "stamp": format(path.stat().st_mtime_ns, "x"),
            "example": await self.in_reader(lambda: views.example_points(path, pyramid.size_hw)),
            "depth": await self.in_reader(lambda: views.depth_entry(pyramid.depth)),
        }
        room = Room(name, info, session, self._worker, self._changed, lambda: self._view_of(name))
        if self.settings.mask is not None and self.project.read_only is None and not session.state.has_mask:
            mask = self.settings.mask
            room.put(Job(None, new_key(), await self.in_reader(lambda: self._import(mask, mask.name, room))))
        return room

    def _import(self, path: Path, source: str, room: Room) -> ImportMasks:
        """The command that brings in a label map.

        Raises:
            MaskError: it cannot be read, or does not fit the image.
        """
        label_map = read_label_map(path)
        check_mask_size(label_map, room.session.state.size_hw, source)
        return ImportMasks.from_label_map(label_map, source)

    def _shown_room(self, line: PageLine, name: str) -> Room:
        room = self.rooms.get(name)
        if room is None or line not in room.lines:
            raise ServerError("this image is not open in the page; open it again")
        return room

    async def _room_to_edit(self, line: PageLine, name: str) -> Room:
        """The room of a command; pages that have edited before may still send what they did then."""
        room = await self._room(name)
        if not (self._lacks_editor(room) or line.page == room.editor or line.page in room.former_editors):
            raise ServerError("another page edits this image; take over to change it")
        return room

    def _leave(self, line: PageLine) -> None:
        room = self.rooms.get(line.image or "")
        line.image = None
        if room is None or line not in room.lines:
            return
        room.leave(line)
        self._start(self._after_leaving(room))

    async def _after_leaving(self, room: Room) -> None:
        await asyncio.sleep(EDITOR_RETURNS_WITHIN_S)
        if room.lines and self._lacks_editor(room):
            self._make_editor(room, room.lines[0])
        await asyncio.sleep(ROOM_CLOSED_AFTER_S)
        if not room.lines and self.rooms.get(room.name) is room and not self.opening(room.name).locked():
            async with self.opening(room.name):
                del self.rooms[room.name]
                await room.close()

    def _lacks_editor(self, room: Room) -> bool:
        """Whether a page may become the editor without taking over; where nothing can be changed nobody does."""
        return self.project.read_only is None and (room.editor is None or not room.has_page(room.editor))

    def _make_editor(self, room: Room, line: PageLine) -> None:
        room.editor = line.page
        room.former_editors.add(line.page)
        for each in room.lines:
            each.send({"type": "editor", "image": room.name, "you": each.page == room.editor})

    # Looking at images: encoded when opened, the next one ahead.

    async def _look_at(self, room: Room) -> None:
        path = self.path_of(room.info["index"])
        if self.features.get(path) is None:
            room.tell_all({"type": "encoding", "image": room.name, "done": False, "ms": 0})
            try:
                features = await self.in_behind(lambda: self._features_of(path))
            except S2MError as error:
                room.tell_all({"type": "notice", "level": "error", "text": str(error)})
                return
            room.tell_all({"type": "encoding", "image": room.name, "done": True, "ms": features.seconds * 1000})
        following = room.info["index"] + 1
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

    def _changed(self, room: Room) -> None:
        """After a command: save soon, and tell the folder lists."""
        self.tell_entry(room.name)
        if room.name not in self._unsaved:
            self._unsaved[room.name] = self._start(self._save_soon(room))

    async def _save_soon(self, room: Room) -> None:
        await asyncio.sleep(SAVE_AFTER_S)
        del self._unsaved[room.name]
        await self._save(room)

    async def _save(self, room: Room) -> None:
        try:
            result = await self.in_behind(lambda: self.project.save(room.session))
        except S2MError as error:
            room.tell_all({"type": "notice", "level": "error", "text": str(error)})
            if room.name not in self._unsaved:
                self._unsaved[room.name] = self._start(self._save_again(room))
            return
        backup = result.backup.name if result.backup else None
        room.tell_all({"type": "saved", "image": room.name, "path": str(result.path), "backup": backup})
        self.tell_entry(room.name)

    async def _save_again(self, room: Room) -> None:
        await asyncio.sleep(SAVE_AGAIN_AFTER_S)
        await self._save_soon(room)

    def tell_entry(self, name: str) -> None:
        """Tell the folder lists about one image."""
        index = self._index[name]
        entry = views.image_entry(index, self.project.images[index])
        for line in self.lines:
            line.send({"type": "entry", "entry": entry})

    def _view_of(self, name: str) -> dict[str, Any]:
        view = self.project.view(name) or ViewState()
        return view.model_dump(include={"zoom", "centre_xy", "selected_object_id", "window"})

    def _keep_view(self, line: PageLine, message: KeepView) -> None:
        if message.image not in self._index:
            return
        view = ViewState(
            zoom=None if message.fitted else message.zoom,
            centre_xy=message.centre_xy,
            selected_object_id=message.selected_object_id,
            window=message.window,
        )
        room = self.rooms.get(message.image)
        if room is not None and room.editor == line.page:
            self.project.keep_view(message.image, view)

    def _change_classes(self, line: PageLine, message: AddClass | ChangeClass | RemoveClass) -> None:
        settings = self.project.settings
        classes, text = classes_after(settings.classes, message)
        self.project.change_settings(settings.model_copy(update={"classes": classes}))
        for each in self.lines:
            each.send({"type": "classes", "classes": views.class_entries(classes)})
        line.send({"type": "done", "id": message.id, "kind": message.type, "ms": 0, "text": text})

    async def _copy_objects(self, line: PageLine, message: CopyObjects) -> None:
        into = await self._room_to_edit(line, message.into)
        if into.session.was_done(message.id):
            line.send({"type": "done", "id": message.id, "kind": "paste_objects", "ms": 0, "text": ""})
            return
        room = self._shown_room(line, message.image)
        into.put(Job(line, message.id, room.session.state.copy_objects(message.object_ids)))

    async def close(self) -> None:
        """Save what is not saved, and release the journals."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for room in self.rooms.values():
            await room.close()
            if room.name in self._unsaved:
                await self._save(room)
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


def _command_of(message: Command) -> SessionCommand:
    command = command_from_json(message.body)
    if command.kind in _NOT_FOR_PAGES:
        raise JournalError(f'pages do not send "{command.kind}"; reload the page')
    return command
