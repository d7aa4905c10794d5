"""What the API takes and gives, as models; the documentation comes from them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from s2m.session.commands import Edit, ImageStatus, Redo, ShowObjects, Undo
from s2m.session.masks import Overlap
from s2m.session.project_files import EntryStatus

ApiCommand = Annotated[Edit | ShowObjects | Undo | Redo, Field(discriminator="kind")]
"""The commands of a page."""

_NAME = r"^[^/\\\x00-\x1f\x7f]+$"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fault(_Model):
    """Something that cannot be done: a stable code, and what to do."""

    code: str
    text: str


class Health(_Model):
    """Whether the server answers, and with what."""

    status: str
    model: str
    project: str | None
    sessions: int
    session_bytes: int


class ProjectEntry(_Model):
    """An image of the project."""

    index: int
    name: str
    status: EntryStatus
    error: str | None


class ProjectEntries(_Model):
    """The images of the project."""

    images: list[ProjectEntry]


class SessionObject(_Model):
    """An object of a session."""

    object_id: int
    name: str
    class_name: str
    colour: str
    locked: bool
    hidden: bool
    area_px: int


class SessionState(_Model):
    """A session after the last command."""

    session: str
    image: str
    width: int
    height: int
    number: int
    overlap: Overlap
    status: ImageStatus
    note: str
    objects: list[SessionObject]
    strokes: int
    undo: str | None
    redo: str | None
    notices: list[str]


class SessionEntry(_Model):
    """An open session."""

    session: str
    image: str
    nbytes: int
    idle_s: float


class SessionEntries(_Model):
    """The open sessions."""

    sessions: list[SessionEntry]


class RunLengths(_Model):
    """A label map as runs of (object id, pixels), row by row from the top; 0 is the background."""

    width: int
    height: int
    runs: list[Annotated[list[int], Field(min_length=2, max_length=2)]]


class UploadQuery(_Model):
    """What an image that is sent is called."""

    name: Annotated[str, Field(max_length=50, pattern=_NAME)] = "image"


class TakeOverQuery(_Model):
    """Whether to edit an image that a page edits."""

    take_over: bool = False


class CommandQuery(_Model):
    """A name for a command, so that it is done once however often it is sent."""

    request: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_.:-]*$")] = ""


class SessionExportQuery(_Model):
    """Formats of an export, separated by commas."""

    formats: Annotated[str, Field(max_length=300)] = "coco"
    with_images: bool = True


class ProjectExportQuery(SessionExportQuery):
    """What of the project is exported; classes are separated by commas."""

    only_done: bool = False
    classes: Annotated[str, Field(max_length=2000)] = ""
