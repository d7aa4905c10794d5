"""An encoded image, a truth and a simulated user in; the interactions on one object, until it is right, out.

Iteration is the product's: every answer is made from all strokes so far and from the masks of the answer before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.engine.components import touched_cells, touched_changes
from s2m.engine.geometry import resize_maps
from s2m.evaluation.interaction import Interaction
from s2m.evaluation.method import Answer, EncodedImage
from s2m.evaluation.scene import Scene, Truth
from s2m.simulated_user import scribbles
from s2m.simulated_user.clicks import next_click
from s2m.types import ABSENT_LOGIT, BoolArray, ObjectLogits, Stroke

SimulatedUser = Callable[[BoolArray], Stroke | None]
"""An answer (H, W) bool in, the next stroke out, or None where nothing is left to draw."""

Enough = Callable[[Interaction], bool]
"""Whether to stop after an interaction."""

Take = Callable[[BoolArray, ObjectLogits | None, Stroke, Answer], tuple[BoolArray, ObjectLogits]]
"""The mask (H, W) bool and soft masks before, the new stroke and its answer in; mask and soft masks after it out."""

FAR_SHARE = 0.1
"""What is farther from a stroke than this share of the image's diagonal counts as far."""

CENTRE_LINES = scribbles.StrokeStyle({"centre_line": 1.0})


class ClickingUser:
    """Clicks by the rule of ``s2m.simulated_user.clicks``, never twice on the same pixel."""

    def __init__(self, truth: Truth, object_id: int) -> None:
        self._truth = truth
        self._object_id = object_id
        self._unclicked = np.ones_like(truth.mask)

    def __call__(self, answer: BoolArray) -> Stroke | None:
        """See ``SimulatedUser``."""
        click = next_click(self._truth.mask, answer, self._truth.valid, self._unclicked)
        if click is None:
            return None
        self._unclicked[click.row, click.column] = False
        return click.stroke(self._object_id)


class DrawingUser:
    """Draws strokes of one style in the largest error."""

    def __init__(self, truth: Truth, object_id: int, style: scribbles.StrokeStyle, rng: np.random.Generator) -> None:
        self._truth = truth
        self._object_id = object_id
        self._style = style
        self._rng = rng

    def __call__(self, answer: BoolArray) -> Stroke | None:
        """See ``SimulatedUser``."""
        errors = scribbles.errors_by_area(self._truth.mask, answer, self._truth.valid, most=1)
        if not errors:
            return None
        left, top, width, height = cv2.boundingRect(errors[0].region.astype(np.uint8))
        region = errors[0].region[top : top + height, left : left + width]
        points = scribbles.draw_stroke(region, self._style, self._rng) + np.array([left, top])
        return Stroke(points, self._object_id, errors[0].sign)


def never(interaction: Interaction) -> bool:  # noqa: ARG001
    """Go on until nothing is wrong or the most interactions are reached."""
    return False


def take_whole(
    mask: BoolArray,  # noqa: ARG001
    previous: ObjectLogits | None,  # noqa: ARG001
    stroke: Stroke,
    answer: Answer,
) -> tuple[BoolArray, ObjectLogits]:
    """The whole answer."""
    return np.asarray(answer.label_map == stroke.object_id), answer.masks


def take_touched(
    mask: BoolArray, previous: ObjectLogits | None, stroke: Stroke, answer: Answer
) -> tuple[BoolArray, ObjectLogits]:
    """Of the answer only the connected changes that the stroke touches; see ``s2m.engine.components``."""
    after = answer.label_map == stroke.object_id
    size_hw = (mask.shape[0], mask.shape[1])
    accepted = _touched(mask, after, stroke, size_hw)
    logits = answer.masks.logits
    absent = np.full_like(logits, ABSENT_LOGIT)
    before = absent if previous is None else resize_maps(previous.logits, (logits.shape[1], logits.shape[2]))
    accepted_cells = _touched(before[0] > 0, logits[0] > 0, stroke, size_hw)
    merged = np.where(accepted_cells, logits, before)
    return np.where(accepted, after, mask), ObjectLogits(answer.masks.object_ids, merged)


def _touched(before: BoolArray, after: BoolArray, stroke: Stroke, image_size_hw: tuple[int, int]) -> BoolArray:
    touched = touched_cells((stroke,), image_size_hw, (before.shape[0], before.shape[1]))
    return touched_changes(before, after, touched)


def interact(
    encoded: EncodedImage,
    scene: Scene,
    object_id: int,
    variant: str,
    user: SimulatedUser,
    most: int,
    start: BoolArray | None = None,
    enough: Enough = never,
    take: Take = take_whole,
) -> Iterator[Interaction]:
    """Draw on one object as if it were alone in the image.

    Args:
        encoded: the image, encoded by the method.
        scene: the image and its truths.
        object_id: the object.
        variant: name of this way of drawing.
        user: draws or clicks.
        most: interactions at most.
        start: (H, W) bool, the mask to start from, which becomes interaction 0; by default nothing.
        enough: ends it early.
        take: what is taken over of an answer; by default everything.
    """
    truth = scene.truths[object_id]
    mask = np.zeros_like(truth.mask) if start is None else start
    previous = None if start is None else ObjectLogits.of_masks((object_id,), start[None])
    if start is not None:
        yield Interaction(object_id, variant, 0, (), start, truth.scores(start), 0.0)
    strokes: tuple[Stroke, ...] = ()
    for number in range(1, most + 1):
        stroke = user(mask)
        if stroke is None:
            return
        strokes = (*strokes, stroke)
        answer = encoded.answer(strokes, previous, (object_id,))
        before = mask
        mask, previous = take(mask, previous, stroke, answer)
        seconds = answer.seconds + (encoded.seconds if number == 1 else 0.0)
        interaction = Interaction(
            object_id,
            variant,
            number,
            strokes,
            mask,
            truth.scores(mask),
            seconds,
            *far_changes(truth, before, mask, stroke),
            logits=previous.of(object_id),
        )
        yield interaction
        if enough(interaction):
            return


def far_changes(truth: Truth, before: BoolArray, after: BoolArray, stroke: Stroke) -> tuple[float, float]:
    """What a stroke did far away: the shares of the image's pixels that changed, and that became wrong."""
    changed = (before != after) & (distance_to(stroke, before.shape) > FAR_SHARE * np.hypot(*before.shape))
    spoiled = changed & truth.valid & (after != truth.mask)
    return float(changed.mean()), float(spoiled.mean())


def distance_to(stroke: Stroke, size_hw: tuple[int, ...]) -> NDArray[np.float32]:
    """Distance of every pixel (H, W) to a stroke's line, in pixels, to within a few per cent."""
    canvas = np.ones(size_hw, dtype=np.uint8)
    points = np.clip(np.floor(stroke.points_xy), 0, (size_hw[1] - 1, size_hw[0] - 1)).astype(np.int32)
    cv2.polylines(canvas, [points[:, None]], False, 0)
    canvas[points[:, 1], points[:, 0]] = 0
    return np.asarray(cv2.distanceTransform(canvas, cv2.DIST_L2, 5), dtype=np.float32)
