"""Everything a person can do to an image, as values: JSON in, a frozen ``Command`` out, and back."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import AfterValidator, Field, FiniteFloat, TypeAdapter, ValidationError

from s2m.errors import JournalError
from s2m.files.label_files import MAX_OBJECT_ID, object_ids
from s2m.session.masks import Overlap
from s2m.session.packed_masks import PackedMask
from s2m.types import BACKGROUND_ID, Frozen, LabelMap, Sign

Tool = Literal["stroke", "dot", "box", "lasso"]
ImageStatus = Literal["in_progress", "done", "flagged"]


def _hundredths(value: float) -> float:
    return round(value, 2)


Coordinate = Annotated[FiniteFloat, Field(ge=-1e6, le=1e6), AfterValidator(_hundredths)]
"""Image pixels, kept to a hundredth."""

Points = Annotated[tuple[tuple[Coordinate, Coordinate], ...], Field(min_length=1, max_length=200_000)]
Pressures = tuple[Annotated[float, Field(ge=0, le=1)], ...]
WidthPx = Annotated[float, Field(gt=0, le=10_000)]
ObjectId = Annotated[int, Field(ge=1, le=MAX_OBJECT_ID)]
ObjectIds = Annotated[tuple[ObjectId, ...], Field(min_length=1)]
ObjectOrBackgroundId = Annotated[int, Field(ge=BACKGROUND_ID, le=MAX_OBJECT_ID)]
SizeHw = tuple[Annotated[int, Field(ge=1, le=10**9)], Annotated[int, Field(ge=1, le=10**9)]]
Colour = Annotated[str, Field(pattern=r"^(#[0-9a-fA-F]{6})?$")]
Name = Annotated[str, Field(max_length=200)]
Key = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


def new_key() -> str:
    """A name for a stroke that no other stroke has."""
    return secrets.token_hex(8)


class _Pointed(Frozen):
    """Something along points."""

    points: Points

    @property
    def points_xy(self) -> NDArray[np.float64]:
        """The points, (P, 2) in image pixels."""
        return np.array(self.points, dtype=np.float64)


class DrawnStroke(_Pointed):
    """One movement of the pen.

    Attributes:
        points: (x, y) in image pixels: the line, one point for a dot, two corners for a box, the outline of a lasso.
        object_id: what it is about, 0 the background.
        sign: whether it belongs to the object.
        tool: how the points are meant.
        width_px: as drawn, for display.
        pressures: 0..1 for each point, or empty.
        key: its name for ever.
    """

    object_id: ObjectOrBackgroundId = 1
    sign: Sign = "positive"
    tool: Tool = "stroke"
    width_px: WidthPx = 6.0
    pressures: Pressures = ()
    key: Key = Field(default_factory=new_key)


class Draw(Frozen):
    """Strokes that are answered together: one, or those collected in batch mode.

    Attributes:
        hidden_ids: objects that are hidden while it is drawn, which are not computed.  The session writes them.
        joins: how many commands before this one are answered together with it, as the network was busy when they came.
            The session writes it.
    """

    kind: Literal["draw"] = "draw"
    strokes: Annotated[tuple[DrawnStroke, ...], Field(min_length=1, max_length=10_000)]
    hidden_ids: tuple[ObjectId, ...] = ()
    joins: Annotated[int, Field(ge=0)] = 0


class Keep(Frozen):
    """The present masks become the starting masks, which later strokes only correct."""

    kind: Literal["keep"] = "keep"


class Clear(Frozen):
    """Strokes, masks and hard pixels of all unlocked objects go; the objects stay."""

    kind: Literal["clear"] = "clear"


class AddObject(Frozen):
    """A new object; an empty name or colour is chosen."""

    kind: Literal["add_object"] = "add_object"
    object_id: ObjectId
    name: Name = ""
    class_name: Name = ""
    colour: Colour = ""


class ChangeObjects(Frozen):
    """What is given changes, for all of them: name, class, colour, lock."""

    kind: Literal["change_objects"] = "change_objects"
    object_ids: ObjectIds
    name: Name | None = None
    class_name: Name | None = None
    colour: Colour | None = None
    locked: bool | None = None


class ShowObjects(Frozen):
    """Objects are hidden, or shown again.  It is no step that can be undone."""

    kind: Literal["show_objects"] = "show_objects"
    object_ids: ObjectIds
    visible: bool


class DeleteObjects(Frozen):
    """Objects go, with their strokes, masks and hard pixels."""

    kind: Literal["delete_objects"] = "delete_objects"
    object_ids: ObjectIds


class MergeObjects(Frozen):
    """Objects become one, ``into_id``."""

    kind: Literal["merge_objects"] = "merge_objects"
    object_ids: ObjectIds
    into_id: ObjectId


class SplitObject(Frozen):
    """Each connected part of an object becomes an object; the largest part keeps the id."""

    kind: Literal["split_object"] = "split_object"
    object_id: ObjectId


class ChangeStroke(Frozen):
    """A stroke since the masks were kept moves, turns its sign, or goes to another object."""

    kind: Literal["change_stroke"] = "change_stroke"
    key: Key
    points: Points | None = None
    sign: Sign | None = None
    object_id: ObjectOrBackgroundId | None = None


class DeleteStroke(Frozen):
    """A stroke since the masks were kept goes; those after it are answered anew."""

    kind: Literal["delete_stroke"] = "delete_stroke"
    key: Key


class Brush(_Pointed):
    """Exact pixels that are the object's whatever the network says."""

    kind: Literal["brush"] = "brush"
    object_id: ObjectId
    width_px: WidthPx = 6.0
    pressures: Pressures = ()


class Erase(_Pointed):
    """Exact pixels that are not the object's; with object 0, no object's."""

    kind: Literal["erase"] = "erase"
    object_id: ObjectOrBackgroundId
    width_px: WidthPx = 6.0
    pressures: Pressures = ()


class NamedMask(Frozen):
    """The mask of an object, with what it is."""

    object_id: ObjectId
    name: Name = ""
    class_name: Name = ""
    colour: Colour = ""
    mask: PackedMask


class ImportMasks(Frozen):
    """Masks from elsewhere become the starting masks; they replace those of unlocked objects of the same ids.

    Strokes that led to them come along, as those before masks are kept.
    """

    kind: Literal["import_masks"] = "import_masks"
    source: Name
    size_hw: SizeHw
    masks: Annotated[tuple[NamedMask, ...], Field(max_length=MAX_OBJECT_ID)]
    strokes: Annotated[tuple[DrawnStroke, ...], Field(max_length=10_000)] = ()

    @staticmethod
    def from_label_map(label_map: LabelMap, source: str, classes: dict[int, str] | None = None) -> ImportMasks:
        """The command for a label map (H, W); ignored pixels (255) count as background.

        Args:
            label_map: ids 0..254 and 255.
            source: where it comes from, to be shown.
            classes: names of classes by id.
        """
        named = classes or {}
        masks = tuple(
            NamedMask(object_id=value, class_name=named.get(value, ""), mask=PackedMask.of(label_map == value))
            for value in object_ids(label_map)
        )
        return ImportMasks(source=source, size_hw=(label_map.shape[0], label_map.shape[1]), masks=masks)


class PasteObjects(Frozen):
    """Objects of another image with their masks, as new objects; the ids given are those of the other image."""

    kind: Literal["paste_objects"] = "paste_objects"
    source: Name
    size_hw: SizeHw
    masks: Annotated[tuple[NamedMask, ...], Field(min_length=1, max_length=MAX_OBJECT_ID)]


class FillHoles(Frozen):
    """Background enclosed by an object becomes the object's; only holes up to a size, if one is given."""

    kind: Literal["fill_holes"] = "fill_holes"
    object_id: ObjectId
    max_area_px: Annotated[int, Field(ge=1)] | None = None


class DropSpecks(Frozen):
    """Parts below a size go; without a size all parts but the largest."""

    kind: Literal["drop_specks"] = "drop_specks"
    object_id: ObjectId
    min_area_px: Annotated[int, Field(ge=1)] | None = None


class Smooth(Frozen):
    """The outline becomes smoother, at the scale of a radius in image pixels."""

    kind: Literal["smooth"] = "smooth"
    object_id: ObjectId
    radius_px: Annotated[float, Field(gt=0, le=100)] = 2.0


class MarkImage(Frozen):
    """What the annotator thinks of the image."""

    kind: Literal["mark_image"] = "mark_image"
    status: ImageStatus
    note: Annotated[str, Field(max_length=2000)] = ""


class Configure(Frozen):
    """Whether objects of this image may overlap from now on."""

    kind: Literal["configure"] = "configure"
    overlap: Overlap


class Undo(Frozen):
    """The last command that is not undone is undone."""

    kind: Literal["undo"] = "undo"


class Redo(Frozen):
    """The command undone last is done again."""

    kind: Literal["redo"] = "redo"


class ModelUsed(Frozen):
    """From here on this model answers; for the record."""

    kind: Literal["model_used"] = "model_used"
    model_id: Annotated[str, Field(max_length=500)]


Clean = FillHoles | DropSpecks | Smooth
MaskCommand = Draw | Brush | Erase | Clean
"""Commands that are done again, in their order, when an older stroke changes."""

Edit = (
    MaskCommand
    | Keep
    | Clear
    | AddObject
    | ChangeObjects
    | DeleteObjects
    | MergeObjects
    | SplitObject
    | ChangeStroke
    | DeleteStroke
    | ImportMasks
    | PasteObjects
    | MarkImage
    | Configure
)
"""Commands that give a new state and can be undone."""

Command = Edit | ShowObjects | Undo | Redo | ModelUsed

_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="kind")])


def command_from_json(data: str | bytes | dict[str, Any]) -> Command:
    """The command of a JSON text, or of what such a text was read into.

    Raises:
        JournalError: unknown kind, unknown or missing field, or a value out of range; the message says which.
    """
    try:
        if isinstance(data, dict):
            # By way of text, so that lists become tuples and nothing else is accepted than from a file.
            return _COMMANDS.validate_python(data)
        return _COMMANDS.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise JournalError(f"not a command: {where or 'kind'}: {first['msg']}") from error


def points_of(points_xy: ArrayLike) -> list[list[float]]:
    """Points as a command takes them, from a list of (x, y) or an array (P, 2).

    Raises:
        JournalError: they are no (P, 2) numbers.
    """
    try:
        array = np.asarray(points_xy, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise JournalError(f"points are numbers, (P, 2) of x and y: {error}") from error
    if array.ndim != 2 or array.shape[1] != 2:
        raise JournalError(f"points have the shape (P, 2), x and y each, got {array.shape}")
    return cast("list[list[float]]", array.tolist())
