"""Annotation states in, what a page shows out: JSON values without any geometry that it has already.

Strokes and outlines are long and change seldom, so each page is sent only those that it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from s2m.files.contrast_limits import tight_limits
from s2m.files.demo import demo_stroke
from s2m.session import AnnotationState, DrawnStroke, ImageEntry, Session
from s2m.session.classes import Classes
from s2m.web.messages_to_page import (
    AnnotationChanged,
    ClassEntry,
    FolderEntry,
    ImageDepth,
    MaskEntry,
    MasksChanged,
    ObjectEntry,
    StrokeEntry,
)
from s2m.web.pyramid import Depth
from s2m.web.shown_masks import ShownMask


@dataclass
class PageKnowledge:
    """What one page has been sent of the image it shows."""

    strokes: dict[str, DrawnStroke] = field(default_factory=dict)
    masks: dict[int, str] = field(default_factory=dict)


def masks_message(
    name: str, number: int, preview: str | None, masks: tuple[ShownMask, ...], milliseconds: float, known: PageKnowledge
) -> MasksChanged:
    """The masks of an image; outlines that the page has are named by their fingerprint only."""
    entries = []
    for mask in masks:
        entry = MaskEntry(id=mask.object_id, key=mask.fingerprint, area=round(mask.area_share, 6))
        if known.masks.get(mask.object_id) != mask.fingerprint:
            entry["rings"] = list(mask.rings)
        entries.append(entry)
    known.masks = {mask.object_id: mask.fingerprint for mask in masks}
    return MasksChanged(
        type="masks", image=name, number=number, preview=preview, ms=round(milliseconds, 1), masks=entries
    )


def example_points(path: Path, size_hw: tuple[int, int]) -> list[float] | None:
    """A stroke to trace on the first visit, x, y, x, y... in image pixels, if this is the shipped photograph."""
    stroke = demo_stroke(path, size_hw)
    return None if stroke is None else [float(value) for value in stroke.points_xy.ravel()]


def depth_entry(depth: Depth | None) -> ImageDepth | None:
    """Which values an image of more than 8 bits has, and contrast limits for them; None where 8 bits say all."""
    if depth is None:
        return None
    values, usual, tight = depth.levels[0], depth.usual_limits, tight_limits(depth.levels[-1])
    return ImageDepth(
        lowest=min(usual.low, float(values.min())),
        highest=max(usual.high, float(values.max())),
        whole=depth.whole,
        usual=(usual.low, usual.high),
        tight=(tight.low, tight.high),
    )


def state_message(name: str, session: Session, state: AnnotationState, known: PageKnowledge) -> AnnotationChanged:
    """Everything about the annotation but the masks."""
    strokes = [(stroke, True) for stroke in state.past_strokes] + [(stroke, False) for stroke in state.strokes]
    message = AnnotationChanged(
        type="state",
        image=name,
        number=session.number,
        status=state.status,
        overlap=state.overlap,
        undo=session.undo_label,
        redo=session.redo_label,
        objects=[
            ObjectEntry(
                id=item.object_id,
                name=item.name,
                class_name=item.class_name,
                colour=item.colour,
                visible=item.object_id not in session.hidden_ids,
                locked=item.locked,
            )
            for item in state.objects
        ],
        strokes=[_stroke_entry(stroke, past, known) for stroke, past in strokes],
    )
    known.strokes = {stroke.key: stroke for stroke, _ in strokes}
    return message


def _stroke_entry(stroke: DrawnStroke, past: bool, known: PageKnowledge) -> StrokeEntry:
    if known.strokes.get(stroke.key) == stroke:
        return StrokeEntry(key=stroke.key, past=past)
    return StrokeEntry(
        key=stroke.key,
        past=past,
        object_id=stroke.object_id,
        sign=stroke.sign,
        tool=stroke.tool,
        width_px=stroke.width_px,
        points=[round(float(value), 2) for point in stroke.points for value in point],
    )


def class_entries(classes: Classes) -> list[ClassEntry]:
    """The classes that a page offers, and the names under which objects may have them."""
    return [ClassEntry(name=one.name, colour=one.colour, former_names=list(one.former_names)) for one in classes]


def image_entry(index: int, entry: ImageEntry) -> FolderEntry:
    """One image of the folder as its list shows it."""
    return FolderEntry(
        index=index,
        name=entry.name,
        status=entry.status,
        strokes=entry.strokes,
        seconds=round(entry.seconds, 1),
        error=entry.error,
    )
