"""What a page says to the server, checked: JSON text in, one of these messages out.

``scripts/page_types.py`` writes these types, and those of ``messages_to_page``, for the page's code.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError

from s2m.errors import ServerError
from s2m.session.commands import Coordinate, ObjectOrBackgroundId, WidthPx
from s2m.session.commands import Key as StrokeKey
from s2m.web.faults import first_fault

MAX_POINTS = 100_000
MAX_MESSAGE_BYTES = 8 * 1024 * 1024

Name = Annotated[str, Field(min_length=1, max_length=1024)]
Key = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
Colour = Annotated[str, Field(pattern=r"^(#[0-9a-fA-F]{6})?$")]
PointXY = tuple[FiniteFloat, FiniteFloat]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hello(_Message):
    """The first message of a page on every connection."""

    type: Literal["hello"]
    page: Key


class Open(_Message):
    """Show an image; the page that opens it first edits it."""

    type: Literal["open"]
    image: Name


class LookAgain(_Message):
    """Look for images that came into the folder since."""

    type: Literal["look_again"]


class TakeOver(_Message):
    """Become the editor of an image that another page edits."""

    type: Literal["take_over"]
    image: Name


class DoCommand(_Message):
    """Change the annotation of an image: ``body`` as ``s2m.session.commands.command_from_json`` reads it."""

    type: Literal["command"]
    id: Key
    image: Name
    body: Annotated[dict[str, Any], Field(json_schema_extra={"tsType": "Command"})]


class PenPoints(_Message):
    """More points of the stroke being drawn; ``first`` is the number of its points sent before."""

    type: Literal["pen"]
    image: Name
    key: StrokeKey
    object_id: ObjectOrBackgroundId
    sign: Literal["positive", "negative"]
    tool: Literal["stroke", "dot", "box", "lasso"]
    width_px: WidthPx
    first: Annotated[int, Field(ge=0, le=MAX_POINTS)]
    points: Annotated[list[tuple[Coordinate, Coordinate]], Field(max_length=MAX_POINTS)]


class PenCancel(_Message):
    """The stroke being drawn was none: a second finger came down, or Escape was pressed."""

    type: Literal["pen_cancel"]
    image: Name
    key: StrokeKey


class Save(_Message):
    """Write the masks of an image now."""

    type: Literal["save"]
    id: Key
    image: Name


class KeepView(_Message):
    """Remember what part of the image is shown, and how, for the next time it is opened."""

    type: Literal["view"]
    image: Name
    zoom: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
    centre_xy: PointXY
    fitted: bool
    selected_object_id: Annotated[int, Field(ge=0, le=10_000)]
    contrast_limits: tuple[FiniteFloat, FiniteFloat] | None = None


class KeepPreferences(_Message):
    """Remember keys in the project's file, so that they are the same on every machine."""

    type: Literal["preferences"]
    preset: Annotated[str, Field(max_length=40)]
    keys: Annotated[dict[str, list[Annotated[str, Field(max_length=40)]]], Field(max_length=200)]


class AddClass(_Message):
    """Offer one class more in the whole project; an empty colour leaves objects theirs."""

    type: Literal["add_class"]
    id: Key
    name: Name
    colour: Colour = ""


class ChangeClass(_Message):
    """Rename or recolour a class: what is given changes."""

    type: Literal["change_class"]
    id: Key
    name: Name
    new_name: Name | None = None
    colour: Colour | None = None


class RemoveClass(_Message):
    """Offer a class no longer; objects that have it keep it."""

    type: Literal["remove_class"]
    id: Key
    name: Name


class CopyObjects(_Message):
    """Paste objects of one image into another."""

    type: Literal["copy_objects"]
    id: Key
    image: Name
    into: Name
    object_ids: Annotated[list[int], Field(max_length=1000)]


MessageFromPage = Annotated[
    Hello
    | Open
    | LookAgain
    | TakeOver
    | DoCommand
    | PenPoints
    | PenCancel
    | Save
    | KeepView
    | KeepPreferences
    | AddClass
    | ChangeClass
    | RemoveClass
    | CopyObjects,
    Field(discriminator="type"),
]
ANSWERED = (DoCommand, Save, AddClass, ChangeClass, RemoveClass, CopyObjects)
"""Messages with an id, which a page repeats until they are answered."""

CHANGES = (*ANSWERED, TakeOver, KeepPreferences, PenPoints, PenCancel)
"""Messages that change something of the project, refused where its folder cannot be written."""

_ADAPTER: TypeAdapter[MessageFromPage] = TypeAdapter(MessageFromPage)


def read_message(text: str) -> MessageFromPage:
    """Check a message of a page.

    Raises:
        ServerError: it is no message of this protocol.
    """
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        raise ServerError(
            f"the page sent a message that is not understood ({first_fault(error)}); reload it"
        ) from error
