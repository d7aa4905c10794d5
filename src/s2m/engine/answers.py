"""New strokes and the masks before them in; the masks of the objects that they concern out.

A stroke answers its own object and those that it runs over.  The rule (docs/decisions, number 11):

- Answered are the objects of the new strokes, and those whose mask a new stroke runs over that is negative for them.
- Each is predicted from its own strokes and those of the background.  Where its claim meets other objects, their
  strokes speak too: it is predicted once more with these as negatives.
- An object that is finished, or that others' strokes merely run over, changes where the new strokes touch the change.
- Every other object keeps its logits to the bit, and loses no pixel that it has with a probability above one half.

So an answer costs one object however many there are, and strokes on objects that do not meet come in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.components import touched_cells, touched_changes
from s2m.engine.geometry import box_around
from s2m.engine.prompts import sign_for
from s2m.types import BACKGROUND_ID, BoolArray, Stroke

Logits = TypeVar("Logits", NDArray[np.float16], NDArray[np.float32])
"""Logits (h, w) of one object of the whole image, in the precision in which masks are kept."""

Ask = Callable[[Sequence[Stroke], int], Logits]
"""The network: strokes and an object in; its logits (h, w), found from its mask before and these strokes, out."""

_AROUND = np.ones((3, 3), dtype=np.uint8)


@dataclass(frozen=True)
class AnswerRequest:
    """Strokes to be answered.

    Attributes:
        strokes: all that hold, in the order they were drawn.
        new: those of them that have no answer yet.
        image_size_hw: (H, W), in whose pixels they are.
        kept_ids: objects that are never computed, such as locked and hidden ones.
        finished_ids: objects whose masks change only where new strokes touch the change.
        exclusive: whether a pixel belongs to one object at most; if not, objects do not know of each other.
    """

    strokes: Sequence[Stroke]
    new: Sequence[Stroke]
    image_size_hw: tuple[int, int]
    kept_ids: Collection[int] = ()
    finished_ids: Collection[int] = ()
    exclusive: bool = True

    def is_against(self, stroke: Stroke, object_id: int) -> bool:
        """Whether a stroke is negative for an object although it is not the object's."""
        if stroke.object_id == BACKGROUND_ID:
            return True
        return self.exclusive and stroke.object_id != object_id and sign_for(stroke, object_id) == "negative"


def answered_masks(request: AnswerRequest, masks: Mapping[int, Logits], ask: Ask[Logits]) -> dict[int, Logits]:
    """The masks that change.

    Args:
        request: the strokes.
        masks: of all objects before, all of one size (h, w).
        ask: the network; it answers in the size of the masks.

    Returns:
        The new logits of each object that is answered, by its id, ascending.
    """
    drawn = {stroke.object_id for stroke in request.new} - {BACKGROUND_ID}
    wanted = sorted((drawn | _run_over(request, masks)) - set(request.kept_ids))
    answers = {object_id: ask(_own(request, object_id), object_id) for object_id in wanted}
    known = {object_id: _claim(logits) for object_id, logits in masks.items()} if request.exclusive else {}
    if request.exclusive:
        claims = {**known, **{object_id: _claim(logits) for object_id, logits in answers.items()}}
        for object_id in wanted:
            strokes = _with_rivals(request, object_id, claims)
            if strokes is not None:
                answers[object_id] = ask(strokes, object_id)
    for object_id, logits in answers.items():
        if object_id in masks and (object_id in request.finished_ids or object_id not in drawn):
            answers[object_id] = _changed_where_touched(request, masks[object_id], logits)
    if request.exclusive:
        kept = [(masks[other], claim) for other, claim in known.items() if other not in answers]
        for object_id in answers:
            answers[object_id] = _beside_others(answers[object_id], masks.get(object_id), kept)
    return answers


def previewed_masks(request: AnswerRequest, masks: Mapping[int, Logits], ask: Ask[Logits]) -> dict[int, Logits]:
    """The masks under a stroke that is still being drawn, from one prediction each: most of what the answer will be.

    Args:
        request: the strokes, that one last.
        masks: see ``answered_masks``.
        ask: the network.

    Returns:
        The logits of the stroke's object; of a stroke of the background, those of the objects that it runs over.
    """
    drawn: set[int] = {stroke.object_id for stroke in request.new} - {BACKGROUND_ID}
    met: set[int] = _run_over(request, masks)
    heard = {BACKGROUND_ID, *drawn, *met}
    answers = {}
    for object_id in sorted((drawn if drawn else met) - set(request.kept_ids)):
        strokes = [stroke for stroke in request.strokes if stroke.object_id in heard or stroke.object_id == object_id]
        answer, before = ask(strokes, object_id), masks.get(object_id)
        if before is not None and object_id in request.finished_ids:
            answer = _changed_where_touched(request, before, answer)
        if request.exclusive:
            others = [logits for other, logits in masks.items() if other != object_id and other not in met]
            answer = _beside_others(answer, before, [(logits, _claim(logits)) for logits in others])
        answers[object_id] = answer
    return answers


def _run_over(request: AnswerRequest, masks: Mapping[int, Logits]) -> set[int]:
    """The objects whose masks new strokes run over that are negative for them."""
    found = set()
    cells: dict[int, tuple[NDArray[np.intp], ...]] = {}
    for object_id, logits in masks.items():
        for owner in {stroke.object_id for stroke in request.new if request.is_against(stroke, object_id)}:
            if owner not in cells:
                strokes = [one for one in request.new if one.object_id == owner and one.sign == "positive"]
                cells[owner] = np.nonzero(touched_cells(strokes, request.image_size_hw, logits.shape, thickness=1))
            if (logits[cells[owner]] > 0).any():
                found.add(object_id)
    return found


def _own(request: AnswerRequest, object_id: int) -> list[Stroke]:
    return [stroke for stroke in request.strokes if stroke.object_id in (object_id, BACKGROUND_ID)]


def _claim(logits: Logits) -> BoolArray:
    """Where an object is more likely than not, (h, w)."""
    # A half-precision number is positive where its bits are a positive integer, and integers are compared faster.
    return np.asarray(logits.view(np.int16) > 0 if logits.dtype == np.float16 else logits > 0)


def _with_rivals(request: AnswerRequest, object_id: int, claims: Mapping[int, BoolArray]) -> list[Stroke] | None:
    """The strokes for an object whose claim meets others: its own and theirs; None where it meets none that has any."""
    claim = claims[object_id]
    place = _place_of(claim)
    inside = claim[place]
    others = {stroke.object_id for stroke in request.strokes if request.is_against(stroke, object_id)} - {BACKGROUND_ID}
    rivals = {other for other in others if other in claims and (claims[other][place] & inside).any()}
    for other in others - rivals:
        strokes = [one for one in request.strokes if one.object_id == other and one.sign == "positive"]
        if (touched_cells(strokes, request.image_size_hw, claim.shape, thickness=1)[place] & inside).any():
            rivals.add(other)
    if not rivals:
        return None
    heard = {object_id, BACKGROUND_ID, *rivals}
    return [stroke for stroke in request.strokes if stroke.object_id in heard]


def _place_of(mask: BoolArray) -> tuple[slice, slice]:
    """Rows and columns of the box around a mask (h, w)."""
    left, top, right, bottom = box_around(mask)
    return slice(top, bottom), slice(left, right)


def _changed_where_touched(request: AnswerRequest, before: Logits, after: Logits) -> Logits:
    """Of an answer the connected changes that a new stroke touches."""
    claim = _claim(before)
    if not claim.any():
        return after
    touched = touched_cells(request.new, request.image_size_hw, before.shape)
    accepted = touched_changes(claim, _claim(after), touched)
    return np.where(accepted, after, before)


def _beside_others(answer: Logits, before: Logits | None, kept: Sequence[tuple[Logits, BoolArray]]) -> Logits:
    """An answer that takes no pixel from objects that are not answered, given with their logits and claims.

    Let u be the logits of such an object, and R the cells where it is positive with their neighbours.  In R the answer
    is at most -u where the logits before were already, with all their neighbours, and else at most as before.
    Logits between cells are means of the cells around them.  So where u is positive, the answer is either at most
    -u, or at most what lost to u before.  Outlines of neighbours fall together.
    """
    for logits, claim in kept:
        if not claim.any():
            continue
        rows, columns = _place_of(claim)
        place = (slice(max(0, rows.start - 1), rows.stop + 1), slice(max(0, columns.start - 1), columns.stop + 1))
        region = cv2.dilate(claim[place].view(np.uint8), _AROUND) > 0
        limit = -logits[place]
        if not (region & (answer[place] > limit)).any():
            continue
        if before is not None:
            met = cv2.dilate((region & (before[place] > limit)).astype(np.uint8), _AROUND) > 0
            limit = np.where(met, before[place], limit)
        answer = answer.copy()
        answer[place] = np.where(region, np.minimum(answer[place], limit), answer[place])
    return answer
