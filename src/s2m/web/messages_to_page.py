"""What the server says to a page: one typed dictionary for each message, told apart by ``type``.

``scripts/page_types.py`` writes these types, and those of ``messages_from_page``, for the page's code.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from typing_extensions import NotRequired, TypedDict

from s2m.session.commands import ImageStatus, Tool
from s2m.session.masks import Overlap
from s2m.session.project_files import EntryStatus
from s2m.types import Sign

Limits: TypeAlias = tuple[float, float]
"""Contrast limits: the values shown as black and as white."""


class ClassEntry(TypedDict):
    """A class that objects can have, and the names it had before."""

    name: str
    colour: str
    former_names: list[str]


class FolderEntry(TypedDict):
    """One image of the folder as its list shows it; ``error`` says why it cannot be opened."""

    index: int
    name: str
    status: EntryStatus
    strokes: int
    seconds: float
    error: str | None


class ProjectInfo(TypedDict):
    """The project: ``read_only`` says why nothing can be changed, ``key`` is a name that stays when it is reopened."""

    name: str
    output: str
    read_only: str | None
    model: str
    palette: list[str]
    key: str
    file_palette: list[str]
    classes: list[ClassEntry]


class Preferences(TypedDict, total=False):
    """Keys as the user chose them; empty before that."""

    preset: str
    keys: dict[str, list[str]]


class Welcome(TypedDict):
    """The answer to ``hello``: the project, its images, what of its folder is none, and the image to open first."""

    type: Literal["welcome"]
    project: ProjectInfo
    preferences: Preferences
    folder: list[FolderEntry]
    left_out: list[str]
    first: str


class ImageDepth(TypedDict):
    """The values of an image of more than 8 bits, and two choices of contrast limits; ``whole``: no fractions."""

    lowest: float
    highest: float
    whole: bool
    usual: Limits
    tight: Limits


class ImageInfo(TypedDict):
    """An image and its tiles; ``example`` is a stroke to trace on the first visit, x, y, x, y... in image pixels."""

    index: int
    name: str
    width: int
    height: int
    tile_size: int
    levels: int
    stamp: str
    example: list[float] | None
    depth: ImageDepth | None


class LastView(TypedDict):
    """Where the user was in an image; no zoom means that the whole image is shown."""

    zoom: float | None
    centre_xy: tuple[float, float] | None
    selected_object_id: int
    contrast_limits: Limits | None


class ImageShown(ImageInfo):
    """The first answer to ``open``; ``editor`` says whether this page edits the image."""

    type: Literal["image"]
    editor: bool
    view: LastView


class ImageUnreadable(TypedDict):
    """The answer to ``open`` for an image that cannot be opened."""

    type: Literal["unreadable"]
    name: str
    text: str


class ObjectEntry(TypedDict):
    """One object of the image."""

    id: int
    name: str
    class_name: str
    colour: str
    visible: bool
    locked: bool


class StrokeEntry(TypedDict):
    """A stroke; one that the page has already comes with ``key`` and ``past`` only.

    ``points`` are x, y, x, y... in image pixels.
    """

    key: str
    past: bool
    object_id: NotRequired[int]
    sign: NotRequired[Sign]
    tool: NotRequired[Tool]
    width_px: NotRequired[float]
    points: NotRequired[list[float]]


class AnnotationChanged(TypedDict):
    """Everything about the annotation but the masks; ``undo`` and ``redo`` say what they would do."""

    type: Literal["state"]
    image: str
    number: int
    status: ImageStatus
    overlap: Overlap
    undo: str | None
    redo: str | None
    objects: list[ObjectEntry]
    strokes: list[StrokeEntry]


class MaskEntry(TypedDict):
    """The mask of an object: ``key`` is the fingerprint of its outlines, ``area`` its share of the image.

    ``rings`` are left out where the page has them; each is x, y, x, y... in image pixels.
    """

    id: int
    key: str
    area: float
    rings: NotRequired[list[list[float]]]


class MasksChanged(TypedDict):
    """All masks of the image; with ``preview``, those that a stroke in progress gives.

    ``preview`` is the key of that stroke, ``points`` how many of its points were answered.
    """

    type: Literal["masks"]
    image: str
    number: int
    preview: str | None
    ms: float
    masks: list[MaskEntry]
    points: NotRequired[int]


class CommandDone(TypedDict):
    """A message with an id was done; ``text`` says what, for the status line."""

    type: Literal["done"]
    id: str
    kind: str
    ms: float
    text: str


class CommandFailed(TypedDict):
    """A message with an id could not be done; ``code`` is that of ``s2m.errors``."""

    type: Literal["failed"]
    id: str
    code: str
    text: str


class OtherPen(TypedDict):
    """The stroke that another page is drawing; ``points`` are x, y, x, y... in image pixels."""

    type: Literal["pen"]
    image: str
    key: str
    object_id: int
    sign: Sign
    tool: Tool
    width_px: float
    points: list[float]


class EditorChanged(TypedDict):
    """Whether this page edits the image from now on."""

    type: Literal["editor"]
    image: str
    you: bool


class EncodingProgress(TypedDict):
    """The network begins to encode the image, or has done it."""

    type: Literal["encoding"]
    image: str
    done: bool
    ms: float


class ImageSaved(TypedDict):
    """The masks were written; ``backup`` is what an earlier file of the user is called now."""

    type: Literal["saved"]
    image: str
    path: str
    backup: str | None


class FolderEntryChanged(TypedDict):
    """One image of the folder changed."""

    type: Literal["entry"]
    entry: FolderEntry


class FolderChanged(TypedDict):
    """The images of the folder, and what of it is none, after somebody looked again."""

    type: Literal["folder"]
    folder: list[FolderEntry]
    left_out: list[str]


class ClassesChanged(TypedDict):
    """The classes of the project changed."""

    type: Literal["classes"]
    classes: list[ClassEntry]


class Notice(TypedDict):
    """Something to tell the user that answers no message with an id."""

    type: Literal["notice"]
    level: Literal["warning", "error"]
    text: str


MessageToPage: TypeAlias = (
    Welcome
    | ImageShown
    | ImageUnreadable
    | AnnotationChanged
    | MasksChanged
    | CommandDone
    | CommandFailed
    | OtherPen
    | EditorChanged
    | EncodingProgress
    | ImageSaved
    | FolderEntryChanged
    | FolderChanged
    | ClassesChanged
    | Notice
)


def error_notice(text: str) -> Notice:
    """An error that answers no message with an id."""
    return Notice(type="notice", level="error", text=text)


def done(message_id: str, kind: str, text: str = "", ms: float = 0) -> CommandDone:
    """A message with an id was done, after some milliseconds."""
    return CommandDone(type="done", id=message_id, kind=kind, ms=ms, text=text)
